//! Small pieces of markup that many sections share: links to components, places, paths, commands.

use askama::{Template, filters::HtmlSafe};

use crate::model::location::{Evidence, Location};

use super::clean::{clean, shell_word};

/// Longest path printed; a longer one keeps its ends.
const MAX_HOPS: usize = 14;

/// A component, with a link to its sheet where the page has one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Template)]
#[template(
    source = r##"{% if let Some(anchor) = anchor %}<a class="n" href="#{{ anchor }}">{{ name }}</a>{% else %}<span class="n">{{ name }}</span>{% endif %} <small>{{ kind }}</small>"##,
    ext = "html"
)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) anchor: Option<String>,
}

impl HtmlSafe for Node {}

/// `file:line`, with its root in systems of several roots.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Template)]
#[template(source = r#"<code class="p">{{ text }}</code>"#, ext = "html")]
pub(super) struct Place {
    pub(super) text: String,
}

impl HtmlSafe for Place {}

impl Place {
    pub(super) fn new(at: &Location, with_root: bool) -> Self {
        let root = if with_root || at.is_third_party() {
            format!("{} ", at.root)
        } else {
            String::new()
        };
        let line = if at.line == 0 {
            String::new()
        } else {
            format!(":{}", at.line)
        };
        // The line stays outside the cleaned text: a long path must not cut it off.
        Self {
            text: format!("{}{line}", clean(&format!("{root}{}", at.file))),
        }
    }
}

/// One hop of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) place: Place,
    pub(super) function: String,
    pub(super) reason: String,
}

/// A path, from the entry to the call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(
    source = r#"<ol class="path">{% for hop in head %}<li>{{ hop.place }}{% if !hop.function.is_empty() %} <b>{{ hop.function }}</b>{% endif %} {{ hop.reason }}</li>{% endfor %}{% if 0 < skipped %}<li class="cut">{{ skipped }} more hops in report.json</li>{% endif %}{% for hop in tail %}<li>{{ hop.place }}{% if !hop.function.is_empty() %} <b>{{ hop.function }}</b>{% endif %} {{ hop.reason }}</li>{% endfor %}</ol>"#,
    ext = "html"
)]
pub(super) struct Path {
    pub(super) head: Vec<Hop>,
    pub(super) skipped: usize,
    pub(super) tail: Vec<Hop>,
}

impl HtmlSafe for Path {}

impl Path {
    pub(super) fn new(path: &[Evidence], with_root: bool) -> Self {
        let hop = |it: &Evidence| Hop {
            place: Place::new(&it.at, with_root),
            function: it.function.as_deref().map(clean).unwrap_or_default(),
            reason: clean(&it.reason),
        };
        if path.len() <= MAX_HOPS {
            return Self {
                head: path.iter().map(hop).collect(),
                skipped: 0,
                tail: Vec::new(),
            };
        }
        let half = MAX_HOPS / 2;
        Self {
            head: path[..half].iter().map(hop).collect(),
            skipped: path.len() - MAX_HOPS,
            tail: path[path.len() - half..].iter().map(hop).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.head.is_empty()
    }
}

/// A command line that the reader may copy.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(source = r#"<code class="cmd">{{ text }}</code>"#, ext = "html")]
pub(super) struct Command {
    text: String,
}

impl HtmlSafe for Command {}

impl Command {
    /// `failmap VERB ARGUMENT…`, each argument one shell word.
    pub(super) fn new(verb: &str, arguments: &[&str]) -> Self {
        let mut text = format!("failmap {verb}");
        for argument in arguments {
            text.push(' ');
            text.push_str(&shell_word(argument));
        }
        Self { text }
    }
}

/// The first items of a list and how many were cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Capped<T> {
    pub(super) items: Vec<T>,
    pub(super) n_more: usize,
}

impl<T> Capped<T> {
    /// At most `limit` of the items.
    pub(super) fn new(items: impl IntoIterator<Item = T>, limit: usize) -> Self {
        let mut items = items.into_iter();
        let kept = items.by_ref().take(limit).collect();
        Self {
            items: kept,
            n_more: items.count(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(line: u32) -> Evidence {
        let at = Location {
            root: "shop".into(),
            file: "a.rs".into(),
            line,
            column: 1,
        };
        Evidence {
            at,
            reason: "calls <b>".to_owned(),
            function: Some("f".into()),
        }
    }

    #[test]
    fn long_paths_keep_their_ends() {
        let all: Vec<_> = (1..=20).map(evidence).collect();
        let path = Path::new(&all, false);
        assert_eq!((path.head.len(), path.skipped, path.tail.len()), (7, 6, 7));
        assert_eq!(path.tail[6].place.text, "a.rs:20");
        assert_eq!(Path::new(&all[..MAX_HOPS], false).skipped, 0);
    }

    #[test]
    fn pieces_escape_their_texts() {
        let path = Path::new(&[evidence(1)], true).to_string();
        assert!(
            path.contains("shop a.rs:1") && path.contains("calls &#60;b&#62;"),
            "{path}"
        );
    }

    #[test]
    fn a_list_at_its_limit_is_not_cut() {
        assert_eq!(
            Capped::new(0..3, 3),
            Capped {
                items: vec![0, 1, 2],
                n_more: 0
            }
        );
        assert_eq!(
            Capped::new(0..5, 3),
            Capped {
                items: vec![0, 1, 2],
                n_more: 2
            }
        );
    }
}
