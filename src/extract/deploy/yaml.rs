//! A small YAML tree with places, built from a parser's events: bounded in depth and in size after expansion.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// Deepest nesting that is read. Deployment files stay under 20.
pub const MAX_DEPTH: usize = 64;
/// Most nodes of a file after its aliases are expanded: aliases of aliases grow without bound otherwise.
pub const MAX_NODES: usize = 100_000;

/// A value with the place where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    /// Text as written after unquoting; numbers and booleans are texts too.
    Text(String),
    List(Vec<Node>),
    /// In order; a key may stand twice, the last one counts. Merge keys are resolved.
    Map(Vec<(Key, Node)>),
}

/// The key of a map's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Empty where the key is no scalar.
    pub text: String,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
}

/// Why a file is not (or not wholly) read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// 1-based; 0 when unknown.
    pub line: u32,
    /// 1-based; 0 when unknown.
    pub column: u32,
    /// A fragment for the ledger.
    pub reason: String,
}

impl Node {
    /// The value of `key` in a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .rev()
            .find(|(it, _)| it.text == key)
            .map(|(_, node)| node)
    }

    /// The entries of a map; nothing for anything else.
    #[must_use]
    pub fn entries(&self) -> &[(Key, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; nothing for anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The texts of a list of scalars, or of a single one.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        match &self.value {
            Value::Text(text) => vec![text],
            _ => self.items().iter().filter_map(Self::text).collect(),
        }
    }
}

/// The documents of a file, as far as they can be read, and what stopped it.
#[must_use]
pub fn parse(text: &str) -> (Vec<Node>, Option<YamlError>) {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let added = match event {
            Ok((event, span)) => builder.add(event, span),
            Err(error) => {
                let marker = error.marker();
                Err(YamlError {
                    line: number(marker.line()),
                    column: number(marker.col() + 1),
                    reason: format!("not valid YAML: {}", error.info()),
                })
            }
        };
        if let Err(error) = added {
            return (builder.documents, Some(error));
        }
    }
    (builder.documents, None)
}

/// A collection that is not closed yet.
struct Open {
    line: u32,
    column: u32,
    anchor: usize,
    /// Depth of the deepest child.
    depth: usize,
    size: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<(Key, Node)>,
        merged: Vec<Node>,
        key: Option<Key>,
    },
}

/// A finished node with what it costs to repeat it.
#[derive(Clone)]
struct Built {
    node: Node,
    depth: usize,
    size: usize,
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Built>,
    n_nodes: usize,
}

