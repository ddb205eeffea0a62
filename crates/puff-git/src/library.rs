//! What has to be said to libgit2 once, before a repository is opened.

use std::ffi::c_int;
use std::sync::Once;

/// The size of the trees that are remembered: folders of a few thousand files.
const TREES: usize = 256 << 10;

/// Sets libgit2's process-wide switches.
pub(super) fn set_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: libgit2 keeps these in plain globals; `Once` makes this the only writer, and every path to a
        // repository comes through here first.
        #[allow(unsafe_code)]
        unsafe {
            // git itself has said already whether this repository may be used, by rules libgit2 knows only a part of.
            let _ = git2::opts::set_verify_owner_validation(false);
            // Nor does git name every object anew that it reads, which would be half of what trying a patch takes. Bits that
            // fell over are found by the sum that each object is packed with.
            git2::opts::strict_hash_verification(false);
            // Refs in tables are not for libgit2 to read, nor what a remote keeps back, but the objects that are here are.
            let _ = git2::opts::set_extensions(&["refstorage", "partialclone"]);
            // What is recorded was paid for: it must survive a power cut. git2 has no name for this switch.
            libgit2_sys::git_libgit2_opts(libgit2_sys::GIT_OPT_ENABLE_FSYNC_GITDIR as c_int, 1 as c_int);
            // A patch asks for the same folders again and again. libgit2 remembers those of up to 4 KiB: 100 files.
            let (option, tree) = (libgit2_sys::GIT_OPT_SET_CACHE_OBJECT_LIMIT, libgit2_sys::GIT_OBJECT_TREE);
            libgit2_sys::git_libgit2_opts(option as c_int, tree as c_int, TREES);
        }
    });
}
