//! Text that came from scanned code, made safe once, for every format.
//!
//! [`Text`] can only hold cleaned text: control characters (terminal escape sequences among them) and
//! characters that reorder what follows are shown as `\u{1b}`, credentials are replaced by `***`. A
//! report that is read back from disk goes through the same door, so it is trusted no more than code.
//! What is left to a format is its own quoting: [`markdown`], [`dot`], askama's escaping for HTML.

use std::{borrow::Cow, fmt, ops::Deref};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::{Name, redact::redact};

/// Cleaned text: one line, no control characters, no credentials.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(Name);

impl Text {
    /// Clean `raw`.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        match clean(raw) {
            Cow::Borrowed(text) => Self(Name::new(text)),
            Cow::Owned(text) => Self(Name::from(text)),
        }
    }

    /// The text as a name of the model.
    #[must_use]
    pub fn name(&self) -> Name {
        self.0.clone()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.as_str(), f)
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<&Name> for Text {
    /// Shares the name's memory where there is nothing to clean.
    fn from(raw: &Name) -> Self {
        match clean(raw) {
            Cow::Borrowed(_) => Self(raw.clone()),
            Cow::Owned(text) => Self(Name::from(text)),
        }
    }
}

impl From<&String> for Text {
    fn from(raw: &String) -> Self {
        Self::new(raw)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Name::deserialize(deserializer).map(|raw| Self::from(&raw))
    }
}

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("Text")
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string"})
    }
}

/// `raw` without credentials and without characters that a terminal or an editor would obey.
#[must_use]
pub fn clean(raw: &str) -> Cow<'_, str> {
    // Escaping comes second, so that a control character cannot hide a credential from the redaction
    // by standing inside it: the redaction treats it like any other character of the token.
    match redact(raw) {
        Cow::Borrowed(text) => escape_control(text),
        Cow::Owned(text) => Cow::Owned(escape_control(&text).into_owned()),
    }
}

/// Whether a terminal, a browser or an editor would act on it instead of showing it.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

fn escape_control(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => escaped.push(' '),
            character if is_obeyed(character) => escaped.extend(character.escape_unicode()),
            character => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

/// Quote for running Markdown text and table cells: nothing of it becomes markup, a link or HTML.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 8);
    for (idx, character) in text.char_indices() {
        match character {
            '&' => quoted.push_str("&amp;"),
            '<' => quoted.push_str("&lt;"),
            '>' => quoted.push_str("&gt;"),
            // Bare URLs, hosts and mail addresses would become links; the entities keep them text.
            ':' if text[idx..].starts_with("://") => quoted.push_str("&#58;"),
            '.' if ends_with_www(&text[..idx]) => quoted.push_str("&#46;"),
            '@' => quoted.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '!' | '#' | '$' | '|' => {
                quoted.push('\\');
                quoted.push(character);
            }
            character => quoted.push(character),
        }
    }
    quoted
}

fn ends_with_www(text: &str) -> bool {
    text.len()
        .checked_sub(3)
        .is_some_and(|start| text.as_bytes()[start..].eq_ignore_ascii_case(b"www"))
}

/// A double-quoted DOT string. A backslash is doubled, since Graphviz expands `\N`, `\L` and the like in labels.
#[must_use]
pub fn dot(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            // Graphviz reads entities in plain labels too.
            '&' => quoted.push_str("&amp;"),
            '<' => quoted.push_str("&lt;"),
            '>' => quoted.push_str("&gt;"),
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn cleans(raw: &str, expected: &str) {
        assert_eq!(clean(raw), expected);
        assert_eq!(clean(expected), expected, "cleaning twice must change nothing");
    }

    #[test]
    fn plain_text_is_shared_not_copied() {
        assert!(matches!(clean("geo::Client::geocode — Zürich 東京"), Cow::Borrowed(_)));
    }

    #[test]
    fn escape_sequences_are_shown_not_obeyed() {
        cleans("\u{1b}[31mred", "\\u{1b}[31mred");
        cleans("bell\u{7}del\u{7f}csi\u{9b}2J", "bell\\u{7}del\\u{7f}csi\\u{9b}2J");
    }

    #[test]
    fn text_stays_on_one_line() {
        cleans("a\nb\r\nc\td", "a b  c d");
        cleans("a\u{2028}b", "a\\u{2028}b");
    }

    #[test]
    fn reordering_characters_are_shown() {
        cleans("evil\u{202e}cod", "evil\\u{202e}cod");
        cleans("zero\u{200b}width", "zero\\u{200b}width");
    }

    #[test]
    fn reading_back_cleans_too() {
        let text: Text = serde_json::from_str(r#""\u001b[2J https://u:p@host/""#).expect("a JSON string");
        assert_eq!(text, "\\u{1b}[2J https://***@host/");
    }

    #[test]
    fn markdown_quotes_markup() {
        assert_eq!(markdown("a|b `c` <script>"), "a\\|b \\`c\\` &lt;script&gt;");
        assert_eq!(markdown("https://x"), "https&#58;//x");
        assert_eq!(markdown("WWW.x.org a@b.org"), "WWW&#46;x.org a&#64;b.org");
        assert_eq!(markdown("external:maps"), "external:maps");
    }

    #[test]
    fn dot_quotes_quotes_and_escapes() {
        assert_eq!(dot("a\"b\\N<i>"), r#""a\"b\\N&lt;i&gt;""#);
    }
}
