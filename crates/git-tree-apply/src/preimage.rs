//! What a patch says it was made on: the `index <old>..<new>` lines of git's extended headers.

use super::parse::{FilePatch, parse};

/// A file as a patch found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreImage {
    /// Its path.
    pub path: Vec<u8>,
    /// The first digits of its blob.
    pub digits: String,
}

/// Returns the files that a patch changes, as it found them; new ones were not there. What cannot be read was made on
/// nothing.
pub fn pre_images(patch: &[u8]) -> Vec<PreImage> {
    pre_images_of(&parse(patch).unwrap_or_default())
}

/// Returns the files that a parsed patch changes, as it found them: [`pre_images`].
pub fn pre_images_of(files: &[FilePatch<'_>]) -> Vec<PreImage> {
    let image =
        |file: &FilePatch<'_>| Some(PreImage { digits: digits(file.old_digits)?, path: file.old_name.clone()? });
    files.iter().filter_map(image).collect()
}

/// The digits of a blob that was there; none where there was none, or too few are left to tell blobs apart.
fn digits(old: &[u8]) -> Option<String> {
    let hex = old.len() >= 4 && old.iter().all(u8::is_ascii_hexdigit);
    (hex && old.iter().any(|byte| *byte != b'0')).then(|| String::from_utf8_lossy(old).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pre_images_are_read_off_the_headers_alone() {
        let patch = b"diff --git a/x b/x\nindex 3b18e51..1f2a9c1 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- a/no\n+x\n\
            diff --git a/new b/new\nnew file mode 100644\nindex 0000000..1f2a9c1\n--- /dev/null\n+++ b/new\n";
        let images = pre_images(patch);
        assert_eq!(images, [PreImage { path: b"x".to_vec(), digits: "3b18e51".into() }]);
    }
}
