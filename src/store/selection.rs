//! Finding the one thing that a user means by the beginning of its name.

use crate::error::{Error, Result};

/// The most names that an error lists.
const NAMED: usize = 5;

/// Returns the one of `things` whose name begins with `word`; none where no name does, and for the empty word. `kind` is
/// what they are, in the plural.
///
/// # Errors
/// When several names begin so.
pub fn by_beginning<T>(
    word: &str,
    things: impl IntoIterator<Item = T>,
    name: impl Fn(&T) -> &str,
    kind: &str,
) -> Result<Option<T>> {
    let begins = |thing: &T| !word.is_empty() && name(thing).starts_with(word);
    let mut fitting: Vec<T> = things.into_iter().filter(begins).collect();
    if fitting.len() > 1 {
        let names: Vec<&str> = fitting.iter().take(NAMED).map(&name).collect();
        return Err(Error::failed(format!("'{word}' fits {} {kind}: {}", fitting.len(), names.join(", ")))
            .hint("write more of the name"));
    }
    Ok(fitting.pop())
}

#[cfg(test)]
mod tests {
    use super::by_beginning;

    #[test]
    fn the_beginning_of_a_name_stands_for_it_unless_several_begin_so() {
        let find = |word: &str| by_beginning(word, ["fix-a", "fix-b", "trim"], |name| name, "runs");
        assert_eq!(find("t").unwrap(), Some("trim"));
        assert_eq!((find("x").unwrap(), find("").unwrap()), (None, None));
        assert_eq!(find("fix").unwrap_err().message(), "'fix' fits 2 runs: fix-a, fix-b");
    }
}
