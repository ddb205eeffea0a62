//! Imports between the modules of `src` point one way: down the list of CONTRIBUTING.md.

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
