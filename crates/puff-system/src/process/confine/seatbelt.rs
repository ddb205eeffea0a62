//! Confinement by `sandbox-exec` of macOS: a profile in its own language, generated for each program.

use std::fmt::Write;

use super::{Confinement, OsStr, OsString, Path};
#[cfg(target_os = "macos")]
use super::{Mechanism, Unsupported};

/// Where the system has it. Apple calls it deprecated, and uses it itself.
#[cfg(target_os = "macos")]
const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// Finds out whether it is there.
#[cfg(target_os = "macos")]
pub(super) fn find() -> Result<Mechanism, Unsupported> {
    let is_there = Path::new(PROGRAM).is_file();
    is_there.then_some(Mechanism::Seatbelt).ok_or(Unsupported("there is no /usr/bin/sandbox-exec"))
}

/// Returns the call of a confined program.
#[cfg(target_os = "macos")]
pub(super) fn command(confinement: &Confinement, program: &OsStr, args: &[OsString]) -> std::process::Command {
    let mut command = std::process::Command::new(PROGRAM);
    command.args(words(confinement, program, args));
    command
}

/// Returns the words after `sandbox-exec`.
fn words(confinement: &Confinement, program: &OsStr, args: &[OsString]) -> Vec<OsString> {
    let front = ["-p".into(), profile(confinement).into(), program.to_owned()];
    front.into_iter().chain(args.iter().cloned()).collect()
}

/// Returns the profile. Of several rules, the last that fits counts.
fn profile(confinement: &Confinement) -> String {
    let mut profile = "(version 1)\n(allow default)\n(deny file-write*)\n".to_owned();
    for path in &confinement.writable {
        // Rules are matched against the path without links.
        let Some((filter, path)) = path.canonicalize().ok().map(|real| (filter(&real), quoted(&real))) else {
            continue;
        };
        // Writing into a string does not fail.
        let _ = writeln!(profile, "(allow file-write* ({filter} {path}))");
    }
    if !confinement.has_network {
        profile.push_str("(deny network-outbound (remote tcp \"*:*\"))\n(deny network-bind (local tcp \"*:*\"))\n");
    }
    profile
}

fn filter(path: &Path) -> &'static str {
    if path.is_dir() { "subpath" } else { "literal" }
}

/// Writes a path as a string of the profile's language.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_denies_writing_and_allows_what_is_named() {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().canonicalize().unwrap();
        let (folder, file) = (real.join("a \"b\""), real.join("log"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&folder, real.join("link")).unwrap();
        let confinement = Confinement::new([real.join("link"), file.clone(), real.join("missing")]);
        let expected = format!(
            "(version 1)\n(allow default)\n(deny file-write*)\n(allow file-write* (subpath \"{0}/a \\\"b\\\"\"))\n\
             (allow file-write* (literal \"{0}/log\"))\n",
            real.display()
        );
        assert_eq!(profile(&confinement), expected);
        let network = "(deny network-outbound (remote tcp \"*:*\"))\n(deny network-bind (local tcp \"*:*\"))\n";
        assert_eq!(profile(&confinement.clone().without_network()), expected.clone() + network);
        let words = words(&confinement, OsStr::new("sh"), &["-c".into(), "true".into()]);
        assert_eq!(words, ["-p", &expected, "sh", "-c", "true"].map(OsString::from));
    }
}
