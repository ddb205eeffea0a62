//! What permissions are left to what is made.

/// Lets what is made from here on have these permissions too, whatever the user's mask takes away: `0o060` for the group.
pub fn widen(mode: u32) {
    #[cfg(unix)]
    {
        use rustix::fs::Mode;
        use rustix::process::umask;
        // A folder that may be read may be gone into.
        let folder = mode | (mode & 0o044) >> 2;
        let before = umask(Mode::empty());
        umask(before & !Mode::from_bits_truncate(folder as _));
    }
    #[cfg(not(unix))]
    let _ = mode;
}

/// Gives this thread a mask of its own: what [`widen`] does from here on concerns it, what it starts, and no other thread. Where
/// threads cannot have one, they go on sharing it.
pub fn own_mask() {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{UnshareFlags, unshare_unsafe};
        // SAFETY: only the mask and the working folder stop being shared, and no thread changes the latter.
        #[allow(unsafe_code)]
        let _ = unsafe { unshare_unsafe(UnshareFlags::FS) };
    }
}