impl Builder {
    fn add(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let (line, column) = (number(span.start.line()), number(span.start.col() + 1));
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = scalar(&text, style);
                let built = Built {
                    node: Node { line, column, value },
                    depth: 1,
                    size: 1,
                };
                self.finish(built, anchor)
            }
            Event::Alias(anchor) => {
                // An alias inside its own anchor has nothing to stand for.
                let Some(built) = self.anchors.get(&anchor).cloned() else {
                    return Ok(());
                };
                self.finish(built, 0)
            }
            Event::SequenceStart(anchor, _) => self.open(line, column, anchor, Content::List(Vec::new())),
            Event::MappingStart(anchor, _) => {
                let content = Content::Map {
                    entries: Vec::new(),
                    merged: Vec::new(),
                    key: None,
                };
                self.open(line, column, anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn open(&mut self, line: u32, column: u32, anchor: usize, content: Content) -> Result<(), YamlError> {
        self.open.push(Open {
            line,
            column,
            anchor,
            depth: 0,
            size: 1,
            content,
        });
        self.check_depth(0, line, column)
    }

    fn close(&mut self) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = match open.content {
            Content::List(items) => Value::List(items),
            Content::Map { entries, merged, .. } => Value::Map(with_merged(entries, merged)),
        };
        let node = Node {
            line: open.line,
            column: open.column,
            value,
        };
        self.finish(
            Built {
                node,
                depth: open.depth + 1,
                size: open.size,
            },
            open.anchor,
        )
    }

    fn finish(&mut self, built: Built, anchor: usize) -> Result<(), YamlError> {
        let (line, column) = (built.node.line, built.node.column);
        self.check_depth(built.depth, line, column)?;
        self.n_nodes += built.size;
        if MAX_NODES < self.n_nodes {
            let reason = format!("more than {MAX_NODES} values after aliases are expanded");
            return Err(YamlError { line, column, reason });
        }
        if anchor != 0 {
            self.anchors.insert(anchor, built.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.documents.push(built.node);
            return Ok(());
        };
        parent.depth = parent.depth.max(built.depth);
        parent.size += built.size;
        match &mut parent.content {
            Content::List(items) => items.push(built.node),
            Content::Map { entries, merged, key } => match key.take() {
                None => {
                    *key = Some(Key {
                        text: built.node.text().unwrap_or_default().to_owned(),
                        line,
                        column,
                    })
                }
                Some(merge) if merge.text == "<<" => merged.push(built.node),
                Some(key) => entries.push((key, built.node)),
            },
        }
        Ok(())
    }

    fn check_depth(&self, below: usize, line: u32, column: u32) -> Result<(), YamlError> {
        if self.open.len() + below <= MAX_DEPTH {
            return Ok(());
        }
        Err(YamlError {
            line,
            column,
            reason: format!("nested deeper than {MAX_DEPTH}"),
        })
    }
}

/// Merge keys give what the map itself does not say; of several merged maps the first counts.
fn with_merged(mut entries: Vec<(Key, Node)>, merged: Vec<Node>) -> Vec<(Key, Node)> {
    let maps = merged.into_iter().flat_map(|node| match node.value {
        Value::List(items) => items,
        _ => vec![node],
    });
    for map in maps {
        let Value::Map(more) = map.value else { continue };
        for (key, node) in more {
            if !entries.iter().any(|(it, _)| it.text == key.text) {
                entries.push((key, node));
            }
        }
    }
    entries
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match (style, text) {
        (ScalarStyle::Plain, "" | "~" | "null" | "Null" | "NULL") => Value::Null,
        _ => Value::Text(text.to_owned()),
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in one line: `{a: x@1:4, b: [..]}`.
    fn show(node: &Node) -> String {
        match &node.value {
            Value::Null => "~".to_owned(),
            Value::Text(text) => format!("{text}@{}:{}", node.line, node.column),
            Value::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
            Value::Map(entries) => {
                let shown: Vec<_> = entries
                    .iter()
                    .map(|(key, node)| format!("{}: {}", key.text, show(node)))
                    .collect();
                format!("{{{}}}", shown.join(", "))
            }
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let (documents, error) = parse(text);
        assert_eq!(documents.iter().map(show).collect::<Vec<_>>(), expected);
        assert_eq!(error, None);
    }

    #[test]
    fn trees_with_places() {
        check("a: x\nb:\n  - 1\n  - ''\nc:\n", &["{a: x@1:4, b: [1@3:5, @4:5], c: ~}"]);
        check("a: 1\n---\nb: \"~\"\n", &["{a: 1@1:4}", "{b: ~@3:4}"]);
        check("", &[]);
    }

    #[test]
    fn anchors_and_merge_keys() {
        check(
            "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3\n",
            &["{a: {k: 1@1:11, l: 2@1:17}, b: {k: 3@4:6, l: 2@1:17}}"],
        );
        check(
            "a: &x {k: 1}\nb: &y {k: 2, m: 3}\nc: {<<: [*x, *y]}\n",
            &["{a: {k: 1@1:11}, b: {k: 2@2:11, m: 3@2:17}, c: {k: 1@1:11, m: 3@2:17}}"],
        );
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let (documents, _) = parse("a: 1\na: 2\n");
        assert_eq!(documents[0].get("a").and_then(Node::text), Some("2"));
    }

    #[test]
    fn broken_text_keeps_the_documents_before_it() {
        let (documents, error) = parse("a: 1\n---\nb: [1,\nc: }\n");
        assert_eq!(documents.len(), 1);
        let error = error.expect("an error");
        assert!(
            error.reason.starts_with("not valid YAML: ") && 3 <= error.line,
            "{error:?}"
        );
    }

    #[test]
    fn depth_at_its_boundary() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        // The scalar is a level of its own.
        assert_eq!(parse(&nested(MAX_DEPTH - 1)).1, None);
        let error = parse(&nested(MAX_DEPTH)).1.expect("an error");
        assert_eq!(error.reason, "nested deeper than 64");
        assert!(parse(&nested(100_000)).1.is_some());
        // Aliases add the depth of what they stand for.
        let half = MAX_DEPTH / 2 + 1;
        let text = format!(
            "a: &x {}\nb: {}*x{}\n",
            nested(half),
            "[".repeat(half),
            "]".repeat(half)
        );
        assert_eq!(parse(&text).1.expect("an error").reason, "nested deeper than 64");
    }

    #[test]
    fn expansion_is_bounded() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        let error = parse(&bomb).1.expect("an error");
        assert_eq!(error.reason, "more than 100000 values after aliases are expanded");
        let items = |count: usize| format!("[{}]", vec!["x"; count].join(", "));
        assert_eq!(parse(&items(MAX_NODES / 2 - 1)).1, None);
        assert!(parse(&items(MAX_NODES + 1)).1.is_some());
    }
}
