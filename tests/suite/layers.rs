//! The floor plan as a test: which room may import which, and the budgets of files and functions.
//!
//! Works on tokens, so macro arguments and function bodies count too. Code under `#[cfg(test)]` is left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, Group, LineColumn, Spacing, TokenStream, TokenTree};

/// A room and the rooms it may import. A new row or a longer row is a change of its own, with a reason.
const FLOOR_PLAN: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("graph", &["model"]),
    ("catalog", &["model"]),
    ("config", &["model"]),
    ("terms", &["model"]),
    ("discover", &["model", "config"]),
    ("extract", &["model", "catalog"]),
    ("resolve", &["model", "catalog", "terms"]),
    ("link", &["model", "catalog", "graph", "terms"]),
    ("analyze", &["model", "catalog", "config", "graph", "terms"]),
    (
        "pipeline",
        &[
            "model", "graph", "catalog", "config", "terms", "discover", "extract", "resolve", "link", "analyze",
        ],
    ),
    ("gate", &["model", "config", "analyze"]),
    ("report", &["model", "catalog", "graph", "analyze", "gate"]),
    (
        "cli",
        &[
            "model", "graph", "catalog", "config", "terms", "discover", "extract", "resolve", "link", "analyze",
            "pipeline", "gate", "report",
        ],
    ),
];

/// Lines of a file, test modules left out.
const MAX_FILE_LINES: usize = 500;
/// Lines of a function, from `fn` to its closing brace.
/// Files past the budget, each to be split: written in one go with the engine that they belong to.
const LONG_FILES: &[&str] = &[];

const MAX_FUNCTION_LINES: usize = 100;
/// `path::function` with the reason why it may be longer.
const LONG_FUNCTIONS: &[(&str, &str)] = &[];

/// What the tests want to know of one source file.
struct Source {
    /// Relative to the package, forward slashes.
    file: String,
    text: String,
    /// Production tokens.
    tokens: Vec<TokenTree>,
    /// Lines under `#[cfg(test)]`.
    n_test_lines: usize,
    /// Modules under `#[cfg(test)]` that stand in files of their own.
    test_modules: Vec<String>,
}

