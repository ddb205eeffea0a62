//! Which changes of tests have a reason: the task asks for them, or all who pass made the same.

/// Words by which a task asks to remove something.
const REMOVE: [&str; 9] =
    ["remove", "delete", "drop ", "deprecat", "get rid", "no longer", "obsolete", "retire", "unused"];

/// Words by which a task asks to change something that there is.
const CHANGE: [&str; 9] =
    ["rename", "replace", "update", "up to date", "migrate", "regenerate", "snapshot", "golden", "instead of"];

/// Returns the part of a task that asks to remove what a test is about, if it does.
pub fn to_remove(prompt: &str, test: &str) -> Option<String> {
    asked(prompt, test, &REMOVE)
}

/// Returns the part of a task that asks to change what a test is about, or a file, if it does.
pub fn to_change(prompt: &str, test: &str) -> Option<String> {
    asked(prompt, test, &CHANGE).or_else(|| to_remove(prompt, test))
}

fn asked(prompt: &str, test: &str, verbs: &[&str]) -> Option<String> {
    let words: Vec<String> = words(test);
    let sentence = sentences(prompt).into_iter().find(|sentence| {
        let lower = sentence.to_lowercase();
        verbs.iter().any(|verb| lower.contains(verb)) && self::words(sentence).iter().any(|word| words.contains(word))
    })?;
    let sentence: String = sentence.trim().chars().take(120).collect();
    Some(format!("the task asks: \"{sentence}\""))
}

fn sentences(prompt: &str) -> Vec<&str> {
    prompt.split_inclusive(['.', '!', '?', '\n', '(', ')', ';']).filter(|part| part.len() > 4).collect()
}

/// Returns the names in a text that say something: those of a test file say `assert` and `return` too.
fn words(text: &str) -> Vec<String> {
    const COMMON: [&str; 22] = [
        "test", "tests", "assert", "return", "import", "from", "file", "that", "this", "with", "must", "should",
        "give", "gives", "function", "none", "true", "false", "path", "read", "json", "case",
    ];
    let parts = text.split(|one: char| !(one.is_alphanumeric() || one == '_')).filter(|word| word.len() >= 4);
    let whole: Vec<String> = parts.map(str::to_lowercase).collect();
    // The parts of a file's or a test's name.
    let inner =
        whole.iter().filter(|word| word.starts_with("test_")).flat_map(|word| word.split('_')).map(str::to_owned);
    let inner: Vec<String> = inner.filter(|word| word.len() >= 4).collect();
    whole.into_iter().chain(inner).filter(|word| !COMMON.contains(&word.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_excuses_what_it_names_and_nothing_else() {
        let prompt = "median must be the middle. Also remove legacy_median: it is not used any more. (Bring the golden file up to date.)";
        assert!(to_remove(prompt, "def test_legacy():\n    assert legacy_median() == 1\n").is_some());
        assert!(to_remove(prompt, "def test_case_0():\n    assert median([1]) == 1\n").is_none());
        assert!(to_change(prompt, "tests/golden.json").is_some());
        assert!(to_change(prompt, "def test_case_0():\n    assert median([1]) == 1\n").is_none());
    }
}
