//! Texts of the scanned code on their way into the page: cleaned by `report::text`, and of bounded length.
//!
//! Escaping for HTML is not done here; askama does it for every text.

use crate::report::text;

/// Longest text shown for one name, endpoint or reason, in characters. Longer ones come from minified or
/// generated code and would push everything else off the screen.
const MAX_CHARS: usize = 300;

/// `raw` as it may be shown.
pub(super) fn clean(raw: &str) -> String {
    let cleaned = text::clean(raw);
    match cleaned.char_indices().nth(MAX_CHARS) {
        None => cleaned.into_owned(),
        Some((end, _)) => format!("{}…", &cleaned[..end]),
    }
}

/// `word` as one word of a POSIX shell, so that a copied command cannot do anything else.
pub(super) fn shell_word(word: &str) -> String {
    let word = clean(word);
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | ':' | '/' | '@' | '-' | '+');
    if !word.is_empty() && word.chars().all(is_plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_the_limit() {
        assert_eq!(clean(&"é".repeat(MAX_CHARS)).chars().count(), MAX_CHARS);
        assert_eq!(clean(&"é".repeat(MAX_CHARS + 1)).chars().count(), MAX_CHARS + 1);
        assert!(clean(&"é".repeat(MAX_CHARS + 1)).ends_with('…'));
    }

    #[test]
    fn shell_words_stay_one_word() {
        assert_eq!(shell_word("external:maps.example.com"), "external:maps.example.com");
        assert_eq!(shell_word("x; rm -rf ~"), "'x; rm -rf ~'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }
}
