//! Any bytes to the reader of patches: it answers, and what it answers is of these bytes.
#![no_main]

use git_tree_apply::parse::{Body, parse};
use git_tree_apply::pre_images;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|patch: &[u8]| {
    let most = patch.iter().filter(|byte| **byte == b'\n').count() + 1;
    let images = pre_images(patch);
    let files = match parse(patch) {
        Ok(files) => files,
        Err(malformed) => {
            // One behind the last, where something is missing at the end.
            assert!((1..=most + 1).contains(&malformed.line), "{malformed}");
            assert!(images.is_empty(), "{images:?}");
            return;
        }
    };
    assert!(!files.is_empty());
    let mut last = 0;
    for file in &files {
        assert!(file.line > last && file.line <= most, "{file:?}");
        last = file.line;
        assert!(file.old_name.is_some() || file.new_name.is_some(), "{file:?}");
        if let Body::Text(hunks) = &file.body {
            for hunk in hunks {
                assert!(hunk.line > last && hunk.line <= most, "{hunk:?}");
                last = hunk.line;
                assert!(hunk.lines.split_inclusive(|byte| *byte == b'\n').all(|line| !line.is_empty()));
                assert!(!hunk.lines.is_empty(), "{hunk:?}");
            }
        }
    }
    assert!(images.len() <= files.len(), "{images:?}");
});
