//! Imports between the modules of `src` point one way: down the list of CONTRIBUTING.md. Those between the files of a package of
//! `crates` are in no circle.

use std::collections::BTreeSet;
use std::path::Path;

use crate::imports;

/// The modules of CONTRIBUTING.md, from the top: those of one line do not import each other.
fn layers() -> Vec<Vec<String>> {
    let text = include_str!("../../CONTRIBUTING.md");
    let list = text.split("```layers\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the list of modules");
    list.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn no_module_imports_one_above_it() {
    let layers = layers();
    let layer = |module: &str| layers.iter().position(|line| line.iter().any(|name| name == module));
    let arrows = imports::of(&root().join("src"));
    let mut wrong = BTreeSet::new();
    for (module, others) in arrows.iter().filter(|(module, _)| !module.is_empty()) {
        let Some(from) = layer(&module[0]) else {
            wrong.insert(format!("CONTRIBUTING.md does not name the module '{}'", module[0]));
            continue;
        };
        // What is in 'lib.rs' itself is in no layer.
        let others = others.iter().map(|other| other.first().map_or("lib", String::as_str));
        for other in others.filter(|other| *other != module[0]) {
            if layer(other).is_none_or(|to| to <= from) {
                wrong.insert(format!("{} imports '{other}', which is not below '{}'", module.join("/"), module[0]));
            }
        }
    }
    let wrong = wrong.into_iter().collect::<Vec<_>>();
    assert!(arrows.len() > 100 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_files_of_a_package_import_each_other_in_a_circle() {
    let packages = std::fs::read_dir(root().join("crates")).expect("the packages").flatten();
    let packages: Vec<_> = packages.map(|package| package.path().join("src")).collect();
    for src in &packages {
        let mut arrows = imports::of(src);
        // A file and those in the folder of its name are one thing: it may use them, and they what it declares.
        arrows.iter_mut().for_each(|(module, others)| others.retain(|other| !other.starts_with(module)));
        assert!(arrows.len() > 5, "{}", src.display());
        // What imports nothing of these, or is imported by none of these, is in no circle.
        while let Some(outside) = arrows.keys().find(|module| {
            let imports = arrows[*module].iter().any(|other| arrows.contains_key(other));
            !imports || !arrows.values().any(|others| others.contains(*module))
        }) {
            arrows.remove(&outside.clone());
        }
        let arrow = |(module, others): (&imports::Module, &BTreeSet<imports::Module>)| {
            let others = others.iter().filter(|other| arrows.contains_key(*other));
            format!("{} -> {}", module.join("/"), others.map(|other| other.join("/")).collect::<Vec<_>>().join(" "))
        };
        let circles = arrows.iter().map(arrow).collect::<Vec<_>>();
        assert!(circles.is_empty(), "circles in {}:\n{}", src.display(), circles.join("\n"));
    }
    assert!(packages.len() > 1);
}
