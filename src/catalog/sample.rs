//! What a catalogue sample promises: one line a call, `LINE operation endpoint; timeout STATE [scope=ms …]; retry STATE [attempts]`.

use std::fmt;

/// One expected call. Its `Display` is the line it was read from, with single spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Line in the sample's code, 1 for the first line that is not empty at the top.
    pub line: u32,
    pub operation: String,
    /// Literal, `config:NAME`, `dynamic`, or `-` where the library gives none.
    pub endpoint: String,
    /// `explicit`, `default`, `none`, `conditional`, `unknown`.
    pub timeout: String,
    /// Scope and milliseconds, `None` where the length is not known (`?`).
    pub parts: Vec<(String, Option<u64>)>,
    /// `none`, `bounded`, `unbounded`, `conditional`, `unknown`.
    pub retry: String,
    pub attempts: Option<u64>,
}

const TIMEOUTS: [&str; 5] = ["explicit", "default", "none", "conditional", "unknown"];
const RETRIES: [&str; 5] = ["none", "bounded", "unbounded", "conditional", "unknown"];
const SCOPES: [&str; 8] = [
    "connect",
    "acquire",
    "headers",
    "read",
    "attempt",
    "operation",
    "total",
    "ambient",
];

impl Expectation {
    /// Read one line.
    ///
    /// # Errors
    /// A sentence fragment that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(';').map(str::trim).collect();
        let [call, timeout, retry] = parts.as_slice() else {
            return Err(format!(
                "`{text}` is not of the form `LINE operation endpoint; timeout STATE; retry STATE`"
            ));
        };
        let call: Vec<&str> = call.split_whitespace().collect();
        let [line, operation, endpoint] = call.as_slice() else {
            return Err(format!("`{text}` does not begin with `LINE operation endpoint`"));
        };
        let line = line
            .parse()
            .map_err(|_| format!("`{line}` in `{text}` is not a line number"))?;
        let mut timeout = timeout.split_whitespace();
        let mut retry = retry.split_whitespace();
        if timeout.next() != Some("timeout") || retry.next() != Some("retry") {
            return Err(format!("`{text}` lacks `timeout` or `retry`"));
        }
        let state = state(timeout.next(), &TIMEOUTS, text)?;
        let parts = timeout.map(|part| part_of(part, text)).collect::<Result<_, _>>()?;
        let retry_state = self::state(retry.next(), &RETRIES, text)?;
        let attempts = match retry.next() {
            Some(number) => Some(
                number
                    .parse()
                    .map_err(|_| format!("`{number}` in `{text}` is not a number of attempts"))?,
            ),
            None => None,
        };
        Ok(Self {
            line,
            operation: (*operation).to_owned(),
            endpoint: (*endpoint).to_owned(),
            timeout: state,
            parts,
            retry: retry_state,
            attempts,
        })
    }
}

fn state(word: Option<&str>, allowed: &[&str], text: &str) -> Result<String, String> {
    match word {
        Some(word) if allowed.contains(&word) => Ok(word.to_owned()),
        _ => Err(format!("`{text}` needs one of {}", allowed.join(", "))),
    }
}

fn part_of(part: &str, text: &str) -> Result<(String, Option<u64>), String> {
    let Some((scope, limit)) = part.split_once('=') else {
        return Err(format!("`{part}` in `{text}` is not of the form `scope=ms`"));
    };
    if !SCOPES.contains(&scope) {
        return Err(format!("`{scope}` in `{text}` is no scope"));
    }
    match limit {
        "?" => Ok((scope.to_owned(), None)),
        _ => match limit.parse() {
            Ok(limit) => Ok((scope.to_owned(), Some(limit))),
            Err(_) => Err(format!("`{limit}` in `{text}` is not a number of milliseconds")),
        },
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {} {}; timeout {}",
            self.line, self.operation, self.endpoint, self.timeout
        )?;
        for (scope, limit) in &self.parts {
            match limit {
                Some(limit) => write!(formatter, " {scope}={limit}")?,
                None => write!(formatter, " {scope}=?")?,
            }
        }
        write!(formatter, "; retry {}", self.retry)?;
        match self.attempts {
            Some(attempts) => write!(formatter, " {attempts}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_and_shown() {
        let line = "3 GET http://billing/invoices; timeout explicit connect=500 total=?; retry bounded 3";
        let expectation = Expectation::parse(line).expect("valid");
        assert_eq!(expectation.line, 3);
        assert_eq!(
            expectation.parts,
            [("connect".to_owned(), Some(500)), ("total".to_owned(), None)]
        );
        assert_eq!(expectation.attempts, Some(3));
        assert_eq!(expectation.to_string(), line);
    }

    #[test]
    fn wrong_lines_are_refused() {
        for line in [
            "GET http://x; timeout none; retry none",
            "1 GET x; timeout none",
            "1 GET x; timeout never; retry none",
            "1 GET x; timeout none total; retry none",
            "1 GET x; timeout none soon=3; retry none",
            "1 GET x; timeout none; retry bounded many",
        ] {
            assert!(Expectation::parse(line).is_err(), "{line}");
        }
    }
}
