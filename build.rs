//! Lists the man pages of `man/` for `git puff man`, which has them with it: a page for each verb, whichever there are.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).expect("cargo says where the package is");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).expect("cargo says where to write");
    println!("cargo:rerun-if-changed=man");
    let entries = fs::read_dir(root.join("man")).expect("the folder 'man' is there").flatten();
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    pages.retain(|page| page.extension().is_some_and(|end| end == "1"));
    pages.sort();
    let entry = |page: &PathBuf| {
        let name = page.file_name().unwrap_or_default().to_string_lossy();
        format!("    ({name:?}, include_str!({:?})),\n", Path::new(page).display().to_string())
    };
    let list = format!("&[\n{}]\n", pages.iter().map(entry).collect::<String>());
    fs::write(out.join("pages.rs"), list).expect("the list can be written");
}
