//! Refuses files that would overflow the stack or cost too much, before the parser sees them.
//!
//! The parser, the tree's destructor and the lowering recurse as deep as the tree is. A tree cannot be deeper than the
//! tokens that stand open above a place: those since the last separator, on each level of brackets. That sum is
//! cheap to count, bounds bracket nesting and long chains (`a.b().c()`, `!!x`, `1 + 1 + …`, `else if`) alike, and real
//! code stays far below the limit.

/// Larger files are not read; hand-written ones never are that large.
pub(super) const MAX_BYTES: usize = 2 << 20;

/// Open brackets at one place. One level costs up to a dozen parser frames, some 10 KiB unoptimized each.
pub(super) const MAX_NESTING: usize = 256;

/// Tokens open at one place: since the last separator, over all open brackets. 64 MiB of stack hold twice as many.
pub(super) const MAX_OPEN_TOKENS: usize = 4_000;

/// Why a file is not parsed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OverLimit {
    /// 1-based; 0 for the whole file.
    pub line: u32,
    pub reason: String,
}

/// Check size and depth.
pub(super) fn check(text: &str) -> Result<(), OverLimit> {
    if MAX_BYTES < text.len() {
        let reason = format!("{} bytes are more than the {MAX_BYTES} that are read", text.len());
        return Err(OverLimit { line: 0, reason });
    }
    let mut depth = Depth {
        open: vec![0],
        sum: 0,
        after_brace: false,
    };
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        pos: 0,
        line: 1,
    };
    while let Some(token) = scanner.next_token() {
        depth.step(token);
        let reason = if MAX_NESTING < depth.open.len() - 1 {
            format!("brackets are nested more than {MAX_NESTING} deep")
        } else if MAX_OPEN_TOKENS < depth.sum {
            format!("one expression has more than {MAX_OPEN_TOKENS} tokens in a row")
        } else {
            continue;
        };
        return Err(OverLimit {
            line: scanner.line,
            reason,
        });
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close(u8),
    /// `;` or `,`.
    Separator,
    /// An operator byte, `.`, `?`: after a block it goes on with the same expression.
    Operator,
    /// `else`: goes on likewise.
    Else,
    Other,
}

struct Depth {
    /// Tokens since the last separator, for each open bracket.
    open: Vec<usize>,
    sum: usize,
    /// The last token closed a block.
    after_brace: bool,
}

impl Depth {
    fn step(&mut self, token: Token) {
        // After `}` a new statement, arm or item begins, unless the token can only go on with the expression.
        if std::mem::take(&mut self.after_brace) && !matches!(token, Token::Operator | Token::Else) {
            self.reset();
        }
        match token {
            Token::Separator => self.reset(),
            Token::Open => {
                self.count();
                self.open.push(0);
            }
            Token::Close(byte) => {
                if 1 < self.open.len() {
                    self.reset();
                    self.open.pop();
                }
                self.after_brace = byte == b'}';
            }
            Token::Operator | Token::Else | Token::Other => self.count(),
        }
    }

    fn count(&mut self) {
        if let Some(top) = self.open.last_mut() {
            *top += 1;
            self.sum += 1;
        }
    }

    fn reset(&mut self) {
        if let Some(top) = self.open.last_mut() {
            self.sum -= std::mem::take(top);
        }
    }
}

