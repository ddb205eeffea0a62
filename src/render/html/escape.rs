//! Escapes untrusted text for HTML.
//!
//! `maud` escapes markup; this also makes visible what a browser would hide or obey: control, bidirectional and
//! zero-width characters. Templates use [`Shown`]; output that is too large for a template uses [`push`].

use maud::Render;

use crate::render::text::visible;

/// An untrusted text in a template.
pub struct Shown<'t>(pub &'t str);

impl Render for Shown<'_> {
    fn render_to(&self, html: &mut String) {
        push(html, &visible(self.0));
    }
}

/// Wraps an untrusted text for a template: `(text(&title))`.
pub fn text(text: &str) -> Shown<'_> {
    Shown(text)
}

/// Appends an escaped text, with hidden characters made visible. Safe in elements and in quoted attributes.
pub fn push(html: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        html.push_str(&rest[..at]);
        html.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &rest[at + 1..];
    }
    html.push_str(rest);
}

/// Appends a JSON string that is safe in a `<script>`: it cannot end the element or begin a comment.
pub fn push_json(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..'\u{20}' => {
                json.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => json.push(c),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str =
        "</script><script>alert(1)</script><!-- \" onload='x' & &lt; \u{202e}\u{1b}[2J\u{0}\u{200b}\r\n";

    #[test]
    fn nothing_is_an_element_an_attribute_or_hidden() {
        let html = maud::html! { p title=(text(HOSTILE)) { (text(HOSTILE)) } }.into_string();
        let inner = html.strip_prefix("<p title=\"").unwrap().strip_suffix("</p>").unwrap();
        let (attribute, element) = inner.split_once("\">").unwrap();
        assert_eq!(attribute, element);
        assert_eq!(
            element,
            "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!-- &quot; onload=&#39;x&#39; &amp; &amp;lt; \
            ⟨U+202E⟩␛[2J␀⟨U+200B⟩\n"
        );
    }

    #[test]
    fn a_string_of_json_stays_in_its_script() {
        let mut json = String::new();
        push_json(&mut json, HOSTILE);
        assert!(!json.contains(['<', '>', '&']) && json.is_ascii() == HOSTILE.is_ascii(), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), HOSTILE);
    }
}
