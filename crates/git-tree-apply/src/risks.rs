//! What a reader should look at before trusting a patch: parts of it that run by themselves, hide something, or cannot
//! be read. They are reported, never refused: that is for [`super::policy`].

use std::borrow::Cow;

use super::delta;
use super::parse::{BinaryChange, Body, FilePatch, Hunk, Name};
use super::policy;
use super::risk::{Risk, RiskKind};
use super::secrets;

/// Binary data up to this many bytes is nothing to speak of.
const LARGE: usize = 1 << 20;

/// How many secrets of a file are named one by one.
const MOST_SECRETS: usize = 3;

/// How many lines that change the direction of their text are named one by one.
const MOST_BIDI: usize = 3;

/// Where a path has to be for a rule to be about it.
enum At {
    /// In this folder, wherever that is.
    Folder(&'static str),
    /// A file of this name, in any folder.
    Named(&'static str),
    /// A file whose name ends so.
    Ending(&'static str),
    /// This file of the top folder.
    Top(&'static str),
}

/// A kind of risk, what to say of it, and the paths that are of it.
type Rule = (RiskKind, &'static str, &'static [At]);

const RULES: &[Rule] = &[
    (
        RiskKind::Workflow,
        "changes what CI runs",
        &[
            At::Folder(".github/workflows"),
            At::Folder(".github/actions"),
            At::Folder(".circleci"),
            At::Folder(".buildkite"),
            At::Folder(".woodpecker"),
            At::Folder(".forgejo/workflows"),
            At::Folder(".gitea/workflows"),
            At::Folder(".ci"),
            At::Named(".gitlab-ci.yml"),
            At::Named(".travis.yml"),
            At::Named(".drone.yml"),
            At::Named("Jenkinsfile"),
            At::Named("azure-pipelines.yml"),
            At::Named("bitbucket-pipelines.yml"),
            At::Named("appveyor.yml"),
            At::Named(".appveyor.yml"),
            At::Named(".cirrus.yml"),
        ],
    ),
    (
        RiskKind::Hook,
        "changes what git hooks run",
        &[
            At::Folder(".githooks"),
            At::Folder(".husky"),
            At::Folder("git-hooks"),
            At::Top("hooks/pre-commit"),
            At::Top("hooks/pre-push"),
            At::Top("hooks/commit-msg"),
            At::Top("hooks/post-checkout"),
            At::Top("hooks/post-merge"),
            At::Named(".pre-commit-config.yaml"),
            At::Named("lefthook.yml"),
            At::Named(".lefthook.yml"),
            At::Named(".overcommit.yml"),
        ],
    ),
    (RiskKind::Attributes, "changes how git filters, merges or shows files", &[At::Named(".gitattributes")]),
    (RiskKind::Submodule, "changes which repositories are submodules", &[At::Named(".gitmodules")]),
    (
        RiskKind::Autorun,
        "changes what an editor, a shell, a build or an agent runs by itself",
        &[
            At::Folder(".vscode"),
            At::Folder(".devcontainer"),
            At::Folder(".claude"),
            At::Folder(".codex"),
            At::Folder(".cursor"),
            At::Folder(".gemini"),
            At::Named(".mcp.json"),
            At::Named(".envrc"),
            At::Folder(".cargo"),
        ],
    ),
    (
        RiskKind::Lockfile,
        "changes which dependencies are used",
        &[
            At::Named("Cargo.lock"),
            At::Named("package-lock.json"),
            At::Named("npm-shrinkwrap.json"),
            At::Named("yarn.lock"),
            At::Named("pnpm-lock.yaml"),
            At::Named("bun.lock"),
            At::Named("bun.lockb"),
            At::Named("deno.lock"),
            At::Named("poetry.lock"),
            At::Named("Pipfile.lock"),
            At::Named("uv.lock"),
            At::Named("pdm.lock"),
            At::Named("Gemfile.lock"),
            At::Named("composer.lock"),
            At::Named("go.sum"),
            At::Named("flake.lock"),
            At::Named("mix.lock"),
            At::Named("pubspec.lock"),
            At::Named("Podfile.lock"),
            At::Named("Package.resolved"),
            At::Named("packages.lock.json"),
            At::Named("gradle.lockfile"),
            At::Named("conan.lock"),
            At::Ending(".terraform.lock.hcl"),
        ],
    ),
    (
        RiskKind::Secret,
        "is a file that secrets are kept in",
        &[
            At::Named(".env"),
            At::Named(".netrc"),
            At::Named(".pgpass"),
            At::Named("id_rsa"),
            At::Named("id_ed25519"),
            At::Named("id_ecdsa"),
            At::Ending(".p12"),
            At::Ending(".pfx"),
            At::Ending(".keystore"),
        ],
    ),
];

impl At {
    /// Case does not count: on the file systems of macOS and Windows `.Claude` is `.claude`.
    fn holds(&self, path: &str) -> bool {
        let path = path.to_ascii_lowercase();
        let path = path.as_str();
        let name = path.rsplit('/').next().unwrap_or(path);
        match self {
            At::Folder(folder) => {
                let folder = folder.to_ascii_lowercase();
                let inside = |path: &str| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
                inside(path) || path.match_indices('/').any(|(at, _)| inside(&path[at + 1..]))
            }
            At::Named(wanted) => name.eq_ignore_ascii_case(wanted),
            At::Ending(end) => name.ends_with(end),
            At::Top(wanted) => path.eq_ignore_ascii_case(wanted),
        }
    }
}

/// Returns what is risky in a patch, file by file in its order. What shows only in the tree that comes of it, [`crate::apply`]
/// adds.
pub fn of(files: &[FilePatch<'_>]) -> Vec<Risk> {
    let mut risks = Vec::new();
    for file in files {
        by_path(file, &mut risks);
        by_mode(file, &mut risks);
        by_content(file, &mut risks);
    }
    // Two parts of a patch may be about one file.
    let mut seen = std::collections::HashSet::new();
    risks.retain(|risk| seen.insert(risk.clone()));
    risks
}

fn by_path(file: &FilePatch<'_>, risks: &mut Vec<Risk>) {
    let new = file.new_name.as_deref();
    // A hook that is moved away or removed runs no more, which is as much to know.
    let old = file.old_name.as_deref().filter(|old| !file.is_copy && Some(*old) != new);
    for path in [old, new].into_iter().flatten() {
        let text = String::from_utf8_lossy(path);
        let gone = Some(path) != new;
        for (kind, detail, layout) in RULES {
            if *kind == RiskKind::Secret && gone {
                continue;
            }
            if layout.iter().any(|place| place.holds(&text)) {
                risks.push(Risk::new(*kind, path, *detail));
            }
        }
    }
    if let Some(new) = new.filter(|new| file.old_name.as_deref() != Some(*new))
        && let Some(why) = policy::trouble_on_windows(new)
    {
        risks.push(Risk::new(RiskKind::Path, new, format!("cannot be checked out on Windows: it {why}")));
    }
    if let Some(new) = new.filter(|new| file.old_name.as_deref() != Some(*new))
        && let Some(c) = turns(new)
    {
        risks.push(Risk::new(
            RiskKind::Bidi,
            new,
            format!("has a character in its name that changes the direction of text ({c})"),
        ));
    }
    if let Some(new) = new.filter(|new| file.old_name.as_deref() != Some(*new)) {
        for secret in secrets::find_all(new).into_iter().take(MOST_SECRETS) {
            risks.push(Risk::new(
                RiskKind::Secret,
                new,
                format!("its name looks like {} ('{}…')", secret.kind, secret.begins),
            ));
        }
    }
    if let (Some(new), Some(whole)) = (new, &file.unprefixed) {
        let detail = format!("would be '{}' if the diff has no prefixes a/ and b/", Name(whole));
        risks.push(Risk::new(RiskKind::Path, new, detail));
    }
}

/// The first character that changes the direction of the text behind it, or of what is around it: what is read is not what
/// runs ("Trojan Source", CVE-2021-42574).
fn turns(text: &[u8]) -> Option<String> {
    // All of them begin with one of these bytes in UTF-8.
    if !text.iter().any(|byte| matches!(byte, 0xd8 | 0xe2)) {
        return None;
    }
    let turns =
        |c: &char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    String::from_utf8_lossy(text).chars().find(turns).map(|c| format!("U+{:04X}", u32::from(c)))
}

fn by_mode(file: &FilePatch<'_>, risks: &mut Vec<Risk>) {
    let (Some(name), Some(mode)) = (file.new_name.as_deref(), file.new_mode) else { return };
    let was = file.old_mode.filter(|_| !file.is_copy || file.old_mode != file.new_mode);
    match mode {
        0o120000 => {
            let target = first_added(file).map(|line| format!(" to '{}'", Name(line)));
            risks.push(Risk::new(RiskKind::Symlink, name, format!("is a symbolic link{}", target.unwrap_or_default())));
        }
        0o160000 => risks.push(Risk::new(RiskKind::Submodule, name, "changes the commit of a submodule")),
        0o100755 if was != Some(mode) => risks.push(Risk::new(RiskKind::Executable, name, "is made executable")),
        _ => {}
    }
}

fn first_added<'p>(file: &FilePatch<'p>) -> Option<&'p [u8]> {
    let Body::Text(hunks) = &file.body else { return None };
    added(hunks).map(|(_, line)| line).next()
}

fn by_content(file: &FilePatch<'_>, risks: &mut Vec<Risk>) {
    let Some(name) = file.new_name.as_deref() else { return };
    match &file.body {
        Body::Text(hunks) => {
            let each = |(number, line)| secrets::find_all(line).into_iter().map(move |secret| (number, secret));
            let found = added(hunks).flat_map(each);
            for (number, secret) in found.take(MOST_SECRETS) {
                let detail = format!("line {number} looks like {} ('{}…')", secret.kind, secret.begins);
                risks.push(Risk::new(RiskKind::Secret, name, detail));
            }
            let turned = added(hunks).filter_map(|(number, line)| Some((number, turns(line)?)));
            for (number, c) in turned.take(MOST_BIDI) {
                risks.push(Risk::new(
                    RiskKind::Bidi,
                    name,
                    format!("line {number} changes the direction of its text ({c})"),
                ));
            }
        }
        Body::Binary(change) => {
            let size = match change {
                BinaryChange::Literal(bytes) => bytes.len(),
                BinaryChange::Delta(instructions) => delta::size_made(instructions).unwrap_or(0),
            };
            if size > LARGE {
                let detail = format!("is {:.1} MiB of binary data", size as f64 / (1 << 20) as f64);
                risks.push(Risk::new(RiskKind::Binary, name, detail));
            }
            for secret in in_binary(change).into_iter().take(MOST_SECRETS) {
                let detail = format!("its binary data holds what looks like {} ('{}…')", secret.kind, secret.begins);
                risks.push(Risk::new(RiskKind::Secret, name, detail));
            }
        }
        Body::Unsaid => {}
    }
}

/// Finds the secrets in binary data that comes: for git, one byte of zero makes a file with a token in it binary, and so does
/// UTF-16. Of a delta only what it inserts is new.
fn in_binary(change: &BinaryChange) -> Vec<secrets::Secret> {
    let bytes = match change {
        BinaryChange::Literal(bytes) => Cow::Borrowed(bytes.as_slice()),
        BinaryChange::Delta(instructions) => Cow::Owned(delta::inserted(instructions)),
    };
    let mut found = secrets::find_all(&bytes);
    // Text in UTF-16 has a zero beside every letter of ASCII.
    let narrow: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    if narrow.len() < bytes.len() {
        let known: Vec<u64> = found.iter().map(|secret| secret.fingerprint).collect();
        let more = secrets::find_all(&narrow).into_iter();
        found.extend(more.filter(|secret| !known.contains(&secret.fingerprint)));
    }
    found
}

/// The lines that hunks add, without their ends, each with its number in the new file.
fn added<'h, 'p>(hunks: &'h [Hunk<'p>]) -> impl Iterator<Item = (u64, &'p [u8])> + 'h {
    let changes = hunks.iter().flat_map(Hunk::changes);
    changes.filter(|line| line.added).map(|line| (line.number, line.text))
}

#[cfg(test)]
mod tests {
    use super::{in_binary, of};
    use crate::parse::{BinaryChange, Name, parse};

    fn risks(patch: &str) -> Vec<(String, String, String)> {
        let files = parse(patch.as_bytes()).unwrap();
        of(&files).into_iter().map(|risk| (risk.kind.to_string(), Name(&risk.path).to_string(), risk.detail)).collect()
    }

    fn new(path: &str, mode: &str, line: &str) -> String {
        format!(
            "diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+{line}\n"
        )
    }

    #[test]
    fn places_that_run_or_steer_something_are_named() {
        for (path, kind) in [
            (".github/workflows/ci.yml", "workflow"),
            ("sub/.gitlab-ci.yml", "workflow"),
            (".husky/pre-push", "hook"),
            ("hooks/pre-commit", "hook"),
            ("docs/.gitattributes", "attributes"),
            (".gitmodules", "submodule"),
            ("web/package-lock.json", "lockfile"),
            (".vscode/tasks.json", "autorun"),
            ("sub/.envrc", "autorun"),
            (".claude/settings.json", "autorun"),
            (".codex/config.toml", "autorun"),
            (".mcp.json", "autorun"),
            ("sub/.cargo/config.toml", "autorun"),
            (".env", "secret"),
            ("Sub/.VSCode/tasks.json", "autorun"),
            (".Claude/settings.json", "autorun"),
            ("a\u{202e}txt.rs", "bidi"),
            ("src/aux.c", "path"),
        ] {
            let found = risks(&new(path, "100644", "x"));
            assert_eq!(found.iter().map(|(kind, ..)| kind.as_str()).collect::<Vec<_>>(), [kind], "{path}");
        }
        for path in [
            "src/main.rs",
            ".github/CODEOWNERS",
            "src/hooks/pre-commit.rs",
            "lock",
            "auxiliary.c",
            ".env.rs",
            "cargo/config.toml",
        ] {
            assert_eq!(risks(&new(path, "100644", "x")), [], "{path}");
        }
    }

    #[test]
    fn a_line_that_changes_the_direction_of_its_text_is_named() {
        let found = risks(&new("f", "100644", "if access == \u{202e}user"));
        let detail = "line 1 changes the direction of its text (U+202E)".to_owned();
        assert_eq!(found, [("bidi".into(), "f".into(), detail)]);
        assert_eq!(risks(&new("f", "100644", "שלום")), []);
    }

    #[test]
    fn a_diff_without_prefixes_is_suspected() {
        let diff = "diff --git src/new src/new\nnew file mode 100644\n--- /dev/null\n+++ src/new\n@@ -0,0 +1 @@\n+x\n";
        assert_eq!(risks(diff)[0].2, "would be 'src/new' if the diff has no prefixes a/ and b/");
        for usual in [diff.replace("src/new", "a/new"), "--- old/f\n+++ new/f\n@@ -1 +1 @@\n-a\n+b\n".to_owned()] {
            assert_eq!(risks(&usual), []);
        }
    }

    #[test]
    fn modes_tell_links_submodules_and_new_executables() {
        let found = risks(&new("run", "100755", "x"));
        assert_eq!(found, [("executable".into(), "run".into(), "is made executable".into())]);
        let found = risks(&new("link", "120000", "/etc/passwd"));
        assert_eq!(found[0].2, "is a symbolic link to '/etc/passwd'");
        let found = risks("diff --git a/r b/r\nold mode 100644\nnew mode 100755\n");
        assert_eq!(found[0].0, "executable");
        assert_eq!(
            risks("diff --git a/r b/r\nindex 1111111..2222222 100755\n--- a/r\n+++ b/r\n@@ -1 +1 @@\n-a\n+b\n"),
            []
        );
    }

    #[test]
    fn a_secret_that_comes_is_named_by_its_line_and_one_that_goes_is_not() {
        let key = ["AKIA", "QWERTYUIOPASDFGH"].concat();
        let come = format!("--- a/f\n+++ b/f\n@@ -3,2 +3,3 @@\n a\n+k = {key}\n b\n");
        let found = risks(&come);
        assert_eq!(found[0].2, "line 4 looks like an AWS access key ('AKIAQWER…')");
        let go = format!("--- a/f\n+++ b/f\n@@ -3,3 +3,2 @@\n a\n-k = {key}\n b\n");
        assert_eq!(risks(&go), []);
    }

    #[test]
    fn a_secret_in_a_name_or_in_binary_data_is_named() {
        let token = ["ghp_", "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2"].concat();
        let found = risks(&new(&format!("keys/{token}.txt"), "100644", "x"));
        assert_eq!(found[0].2, "its name looks like a GitHub token ('ghp_Ab1C…')");
        let wide: Vec<u8> = token.bytes().flat_map(|byte| [byte, 0]).collect();
        let narrow = [b"\0\x01", token.as_bytes()].concat();
        let delta = [&[0, 40, 40], token.as_bytes()].concat();
        for change in [BinaryChange::Literal(wide), BinaryChange::Literal(narrow), BinaryChange::Delta(delta)] {
            let found = in_binary(&change);
            assert_eq!(found.iter().map(|secret| secret.kind).collect::<Vec<_>>(), ["a GitHub token"]);
        }
    }
}
