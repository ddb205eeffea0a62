//! Patterns in the syntax of `gitignore(5)`, for paths that are in no index and no worktree that git could be asked about.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Patterns, the last of which that matches a path decides.
#[derive(Clone, Debug)]
pub struct IgnorePatterns {
    matcher: Gitignore,
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    /// As it was written.
    written: String,
    /// As the matcher reads it.
    read: String,
}

impl IgnorePatterns {
    /// Parses a file of patterns. A line that is no pattern matches nothing, as in git.
    pub fn parse(text: &str) -> IgnorePatterns {
        let lines = text.trim_start_matches('\u{feff}').lines();
        IgnorePatterns::of(lines.map(|line| (line.to_owned(), without_braces(line))))
    }

    /// Returns the patterns of a setting: each is a path from the top of the worktree, with wildcards or without.
    pub fn of_paths(patterns: &[String]) -> IgnorePatterns {
        let normal = |pattern: &String| {
            let parts = Path::new(pattern).components().filter_map(|part| match part {
                std::path::Component::Normal(name) => name.to_str(),
                _ => None,
            });
            (pattern.clone(), without_braces(&format!("/{}", parts.collect::<Vec<_>>().join("/"))))
        };
        IgnorePatterns::of(patterns.iter().map(normal))
    }

    fn of(lines: impl Iterator<Item = (String, String)>) -> IgnorePatterns {
        let mut builder = GitignoreBuilder::new("");
        // To git, such a class matches nothing.
        builder.allow_unclosed_class(false);
        let lines = lines.map(|(written, read)| Line { written, read: read.trim_end().to_owned() });
        let lines = lines.filter(|line| builder.add_line(None, &line.read).is_ok()).collect();
        let matcher = builder.build().unwrap_or_else(|_| Gitignore::empty());
        IgnorePatterns { matcher, lines }
    }

    /// Returns whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.matcher.is_empty()
    }

    /// Returns the pattern that selects a path, as it was written, be it by a folder that the path is in: of a folder that
    /// is selected, nothing is left out.
    pub fn selects(&self, path: &Path, is_folder: bool) -> Option<&str> {
        let mut above: Vec<&Path> = path.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty()).collect();
        above.reverse();
        let each = above.into_iter().map(|path| (path, true)).chain([(path, is_folder)]);
        let mut matches = each.map(|(path, is_folder)| self.matcher.matched(path, is_folder));
        let glob = matches.find_map(|found| match found {
            ignore::Match::Ignore(glob) => Some(glob.original()),
            _ => None,
        })?;
        self.lines.iter().find(|line| line.read == glob).map(|line| line.written.as_str())
    }

    /// Returns whether a path below this folder can be selected although the folder is not: it need not be looked
    /// through else.
    pub fn may_select_below(&self, folder: &Path) -> bool {
        let Some(first) = folder.iter().next().and_then(|name| name.to_str()) else { return true };
        let lines = self.lines.iter().map(|line| line.read.as_str());
        lines.map(|line| line.strip_suffix('/').unwrap_or(line)).any(|line| match line.split_once('/') {
            // With a slash in it, the pattern is a path from the top.
            Some(("", rest)) => is_or_may_be(rest.split('/').next().unwrap_or(rest), first) && rest.contains('/'),
            Some((top, _)) => is_or_may_be(top, first),
            None => true,
        })
    }

    /// Returns the patterns that select something, each as [`IgnorePatterns::selects`] returns it.
    pub fn positive(&self) -> impl Iterator<Item = &str> {
        let lines = self.lines.iter().filter(|line| !line.read.is_empty() && !line.read.starts_with(['#', '!']));
        lines.map(|line| line.written.as_str())
    }
}

fn is_or_may_be(pattern: &str, name: &str) -> bool {
    pattern == name || pattern.contains(['*', '?', '[', '\\'])
}

/// Returns a pattern in which a brace means itself, as it does to git; the matcher would read alternatives.
fn without_braces(line: &str) -> String {
    let (mut plain, mut in_class, mut letters) = (String::new(), false, line.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                plain.push(letter);
                plain.extend(letters.next());
                continue;
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '{' | '}' if !in_class => {
                plain.push('\\');
            }
            _ => {}
        }
        plain.push(letter);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(patterns: &IgnorePatterns, path: &str) -> bool {
        patterns.selects(Path::new(path.trim_end_matches('/')), path.ends_with('/')).is_some()
    }

    #[test]
    fn a_file_of_patterns_is_read_as_gitignore() {
        let text = "\u{feff}# local\n*.env\n!keep.env\n/build/\nconf/*.local\nsrc/{a,b}\n\n[unclosed\n**/cache/\n";
        let patterns = IgnorePatterns::parse(text);
        for path in ["x.env", "sub/x.env", "build/", "build/out/x", "conf/a.local", "src/{a,b}", "a/b/cache/"] {
            assert!(selected(&patterns, path), "{path}");
        }
        for path in ["keep.env", "build", "sub/build/", "sub/conf/a.local", "conf/sub/a.local", "src/a", "cache"] {
            assert!(!selected(&patterns, path), "{path}");
        }
        // Git re-includes nothing of a folder that is selected.
        assert!(selected(&IgnorePatterns::parse("/out\n!/out/kept\n"), "out/kept"));
        let positive: Vec<&str> = patterns.positive().collect();
        assert_eq!(positive, ["*.env", "/build/", "conf/*.local", "src/{a,b}", "**/cache/"]);
        assert_eq!(patterns.selects(Path::new("sub/x.env"), false), Some("*.env"));
    }

    #[test]
    fn patterns_of_settings_are_paths_from_the_top() {
        let paths = [".env", "./cache/", "conf/*.local"].map(str::to_owned);
        let patterns = IgnorePatterns::of_paths(&paths);
        for path in [".env", "cache/", "cache/x/y", "conf/a.local"] {
            assert!(selected(&patterns, path), "{path}");
        }
        assert!(!selected(&patterns, "sub/.env") && !selected(&patterns, "sub/cache/"));
    }

    #[test]
    fn a_folder_is_looked_through_only_for_a_pattern_that_may_match_below() {
        let below = |line: &str, folder: &str| IgnorePatterns::parse(line).may_select_below(Path::new(folder));
        assert!(below("*.env", "target") && below("target/x", "target") && below("/t*/x", "target"));
        assert!(below("**/x/y", "target"));
        assert!(!below("/.env", "target") && !below("conf/*.local", "target") && !below("/target", "target"));
    }
}