/// Splits text into just enough of tokens: strings and comments are skipped.
struct Scanner<'t> {
    bytes: &'t [u8],
    pos: usize,
    line: u32,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.pos + ahead).copied().unwrap_or(0)
    }

    fn bump(&mut self) {
        if self.peek(0) == b'\n' {
            self.line = self.line.saturating_add(1);
        }
        self.pos += 1;
    }

    fn next_token(&mut self) -> Option<Token> {
        loop {
            let byte = *self.bytes.get(self.pos)?;
            match byte {
                b'/' if self.peek(1) == b'/' => self.skip_while(|byte| byte != b'\n'),
                b'/' if self.peek(1) == b'*' => self.skip_block_comment(),
                _ if byte.is_ascii_whitespace() => self.bump(),
                b'"' => {
                    self.skip_string();
                    return Some(Token::Other);
                }
                b'\'' => {
                    self.skip_quote();
                    return Some(Token::Other);
                }
                b'(' | b'[' | b'{' | b')' | b']' | b'}' | b';' | b',' => {
                    self.bump();
                    return Some(match byte {
                        b'(' | b'[' | b'{' => Token::Open,
                        b';' | b',' => Token::Separator,
                        _ => Token::Close(byte),
                    });
                }
                _ if is_word(byte) => return Some(self.word()),
                _ => {
                    self.bump();
                    return Some(if byte == b'#' { Token::Other } else { Token::Operator });
                }
            }
        }
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) {
        while self.bytes.get(self.pos).is_some_and(|byte| keep(*byte)) {
            self.bump();
        }
    }

    fn skip_block_comment(&mut self) {
        let mut n_open = 0_usize;
        while self.pos < self.bytes.len() {
            let step = match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => {
                    n_open += 1;
                    2
                }
                (b'*', b'/') => {
                    n_open -= 1;
                    2
                }
                _ => 1,
            };
            for _ in 0..step {
                self.bump();
            }
            if n_open == 0 {
                return;
            }
        }
    }

    /// A string with escapes, from its opening quote on.
    fn skip_string(&mut self) {
        self.bump();
        while let Some(byte) = self.bytes.get(self.pos) {
            let byte = *byte;
            self.bump();
            match byte {
                b'\\' => self.bump(),
                b'"' => return,
                _ => {}
            }
        }
    }

    /// A raw string, from its first `#` or quote on; `r#name` is none and has no quote.
    fn skip_raw_string(&mut self) {
        let n_hashes = (0..).take_while(|ahead| self.peek(*ahead) == b'#').count();
        if self.peek(n_hashes) != b'"' {
            return;
        }
        self.pos += n_hashes + 1;
        while self.pos < self.bytes.len() {
            let is_end = self.peek(0) == b'"' && (1..=n_hashes).all(|ahead| self.peek(ahead) == b'#');
            if is_end {
                self.pos += n_hashes + 1;
                return;
            }
            self.bump();
        }
    }

    /// A character, or the tick of a lifetime or label.
    fn skip_quote(&mut self) {
        self.bump();
        if self.peek(0) == b'\\' {
            self.pos += 2;
            self.skip_while(|byte| byte != b'\'' && byte != b'\n');
            self.bump();
            return;
        }
        let width = match self.peek(0) {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        if self.peek(width) == b'\'' {
            self.pos += width + 1;
        }
    }

    fn word(&mut self) -> Token {
        let start = self.pos;
        self.skip_while(is_word);
        let word = &self.bytes[start..self.pos];
        match (word, self.peek(0)) {
            (b"r" | b"br" | b"cr", b'"' | b'#') => {
                self.skip_raw_string();
                Token::Other
            }
            (b"b" | b"c", b'"') => {
                self.skip_string();
                Token::Other
            }
            (b"b", b'\'') => {
                self.skip_quote();
                Token::Other
            }
            (b"else", _) => Token::Else,
            // `as` goes on with an expression too.
            (b"as", _) => Token::Operator,
            _ => Token::Other,
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || 0x80 <= byte
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn accepts(text: &str) {
        assert_eq!(check(text), Ok(()));
    }

    #[track_caller]
    fn refuses(text: &str, reason: &str) {
        let over = check(text).expect_err("over a limit");
        assert!(over.reason.contains(reason), "{over:?}");
    }

    #[test]
    fn brackets_at_the_boundary() {
        let nested = |n: usize| format!("{}{}", "(".repeat(n), ")".repeat(n));
        accepts(&nested(MAX_NESTING));
        refuses(&nested(MAX_NESTING + 1), "brackets are nested");
    }

    #[test]
    fn tokens_at_the_boundary() {
        accepts(&"!".repeat(MAX_OPEN_TOKENS));
        refuses(&"!".repeat(MAX_OPEN_TOKENS + 1), "tokens in a row");
    }

    #[test]
    fn size_at_the_boundary() {
        accepts(&" ".repeat(MAX_BYTES));
        refuses(&" ".repeat(MAX_BYTES + 1), "bytes are more");
    }

    #[test]
    fn text_is_no_code() {
        let brackets = "(".repeat(MAX_NESTING + 1);
        accepts(&format!("// {brackets}\n/* /* {brackets} */ {brackets} */"));
        accepts(&format!(
            "\"\\\"{brackets}\"; r#\"\"{brackets}\"#; b\"{brackets}\"; br\"{brackets}\""
        ));
        accepts(&"'('".repeat(1_000));
        accepts(&"'a: '\\'' '\\u{28}' 'ä' b'(' ".repeat(500));
        refuses(&format!("'a {brackets}"), "brackets are nested");
    }

    #[test]
    fn many_statements_arms_and_items_are_flat() {
        accepts(&"fn f() {} ".repeat(5_000));
        accepts(&format!("{{ {} }}", "A => {} ".repeat(5_000)));
        accepts(&"a.b(c); ".repeat(5_000));
        refuses(&"if a {} else ".repeat(1_400), "tokens in a row");
        refuses(&".a()".repeat(1_400), "tokens in a row");
    }

    #[test]
    fn the_line_is_that_of_the_excess() {
        let text = format!("\n\n{}", "(".repeat(MAX_NESTING + 1));
        assert_eq!(check(&text).map_err(|over| over.line), Err(3));
    }
}
