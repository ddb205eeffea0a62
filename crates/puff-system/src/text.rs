//! Texts of others in lines of ours.

/// Returns the first line of `text` that says something, without control characters, at most `longest` characters.
pub fn first_line(text: &str, longest: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    let mut line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if let Some((end, _)) = line.char_indices().nth(longest) {
        let shorter = line.char_indices().nth(longest - 1).map_or(end, |(at, _)| at);
        line.truncate(shorter);
        line.truncate(line.trim_end().len());
        line.push('…');
    }
    line
}