impl Source {
    /// Whether `file` is, or lies below, a test module that this file declares.
    fn declares_as_test(&self, file: &str) -> bool {
        let stem = self.file.strip_suffix(".rs").unwrap_or(&self.file);
        let folder = stem
            .strip_suffix("/mod")
            .or_else(|| stem.strip_suffix("/lib"))
            .unwrap_or(stem);
        self.test_modules.iter().any(|module| {
            let rest = file.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            rest.is_some_and(|rest| rest == format!("{module}.rs") || rest.starts_with(&format!("{module}/")))
        })
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|suffix| suffix == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let all: Vec<Source> = files.iter().map(|path| source(root, path)).collect();
    let is_test: Vec<bool> = all
        .iter()
        .map(|source| all.iter().any(|other| other.declares_as_test(&source.file)))
        .collect();
    all.into_iter()
        .zip(is_test)
        .filter(|(_, is_test)| !is_test)
        .map(|(source, _)| source)
        .collect()
}

fn source(root: &Path, path: &PathBuf) -> Source {
    let text = fs::read_to_string(path).unwrap();
    let file = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
    parse(file, text)
}

fn parse(file: String, text: String) -> Source {
    let stream: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut tokens = Vec::new();
    let mut tests = Vec::new();
    without_tests(stream, &mut tokens, &mut tests);
    let n_test_lines = tests.iter().map(|test| test.n_lines).sum();
    let test_modules = tests.into_iter().filter_map(|test| test.module).collect();
    Source {
        file,
        text,
        tokens,
        n_test_lines,
        test_modules,
    }
}

/// An item under `#[cfg(test)]`.
struct TestItem {
    n_lines: usize,
    /// For `mod name;`.
    module: Option<String>,
}

/// Flatten `stream` to leaf tokens (a group becomes its opening marker, its content, its closing marker), without items under `#[cfg(test)]`.
fn without_tests(stream: TokenStream, out: &mut Vec<TokenTree>, tests: &mut Vec<TestItem>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut idx = 0;
    while idx < trees.len() {
        if is_cfg_test(&trees, idx) {
            let end = end_of_item(&trees, idx + 2);
            let first = trees[idx].span().start().line;
            let last = trees[end - 1].span().end().line;
            tests.push(TestItem {
                n_lines: last - first + 1,
                module: module_of_its_own(&trees[idx + 2..end]),
            });
            idx = end;
            continue;
        }
        match &trees[idx] {
            TokenTree::Group(group) => {
                out.push(TokenTree::Group(empty(group)));
                without_tests(group.stream(), out, tests);
                out.push(TokenTree::Punct(closing(group)));
            }
            leaf => out.push(leaf.clone()),
        }
        idx += 1;
    }
}

/// The group's opening: same delimiter and span, no content.
fn empty(group: &Group) -> Group {
    let mut empty = Group::new(group.delimiter(), TokenStream::new());
    empty.set_span(group.span());
    empty
}

/// A marker for a group's end: `$` stands nowhere else in a flattened stream but in macro definitions, and there it precedes a name.
fn closing(group: &Group) -> proc_macro2::Punct {
    let mut punct = proc_macro2::Punct::new('$', Spacing::Alone);
    punct.set_span(group.span_close());
    punct
}

/// The name in `mod name;`.
fn module_of_its_own(item: &[TokenTree]) -> Option<String> {
    let [.., keyword, TokenTree::Ident(name), TokenTree::Punct(_)] = item else {
        return None;
    };
    is_ident(keyword, "mod").then(|| name.to_string())
}

fn is_cfg_test(trees: &[TokenTree], idx: usize) -> bool {
    let (TokenTree::Punct(hash), Some(TokenTree::Group(group))) = (&trees[idx], trees.get(idx + 1)) else {
        return false;
    };
    hash.as_char() == '#'
        && group.delimiter() == Delimiter::Bracket
        && group.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// Position after the item that begins at `idx`: past its `;` or its brace group.
fn end_of_item(trees: &[TokenTree], mut idx: usize) -> usize {
    while idx < trees.len() {
        let is_end = match &trees[idx] {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            _ => false,
        };
        idx += 1;
        if is_end {
            break;
        }
    }
    idx
}

/// `src/link/names.rs` and `src/link.rs` belong to `link`; `lib.rs` and `main.rs` to no room.
fn room(file: &str) -> Option<&str> {
    let rest = file.strip_prefix("src/")?;
    let first = rest.split('/').next()?;
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (room != "lib" && room != "main").then_some(room)
}

/// The rooms named after `crate::`, also in `use crate::{a::B, c}`, with the line. In a room's root file `super::` is the same.
fn imported_rooms(source: &Source) -> BTreeMap<String, usize> {
    let tokens = &source.tokens;
    let is_root = source.file.matches('/').count() == 1
        || source.file.ends_with("/mod.rs") && source.file.matches('/').count() == 2;
    let mut rooms = BTreeMap::new();
    for (idx, token) in tokens.iter().enumerate() {
        let is_crate = is_ident(token, "crate") || is_root && is_ident(token, "super");
        if !is_crate || !is_colons(tokens, idx + 1) {
            continue;
        }
        match tokens.get(idx + 3) {
            Some(TokenTree::Ident(name)) => {
                rooms.insert(name.to_string(), name.span().start().line);
            }
            Some(TokenTree::Group(_)) => first_names(&tokens[idx + 4..], &mut rooms),
            _ => {}
        }
    }
    rooms
}

/// The first name of each element of a flattened `{a::B, c::{D, E}}`, up to its end.
fn first_names(tokens: &[TokenTree], rooms: &mut BTreeMap<String, usize>) {
    let mut depth = 0_usize;
    let mut at_start = true;
    for token in tokens {
        match token {
            TokenTree::Group(_) => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '$' => {
                if depth == 0 {
                    return;
                }
                depth -= 1;
            }
            TokenTree::Punct(punct) if punct.as_char() == ',' && depth == 0 => at_start = true,
            TokenTree::Ident(name) if at_start => {
                rooms.insert(name.to_string(), name.span().start().line);
                at_start = false;
            }
            _ => {}
        }
    }
}

fn is_ident(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if *ident == text)
}

fn is_colons(tokens: &[TokenTree], idx: usize) -> bool {
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    is_colon(tokens.get(idx)) && is_colon(tokens.get(idx + 1))
}

/// Each function with a body: name, first and last line.
fn functions(tokens: &[TokenTree]) -> Vec<(String, usize, usize)> {
    let mut functions = Vec::new();
    for (idx, token) in tokens.iter().enumerate() {
        let Some(TokenTree::Ident(name)) = tokens.get(idx + 1) else {
            continue;
        };
        if !is_ident(token, "fn") {
            continue;
        }
        if let Some(end) = end_of_body(&tokens[idx + 2..]) {
            functions.push((name.to_string(), token.span().start().line, end.line));
        }
    }
    functions
}

/// Where the first brace group at this depth ends; `None` when a `;` or the surrounding group's end comes first.
fn end_of_body(tokens: &[TokenTree]) -> Option<LineColumn> {
    let mut depth = 0_usize;
    for token in tokens {
        match token {
            TokenTree::Group(group) if depth == 0 && group.delimiter() == Delimiter::Brace => {
                return Some(group.span().end());
            }
            TokenTree::Group(_) => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '$' => depth = depth.checked_sub(1)?,
            TokenTree::Punct(punct) if punct.as_char() == ';' && depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[track_caller]
fn assert_none(problems: &[String], rule: &str) {
    assert!(problems.is_empty(), "{rule}\n  {}", problems.join("\n  "));
}

#[test]
fn rooms_import_only_what_the_floor_plan_lists() {
    let plan: BTreeMap<&str, &[&str]> = FLOOR_PLAN.iter().copied().collect();
    let mut problems = Vec::new();
    for source in sources() {
        let Some(room) = room(&source.file) else { continue };
        let Some(allowed) = plan.get(room) else {
            problems.push(format!("{}: room `{room}` has no row", source.file));
            continue;
        };
        for (name, line) in imported_rooms(&source) {
            if name != room && plan.contains_key(name.as_str()) && !allowed.contains(&name.as_str()) {
                problems.push(format!("{}:{line}: `{room}` imports `{name}`", source.file));
            }
        }
    }
    assert_none(&problems, "the floor plan (ARCHITECTURE.md) forbids:");
}

#[test]
fn the_floor_plan_has_no_cycle() {
    let mut seen = BTreeSet::new();
    for (room, allowed) in FLOOR_PLAN {
        for name in *allowed {
            assert!(
                seen.contains(name),
                "`{room}` may import `{name}`, which stands above it"
            );
        }
        assert!(seen.insert(room), "`{room}` has two rows");
    }
}

#[test]
fn paths_climb_one_module_at_most() {
    let mut problems = Vec::new();
    for source in sources() {
        for (idx, token) in source.tokens.iter().enumerate() {
            let climbs = is_ident(token, "super")
                && is_colons(&source.tokens, idx + 1)
                && source.tokens.get(idx + 3).is_some_and(|next| is_ident(next, "super"));
            if climbs {
                problems.push(format!("{}:{}", source.file, token.span().start().line));
            }
        }
    }
    assert_none(&problems, "write `crate::room::…`, not `super::super::…`:");
}

#[test]
fn files_stay_under_their_budget() {
    let problems: Vec<String> = sources()
        .iter()
        .filter_map(|source| {
            let n_lines = source.text.lines().count() - source.n_test_lines;
            let is_listed = LONG_FILES.contains(&source.file.as_str());
            (MAX_FILE_LINES < n_lines && !is_listed).then(|| format!("{}: {n_lines} lines", source.file))
        })
        .collect();
    assert_none(&problems, "files over 500 lines, test modules left out:");
}

#[test]
fn functions_stay_under_their_budget() {
    let mut problems = Vec::new();
    for source in sources() {
        for (name, first, last) in functions(&source.tokens) {
            let n_lines = last - first + 1;
            let key = format!("{}::{name}", source.file);
            if MAX_FUNCTION_LINES < n_lines && !LONG_FUNCTIONS.iter().any(|(listed, _)| *listed == key) {
                problems.push(format!("{key}: {n_lines} lines (line {first})"));
            }
        }
    }
    assert_none(&problems, "functions over 100 lines:");
}

#[test]
fn modules_open_with_their_purpose() {
    let problems: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.text.trim_start().starts_with("//!"))
        .map(|source| source.file)
        .collect();
    assert_none(&problems, "modules without `//!`:");
}

#[test]
fn the_reader_of_tokens_sees_what_it_should() {
    let text = r"
        use crate::{model::file::A, graph::{B, model2::C}, terms};
        fn one() -> Result<[u8; 3], ()> { crate::cli::run(); fn inner() {} }
        trait T { fn declared(&self); }
        #[cfg(test)]
        mod tests { use crate::report::X; }
        #[cfg(test)]
        pub(crate) mod dump;
    ";
    let source = parse("src/link/x.rs".to_owned(), text.to_owned());
    let rooms: Vec<String> = imported_rooms(&source).into_keys().collect();
    assert_eq!(rooms, ["cli", "graph", "model", "terms"]);
    let names: Vec<String> = functions(&source.tokens).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["one", "inner"]);
    assert_eq!(source.n_test_lines, 4);
    assert!(source.declares_as_test("src/link/x/dump.rs") && source.declares_as_test("src/link/x/dump/a.rs"));
    assert!(!source.declares_as_test("src/link/dump.rs") && !source.declares_as_test("src/link/x/dumper.rs"));
    assert_eq!(room(&source.file), Some("link"));
    assert_eq!(room("src/pipeline.rs"), Some("pipeline"));
    assert_eq!(room("src/lib.rs"), None);
}
