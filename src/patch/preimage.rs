//! What a patch says it was made on: the `index <old>..<new>` lines of git's extended headers.

/// A file as a patch found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreImage {
    /// Its path.
    pub path: Vec<u8>,
    /// The first digits of its blob.
    pub digits: String,
}

/// The files that a patch changes, as it found them. Files whose names need quoting are left out, and new ones:
/// what is answered is enough to tell one base from another.
pub fn pre_images(patch: &[u8]) -> Vec<PreImage> {
    let mut found = Vec::new();
    let mut old_digits: Option<String> = None;
    for line in patch.split(|byte| *byte == b'\n') {
        if line.starts_with(b"diff --git ") {
            old_digits = None;
        } else if let Some(rest) = line.strip_prefix(b"index ") {
            old_digits = old_side(rest);
        } else if let Some(path) = line.strip_prefix(b"--- a/") {
            // Only right behind an index line is this a header: in a hunk it is a removed line `-- a/…`.
            if let Some(digits) = old_digits.take() {
                let path = path.strip_suffix(b"\r").unwrap_or(path).strip_suffix(b"\t").unwrap_or(path);
                found.push(PreImage { path: path.to_vec(), digits });
            }
        } else if line.starts_with(b"@@") {
            old_digits = None;
        }
    }
    found
}

fn old_side(rest: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(rest).ok()?;
    let (old, _) = text.split_once("..")?;
    let digits = old.len() >= 4 && old.bytes().all(|byte| byte.is_ascii_hexdigit());
    (digits && old.bytes().any(|byte| byte != b'0')).then(|| old.to_ascii_lowercase())
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
