//! The two small notations inside catalogue texts: types as a language writes them, and paths with alternatives.

use crate::model::{Name, expr::TypeRef};

/// Types deeper than this are refused: nobody writes them, and the parser recurses.
const MAX_TYPE_DEPTH: u32 = 32;

/// Every path that `path` stands for: `a::{b,c}::d` → `a::b::d`, `a::c::d`.
///
/// # Errors
/// A sentence fragment, where braces do not match or a segment is empty.
pub(crate) fn expand(path: &str) -> Result<Vec<String>, String> {
    let mut pending = vec![path.to_owned()];
    let mut done = Vec::new();
    while let Some(next) = pending.pop() {
        let Some(open) = next.find('{') else {
            if next.contains('}') {
                return Err(format!("`{path}` closes a brace that was not opened"));
            }
            if next
                .split("::")
                .any(|segment| segment.trim() != segment || segment.is_empty())
            {
                return Err(format!("`{path}` has an empty segment"));
            }
            done.push(next);
            continue;
        };
        let Some(length) = next[open..].find('}') else {
            return Err(format!("`{path}` opens a brace that is not closed"));
        };
        let (before, after) = (&next[..open], &next[open + length + 1..]);
        for alternative in next[open + 1..open + length].split(',').rev() {
            pending.push(format!("{before}{}{after}", alternative.trim()));
        }
    }
    Ok(done)
}

/// Read a type: `Result<Vec<$0>, reqwest::Error>`, `(A, B)`, `&[u8]`, `impl Trait`, `@0`.
///
/// `$N` and `@N` become named types of one segment with that text.
///
/// # Errors
/// A sentence fragment with what was expected and the rest of the text.
pub(crate) fn parse_type(text: &str) -> Result<TypeRef, String> {
    let mut parser = Parser { text, rest: text };
    let ty = parser.ty(0)?;
    parser.skip_space();
    if parser.rest.is_empty() {
        Ok(ty)
    } else {
        Err(parser.expected("the end"))
    }
}

struct Parser<'t> {
    text: &'t str,
    rest: &'t str,
}

impl<'t> Parser<'t> {
    fn ty(&mut self, depth: u32) -> Result<TypeRef, String> {
        if MAX_TYPE_DEPTH < depth {
            return Err(format!("type `{}` is nested too deeply", self.text));
        }
        self.skip_reference();
        if self.eat("(") {
            let mut items = self.list(")", depth)?;
            return Ok(if items.len() == 1 {
                items.swap_remove(0)
            } else {
                TypeRef::Tuple(items)
            });
        }
        if self.eat("[") {
            let item = self.ty(depth + 1)?;
            if self.eat(";") {
                self.word();
            }
            self.require("]")?;
            return Ok(TypeRef::Slice(Box::new(item)));
        }
        if self.eat("!") {
            return Ok(TypeRef::Never);
        }
        if self.eat_word("dyn") {
            return Ok(TypeRef::Dyn(self.bounds(depth)?));
        }
        if self.eat_word("impl") {
            return Ok(TypeRef::Impl(self.bounds(depth)?));
        }
        if self.eat_word("_") {
            return Ok(TypeRef::Infer);
        }
        self.named(depth)
    }

    /// `a::b::C<D, Item = E>` or `Fn(A) -> B`.
    fn named(&mut self, depth: u32) -> Result<TypeRef, String> {
        let mut segments = Vec::new();
        loop {
            let word = self.word();
            if word.is_empty() {
                return Err(self.expected("a type"));
            }
            segments.push(Name::new(word));
            if !self.eat("::") {
                break;
            }
        }
        if matches!(segments.as_slice(), [only] if matches!(only.as_str(), "fn" | "Fn" | "FnMut" | "FnOnce")) {
            return self.function(depth);
        }
        let mut args = Vec::new();
        let mut bindings = Vec::new();
        if self.eat("<") {
            while !self.eat(">") {
                self.argument(depth, &mut args, &mut bindings)?;
                if !self.eat(",") {
                    self.require(">")?;
                    break;
                }
            }
        }
        Ok(TypeRef::Named {
            segments,
            args,
            bindings,
        })
    }

    fn argument(
        &mut self,
        depth: u32,
        args: &mut Vec<TypeRef>,
        bindings: &mut Vec<(Name, TypeRef)>,
    ) -> Result<(), String> {
        self.skip_space();
        if self.rest.starts_with('\'') {
            self.skip_lifetime();
            return Ok(());
        }
        let before = self.rest;
        let name = self.word();
        self.skip_space();
        if !name.is_empty() && self.rest.starts_with('=') {
            self.eat("=");
            bindings.push((Name::new(name), self.ty(depth + 1)?));
            return Ok(());
        }
        self.rest = before;
        args.push(self.ty(depth + 1)?);
        Ok(())
    }

    fn function(&mut self, depth: u32) -> Result<TypeRef, String> {
        self.require("(")?;
        let params = self.list(")", depth)?;
        let ret = if self.eat("->") {
            Some(Box::new(self.ty(depth + 1)?))
        } else {
            None
        };
        Ok(TypeRef::Fn { params, ret })
    }

    fn bounds(&mut self, depth: u32) -> Result<Vec<TypeRef>, String> {
        let mut bounds = Vec::new();
        loop {
            self.skip_space();
            if self.rest.starts_with('\'') {
                self.skip_lifetime();
            } else {
                bounds.push(self.named(depth + 1)?);
            }
            if !self.eat("+") {
                return Ok(bounds);
            }
        }
    }

