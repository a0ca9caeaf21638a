//! File extensions and the languages they stand for.

use crate::model::fact::Language;

/// Lower-case extension, language, and the language's name as people write it. Sorted by extension.
const EXTENSIONS: &[(&str, Language, &str)] = &[
    ("c", Language::Other, "C"),
    ("cc", Language::Other, "C++"),
    ("cjs", Language::JavaScript, "JavaScript"),
    ("clj", Language::Other, "Clojure"),
    ("cpp", Language::Other, "C++"),
    ("cs", Language::CSharp, "C#"),
    ("cts", Language::TypeScript, "TypeScript"),
    ("cxx", Language::Other, "C++"),
    ("dart", Language::Other, "Dart"),
    ("erl", Language::Other, "Erlang"),
    ("ex", Language::Other, "Elixir"),
    ("exs", Language::Other, "Elixir"),
    ("fs", Language::Other, "F#"),
    ("go", Language::Go, "Go"),
    ("groovy", Language::Other, "Groovy"),
    ("h", Language::Other, "C"),
    ("hpp", Language::Other, "C++"),
    ("hs", Language::Other, "Haskell"),
    ("java", Language::Java, "Java"),
    ("js", Language::JavaScript, "JavaScript"),
    ("jsx", Language::JavaScript, "JavaScript"),
    ("kt", Language::Kotlin, "Kotlin"),
    ("kts", Language::Kotlin, "Kotlin"),
    ("lua", Language::Other, "Lua"),
    ("m", Language::Other, "Objective-C"),
    ("mjs", Language::JavaScript, "JavaScript"),
    ("ml", Language::Other, "OCaml"),
    ("mts", Language::TypeScript, "TypeScript"),
    ("php", Language::Php, "PHP"),
    ("pl", Language::Other, "Perl"),
    ("py", Language::Python, "Python"),
    ("r", Language::Other, "R"),
    ("rb", Language::Ruby, "Ruby"),
    ("rs", Language::Rust, "Rust"),
    ("scala", Language::Other, "Scala"),
    ("sh", Language::Other, "shell"),
    ("svelte", Language::Other, "Svelte"),
    ("swift", Language::Other, "Swift"),
    ("ts", Language::TypeScript, "TypeScript"),
    ("tsx", Language::TypeScript, "TypeScript"),
    ("vb", Language::Other, "Visual Basic"),
    ("vue", Language::Other, "Vue"),
    ("zig", Language::Other, "Zig"),
];

/// The language of a lower-case `extension` and its name for people.
pub(super) fn of_extension(extension: &str) -> Option<(Language, &'static str)> {
    let index = EXTENSIONS.binary_search_by(|(it, ..)| (*it).cmp(extension)).ok()?;
    let (_, language, shown) = EXTENSIONS[index];
    Some((language, shown))
}

/// The name of a language as people write it.
pub(super) fn shown(language: Language) -> &'static str {
    EXTENSIONS
        .iter()
        .find(|(_, it, _)| *it == language)
        .map_or("other languages", |(.., shown)| shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_found() {
        assert!(
            EXTENSIONS.is_sorted_by(|a, b| a.0 < b.0),
            "binary search needs strictly sorted extensions"
        );
        assert_eq!(of_extension("rs"), Some((Language::Rust, "Rust")));
        assert_eq!(of_extension("md"), None);
        assert_eq!(shown(Language::CSharp), "C#");
    }
}
