//! Ignore files of the scanned tree, and only of the tree: no parents above the root, no global rules.

use std::{path::Path, sync::Arc};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

use crate::discover::read;

/// Ignore files, the strongest first.
const IGNORE_NAMES: [&str; 3] = [".failmapignore", ".ignore", ".gitignore"];

/// The rules in force in one folder: its own files, then its parents'.
#[derive(Debug)]
pub(super) struct Rules {
    own: Vec<(&'static str, Gitignore)>,
    parent: Option<Arc<Self>>,
}

impl Rules {
    /// The rules of `folder`, which holds the ignore files among `names`. Broken lines are left out, as git does.
    pub(super) fn of_folder(folder: &Path, names: &[&str], parent: Option<Arc<Self>>) -> Option<Arc<Self>> {
        let own: Vec<_> = IGNORE_NAMES
            .into_iter()
            .filter(|name| names.contains(name))
            .filter_map(|name| {
                let text = read::small_text(&folder.join(name))?;
                Some((name, matcher(folder, &text)))
            })
            .collect();
        if own.is_empty() {
            parent
        } else {
            Some(Arc::new(Self { own, parent }))
        }
    }

    /// The name of the ignore file that excludes `path`, if one does.
    pub(super) fn excluding(&self, path: &Path, is_dir: bool) -> Option<&'static str> {
        let mut rules = Some(self);
        while let Some(layer) = rules {
            for (name, matcher) in &layer.own {
                match matcher.matched(path, is_dir) {
                    Match::Ignore(_) => return Some(name),
                    Match::Whitelist(_) => return None,
                    Match::None => {}
                }
            }
            rules = layer.parent.as_deref();
        }
        None
    }
}

fn matcher(folder: &Path, text: &str) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.lines() {
        // A broken pattern ignores nothing; its neighbours still hold.
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}
