//! `${NAME:-default}` in compose values.

use std::collections::BTreeMap;

/// How deep a default may hold further variables.
const MAX_NESTING: usize = 8;

/// `text` with variables replaced where `values` or a default says what they are. `${NAME}` stays where nothing does,
/// in that form; `$$` is a dollar sign.
pub(super) fn interpolate(text: &str, values: &BTreeMap<String, String>) -> String {
    expand(text, values, 0)
}

fn expand(text: &str, values: &BTreeMap<String, String>, nesting: usize) -> String {
    if MAX_NESTING < nesting {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(index) = rest.find('$') {
        out.push_str(&rest[..index]);
        let after = &rest[index + 1..];
        rest = if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            after
        } else if let Some((inside, after)) = after.strip_prefix('{').and_then(braced) {
            out.push_str(&variable(inside, values, nesting));
            after
        } else {
            let length = name_length(after);
            let name = &after[..length];
            match (name, values.get(name)) {
                ("", _) => out.push('$'),
                (_, Some(value)) => out.push_str(value),
                (_, None) => out.push_str(&format!("${{{name}}}")),
            }
            &after[length..]
        };
    }
    out.push_str(rest);
    out
}

/// Split `NAME:-a${B}} rest` at the brace that closes it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..index], &text[index + 1..]));
        }
    }
    None
}

fn variable(inside: &str, values: &BTreeMap<String, String>, nesting: usize) -> String {
    let (name, operator) = inside.split_at(name_length(inside));
    let set = values.get(name);
    let filled = set.filter(|value| !value.is_empty());
    let open = || format!("${{{name}}}");
    let default = |text: &str| expand(text, values, nesting + 1);
    match operator.as_bytes() {
        [b':', b'-', ..] => filled.cloned().unwrap_or_else(|| default(&operator[2..])),
        [b'-', ..] => set.cloned().unwrap_or_else(|| default(&operator[1..])),
        [b':', b'+', ..] => filled.map_or_else(String::new, |_| default(&operator[2..])),
        [b'+', ..] => set.map_or_else(String::new, |_| default(&operator[1..])),
        // `:?` and `?` demand a value: without one the deployment would not start.
        [] | [b':' | b'?', ..] => set.cloned().unwrap_or_else(open),
        // Not the syntax of compose: left as it is written.
        _ => format!("${{{inside}}}"),
    }
}

fn name_length(text: &str) -> usize {
    text.bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let values = [("A", "x"), ("EMPTY", "")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(interpolate(text, &values.into_iter().collect()), expected);
    }

    #[test]
    fn forms() {
        check("$A-${A}", "x-x");
        check("${B:-d}/${EMPTY:-d}/${EMPTY-d}/${B-d}", "d/d//d");
        check("${A:+y}${B:+y}${EMPTY+y}", "yy");
        check("${B}${B:?needed}${B?needed}$B", "${B}${B}${B}${B}");
        check("${B:-${C:-${A}}}", "x");
        check("cost $$5 $", "cost $5 $");
        check("${unclosed", "${unclosed");
        check("${A/a/b}", "${A/a/b}");
        check("http://${HOST:-db}:${PORT:-80}/é", "http://db:80/é");
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}end{}", "${B:-".repeat(depth), "}".repeat(depth));
        check(&nested(MAX_NESTING), "end");
        check(&nested(MAX_NESTING + 2), "${B:-end}");
    }
}
