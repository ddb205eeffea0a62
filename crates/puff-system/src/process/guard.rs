//! A program that does something when we are gone, whatever ended us.

use std::io::Write;
use std::process::{Child, ChildStdin, Stdio};

use super::traced::Outcome;
use super::way::Way;
use super::{Cmd, Failure, in_own_session};

/// Said to a guard that is not needed any more.
const DONE: &[u8] = b"done\n";

/// A running program that reads a pipe of which we hold the other end: it comes to the pipe's end when we are gone. It
/// has a session of its own, so that what ends our group leaves it.
#[derive(Debug)]
pub struct Guard {
    child: Child,
    pipe: Option<ChildStdin>,
}

/// Ends a process group when we are gone without having let it go: a shell, which knows no more than the group's number.
#[derive(Debug)]
pub(super) struct GroupGuard(Option<Guard>);

/// Reads the group, then whether it is done with. A pipe that ends before that says that we were killed.
const WATCH: &str = r#"read -r group || exit 0; read -r said; [ "$said" = done ] || kill -s KILL -- "-$group""#;

impl GroupGuard {
    /// Starts it, before there is a group: a kill right after the group has begun must find it. None where no shell can
    /// be started; the group is then not guarded.
    pub fn start() -> Option<GroupGuard> {
        Some(GroupGuard(Some(Guard::start(&Cmd::shell(WATCH)).ok()?)))
    }

    /// Tells it the group that it guards.
    pub fn of(mut self, group: u32) -> GroupGuard {
        if let Some(pipe) = self.0.as_mut().and_then(|guard| guard.pipe.as_mut()) {
            let _ = pipe.write_all(format!("{group}\n").as_bytes());
        }
        self
    }
}

impl Drop for GroupGuard {
    fn drop(&mut self) {
        // One that never heard of a group ends with the word, too.
        self.0.take().into_iter().for_each(Guard::dismiss);
    }
}

impl Guard {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(cmd: &Cmd) -> Result<Guard, Failure> {
        let traced = cmd.trace(Way::Detached);
        let mut command = cmd.command(Way::Detached);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        in_own_session(&mut command, None);
        let started = command.spawn().map_err(|cause| cmd.start_failure(cause));
        traced.ended(&Outcome(&started));
        let mut child = started?;
        Ok(Guard { pipe: child.stdin.take(), child })
    }

    /// Lets it go: there is nothing left for it to do.
    pub fn dismiss(mut self) {
        if let Some(mut pipe) = self.pipe.take() {
            let _ = pipe.write_all(DONE);
        }
        let _ = self.child.wait();
    }

    /// In the guard itself: waits until the process that started it is gone; false when it was dismissed.
    pub fn is_needed() -> bool {
        let mut said = Vec::new();
        let _ = std::io::Read::read_to_end(&mut std::io::stdin(), &mut said);
        said != DONE
    }
}
