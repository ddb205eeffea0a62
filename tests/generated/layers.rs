//! Imports between the modules of `src` point one way: down the list of CONTRIBUTING.md.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The modules of CONTRIBUTING.md, from the top: those of one line do not import each other.
fn layers() -> Vec<Vec<String>> {
    let text = include_str!("../../CONTRIBUTING.md");
    let list = text.split("```layers\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the list of modules");
    list.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources").flatten() {
        match entry.path() {
            path if path.is_dir() => sources(&path, found),
            path if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            _ => {}
        }
    }
}

/// The code of a file without comments and tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules that some code names as `crate::MODULE`, also within `use crate::{…}`.
fn named(code: &str) -> BTreeSet<String> {
    let word = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    code.split("crate::").skip(1).map(word).filter(|word| !word.is_empty()).collect()
}

#[test]
fn no_module_imports_one_above_it() {
    let layers = layers();
    let layer = |module: &str| layers.iter().position(|line| line.iter().any(|name| name == module));
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut files, mut wrong) = (Vec::new(), Vec::new());
    sources(&src, &mut files);
    for file in &files {
        let inside = file.strip_prefix(&src).expect("a file of src").with_extension("");
        let module = inside.iter().next().and_then(|name| name.to_str()).expect("a name").to_owned();
        if ["main", "lib"].contains(&module.as_str()) {
            continue;
        }
        let Some(from) = layer(&module) else {
            wrong.push(format!("CONTRIBUTING.md does not name the module '{module}'"));
            continue;
        };
        let code = code(&std::fs::read_to_string(file).expect("a source"));
        for other in named(&code).into_iter().filter(|other| *other != module) {
            if layer(&other).is_none_or(|to| to <= from) {
                wrong.push(format!("{} imports '{other}', which is not below '{module}'", inside.display()));
            }
        }
    }
    assert!(files.len() > 100 && wrong.is_empty(), "{}", wrong.join("\n"));
}
