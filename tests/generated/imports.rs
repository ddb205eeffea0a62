//! Which file of a package imports which other, read from its sources: the paths in them, with what is exported again followed to
//! where it is from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The path of a module from the root of its package: `["refs", "tables"]`; empty is `lib.rs`.
pub type Module = Vec<String>;

/// Returns the modules of a package with those that each imports, itself and other packages left out.
pub fn of(src: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut files = Vec::new();
    sources(src, &mut files);
    let read = |file: &PathBuf| (module(src, file), code(&std::fs::read_to_string(file).expect("a source")));
    let code: BTreeMap<Module, String> = files.iter().map(read).filter(|(module, _)| *module != ["main"]).collect();
    let paths: BTreeMap<_, _> = code.iter().map(|(module, code)| (module.clone(), paths(code))).collect();
    let package = Package { exports: exports(&code), modules: code.into_keys().collect() };
    let found = |module: &Module, paths: &[Vec<String>]| {
        let found = paths.iter().filter_map(|path| package.resolve(module, path));
        found.filter(|other| other != module).collect::<BTreeSet<_>>()
    };
    paths.iter().map(|(module, paths)| (module.clone(), found(module, paths))).collect()
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

fn module(src: &Path, file: &Path) -> Module {
    let inside = file.strip_prefix(src).expect("a file of src").with_extension("");
    let names: Module = inside.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names == ["lib"] { Vec::new() } else { names }
}

/// The code of a file without comments and tests.
fn code(text: &str) -> String {
    let text = match text.split_once("#[cfg(test)]\n") {
        Some((code, tests)) if tests.lines().next().is_some_and(|line| line.contains("mod ")) => code,
        _ => text,
    };
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word(text: &str) -> &str {
    &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())]
}

/// The paths of more than one name in some code, those in braces one by one.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(is_word) {
        let taken = path(&rest[start..], &mut found, &[]);
        rest = &rest[start + taken..];
    }
    found.retain(|path| path.len() > 1);
    found
}

/// Reads a path that code begins with, and returns its length.
fn path(code: &str, found: &mut Vec<Vec<String>>, before: &[String]) -> usize {
    let first = word(code);
    let (mut names, mut at) = (before.to_vec(), first.len());
    names.push(first.to_owned());
    while let Some(rest) = code[at..].strip_prefix("::") {
        if let Some(group) = rest.strip_prefix('{') {
            return at + 3 + members(group, found, &names);
        }
        let next = word(rest);
        if next.is_empty() {
            break;
        }
        names.push(next.to_owned());
        at += 2 + next.len();
    }
    found.push(names);
    at
}

/// Reads the members of a group, after its brace, and returns their length with the brace at the end.
fn members(group: &str, found: &mut Vec<Vec<String>>, before: &[String]) -> usize {
    let mut at = 0;
    while let Some(c) = group[at..].chars().next() {
        match c {
            '}' => return at + 1,
            c if is_word(c) => at += path(&group[at..], found, before),
            c => at += c.len_utf8(),
        }
    }
    at
}

/// What modules export of others: the name, with the path that it stands for.
fn exports(code: &BTreeMap<Module, String>) -> BTreeMap<(Module, String), Vec<String>> {
    let mut exports = BTreeMap::new();
    for (module, code) in code {
        let starts = ["pub use ", "pub(crate) use ", "pub(super) use "].into_iter();
        let statements = starts.flat_map(|start| code.split(start).skip(1));
        for statement in statements.filter_map(|rest| rest.split(';').next()) {
            let (used, alias) =
                statement.split_once(" as ").map_or((statement, None), |(used, alias)| (used, Some(alias)));
            let mut used_paths = Vec::new();
            path(used, &mut used_paths, &[]);
            for path in used_paths {
                let name =
                    alias.map_or_else(|| path.last().cloned().unwrap_or_default(), |alias| word(alias).to_owned());
                exports.insert((module.clone(), name), path);
            }
        }
    }
    exports
}

struct Package {
    modules: BTreeSet<Module>,
    exports: BTreeMap<(Module, String), Vec<String>>,
}

impl Package {
    /// The module of this package that a path in one of its modules leads to; none for one of another package.
    fn resolve(&self, from: &Module, path: &[String]) -> Option<Module> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.clone(),
            "super" => from[..from.len().checked_sub(1)?].to_vec(),
            child => {
                rest = path;
                let module = [from.as_slice(), &[child.to_owned()]].concat();
                self.modules.contains(&module).then(|| from.clone())?
            }
        };
        while let Some((name, after)) = rest.split_first() {
            if name == "super" {
                at.pop();
            } else {
                let below = [at.as_slice(), std::slice::from_ref(name)].concat();
                if self.modules.contains(&below) {
                    at = below;
                } else if let Some(exported) = self.exports.get(&(at.clone(), name.clone())) {
                    return self.resolve(&at, &[exported.as_slice(), after].concat());
                } else {
                    break;
                }
            }
            rest = after;
        }
        Some(at)
    }
}

#[test]
fn paths_are_followed_to_where_a_thing_is() {
    let package = tempfile::tempdir().expect("a folder");
    for (file, text) in [
        ("lib.rs", "mod a;\nmod b;\npub use a::deep::Thing;\npub use other_package as other;\n"),
        ("a.rs", "mod deep;\npub(crate) use deep::{Thing, Less};\n"),
        (
            "a/deep.rs",
            "// crate::b\nuse super::super::b;\npub struct Thing;\n#[cfg(test)]\nmod tests { use crate::a; }\n",
        ),
        ("b.rs", "use std::fmt;\nuse crate::{Thing, other::{self, b}};\nfn f() { crate::a::Less; }\n"),
    ] {
        let file = package.path().join(file);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a source");
    }
    let found = of(package.path()).into_iter().map(|(module, to)| {
        let to = to.into_iter().map(|module| module.join("/")).collect::<Vec<_>>();
        format!("{} -> {}", module.join("/"), to.join(" "))
    });
    assert_eq!(found.collect::<Vec<_>>(), [" -> a/deep", "a -> a/deep", "a/deep -> b", "b -> a/deep"]);
}