    fn list(&mut self, close: &str, depth: u32) -> Result<Vec<TypeRef>, String> {
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(self.ty(depth + 1)?);
            if !self.eat(",") {
                self.require(close)?;
                break;
            }
        }
        Ok(items)
    }

    fn skip_reference(&mut self) {
        while self.eat("&") {
            self.skip_space();
            if self.rest.starts_with('\'') {
                self.skip_lifetime();
            }
            self.eat_word("mut");
        }
    }

    fn skip_lifetime(&mut self) {
        self.rest = self.rest.trim_start_matches('\'');
        self.word();
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let before = self.rest;
        if self.word() == word {
            return true;
        }
        self.rest = before;
        false
    }

    /// The identifier, `$N` or `@N` at this place; empty where there is none. Packages of other languages may hold
    /// dots, slashes and dashes (`net/http`, `@nestjs/axios`).
    fn word(&mut self) -> &'t str {
        self.skip_space();
        let rest = self.rest;
        let is_part = |(idx, character): (usize, char)| {
            character.is_alphanumeric()
                || character == '_'
                || (idx == 0 && matches!(character, '$' | '@'))
                || (0 < idx && matches!(character, '.' | '/'))
                || (0 < idx && character == '-' && !rest[idx..].starts_with("->"))
        };
        let end = rest
            .char_indices()
            .find(|&part| !is_part(part))
            .map_or(rest.len(), |(idx, _)| idx);
        self.rest = &rest[end..];
        &rest[..end]
    }

    fn require(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) {
            Ok(())
        } else {
            Err(self.expected(&format!("`{token}`")))
        }
    }

    fn expected(&self, what: &str) -> String {
        if self.rest.is_empty() {
            format!("type `{}`: expected {what} at the end", self.text)
        } else {
            format!("type `{}`: expected {what} before `{}`", self.text, self.rest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A type in plain text, to compare with.
    fn show(ty: &TypeRef) -> String {
        let all = |items: &[TypeRef]| items.iter().map(show).collect::<Vec<_>>().join(", ");
        match ty {
            TypeRef::Named {
                segments,
                args,
                bindings,
            } => {
                let mut text = segments.join("::");
                let mut inner: Vec<String> = args.iter().map(show).collect();
                inner.extend(bindings.iter().map(|(name, ty)| format!("{name} = {}", show(ty))));
                if !inner.is_empty() {
                    text.push_str(&format!("<{}>", inner.join(", ")));
                }
                text
            }
            TypeRef::Tuple(items) => format!("({})", all(items)),
            TypeRef::Slice(item) => format!("[{}]", show(item)),
            TypeRef::Fn { params, ret } => {
                format!(
                    "fn({}) -> {}",
                    all(params),
                    ret.as_deref().map_or("()".to_owned(), show)
                )
            }
            TypeRef::Dyn(items) => format!("dyn {}", all(items)),
            TypeRef::Impl(items) => format!("impl {}", all(items)),
            TypeRef::Never => "!".to_owned(),
            TypeRef::Infer => "_".to_owned(),
            TypeRef::Projection { .. } => "projection".to_owned(),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(parse_type(text).map(|ty| show(&ty)), Ok(expected.to_owned()));
    }

    #[test]
    fn types_are_read() {
        check("reqwest::Client", "reqwest::Client");
        check("Result<Vec<$0>, reqwest::Error>", "Result<Vec<$0>, reqwest::Error>");
        check("$0::Connection", "$0::Connection");
        check("(Self, @1)", "(Self, @1)");
        check("()", "()");
        check("&'a mut [u8; 4]", "[u8]");
        check("Option<&str>", "Option<str>");
        check(
            "impl Stream<Item = Result<bytes::Bytes, E>> + Send + 'static",
            "impl Stream<Item = Result<bytes::Bytes, E>>, Send",
        );
        check("Box<dyn Error>", "Box<dyn Error>");
        check("Fn(A, B) -> C", "fn(A, B) -> C");
        check("sqlx::Pool<'static, sqlx::Postgres>", "sqlx::Pool<sqlx::Postgres>");
        check("!", "!");
        check("_", "_");
    }

    #[test]
    fn broken_types_say_where() {
        assert_eq!(
            parse_type("Vec<"),
            Err("type `Vec<`: expected a type at the end".to_owned())
        );
        assert_eq!(
            parse_type("A B"),
            Err("type `A B`: expected the end before `B`".to_owned())
        );
        assert!(parse_type("").is_err());
        let deep = format!("{}A{}", "[".repeat(40), "]".repeat(40));
        assert!(
            parse_type(&deep)
                .expect_err("over the limit")
                .contains("nested too deeply")
        );
    }

    #[test]
    fn alternatives_keep_their_order() {
        assert_eq!(
            expand("a::{b, c}::d"),
            Ok(vec!["a::b::d".to_owned(), "a::c::d".to_owned()])
        );
        assert_eq!(
            expand("{a,b}::{c,d}").map(|paths| paths.join(" ")),
            Ok("a::c a::d b::c b::d".to_owned())
        );
        assert_eq!(expand("a::*"), Ok(vec!["a::*".to_owned()]));
        assert!(expand("a::{b").is_err());
        assert!(expand("a::b}").is_err());
        assert!(expand("a::{b,}").is_err());
    }
}
