//! Standard input and output, taken away from all others in this program.

use std::fs::File;
use std::io;

/// Takes both for a protocol that is spoken over them, and answers input and output. Whatever else reads finds nothing
/// from here on, what prints does so on standard error, and no program that is started gets hold of them.
///
/// # Errors
/// When one of them is closed.
#[cfg(unix)]
pub fn take_stdio() -> io::Result<(File, File)> {
    let own = |file: rustix::fd::BorrowedFd<'_>| rustix::io::fcntl_dupfd_cloexec(file, 3);
    let (input, output) = (own(rustix::stdio::stdin())?, own(rustix::stdio::stdout())?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok((input.into(), output.into()))
}

/// The same, where only their handles can be had: nothing is taken from anybody.
#[cfg(windows)]
pub fn take_stdio() -> io::Result<(File, File)> {
    use std::os::windows::io::AsHandle;
    let (input, output) = (io::stdin(), io::stdout());
    let (input, output) = (input.as_handle().try_clone_to_owned()?, output.as_handle().try_clone_to_owned()?);
    Ok((input.into(), output.into()))
}
