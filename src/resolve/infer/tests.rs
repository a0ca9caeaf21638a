//! Who calls whom: text in, edges out.

use crate::{
    catalog::compile::Catalog,
    extract::{SourceInput, extract},
    model::{
        Name,
        expr::ExprKind,
        fact::{FileRole, Language},
        location::Location,
        package::{Ecosystem, Package, Target, TargetKind},
    },
    resolve::{bodies::Bodies, symbols::World},
};

use super::Callee;

/// The bound calls of a crate, `caller -> callee`, the crate's name left out; several targets of a trait joined by `|`.
fn edges(text: &str) -> Vec<String> {
    let (root, path) = (Name::new("repo"), Name::new("src/lib.rs"));
    let facts = extract(&SourceInput {
        root: root.clone(),
        file: path.to_string().into(),
        language: Language::Rust,
        role: FileRole::Source,
        text,
    });
    let package = Package {
        ecosystem: Ecosystem::Cargo,
        root: root.clone(),
        name: Name::new("app"),
        version: None,
        dir: String::new().into(),
        manifest: Location {
            root,
            file: "Cargo.toml".to_owned().into(),
            line: 1,
            column: 1,
        },
        targets: vec![Target {
            kind: TargetKind::Library,
            name: Name::new("app"),
            path: path.to_string().into(),
        }],
        dependencies: Vec::new(),
        is_third_party: false,
        default_features: Vec::new(),
    };
    let catalog = Catalog::builtin();
    let (packages, files) = ([package], [facts]);
    let world = World::build(&packages, &files, &catalog);
    let bodies = Bodies::build(&world);
    let short = |path: &str| path.strip_prefix("app::").unwrap_or(path).to_owned();
    let mut edges = Vec::new();
    for (function, own) in world.functions.iter().zip(&bodies.functions) {
        let Some(body) = &function.def.body else { continue };
        for (id, callee) in &own.typed.callees {
            let name = match &body.get(*id).kind {
                ExprKind::Method { method, .. } => method.as_str(),
                _ => "",
            };
            let to = match callee {
                Callee::Own { ids, .. } => {
                    let paths: Vec<String> = ids.iter().map(|id| short(&world.function(*id).path)).collect();
                    paths.join(" | ")
                }
                Callee::Unresolved(_) => format!("? {name}"),
                _ => continue,
            };
            edges.push(format!("{} -> {to}", short(&function.path)));
        }
    }
    edges
}

/// `caller` calls `callee`, and nothing in it is left open.
#[track_caller]
fn check(text: &str, caller: &str, callee: &str) {
    let edges = edges(text);
    let of_caller: Vec<&String> = edges
        .iter()
        .filter(|edge| edge.starts_with(&format!("{caller} ->")))
        .collect();
    assert!(
        of_caller.iter().any(|edge| **edge == format!("{caller} -> {callee}")),
        "{caller} does not call {callee}: {edges:#?}"
    );
    assert!(
        !of_caller.iter().any(|edge| edge.contains("-> ?")),
        "open calls: {edges:#?}"
    );
}

const ROW: &str = "pub struct Row; impl Row { pub fn go(&self) {} } ";

#[test]
fn a_default_is_typed_by_where_it_stands() {
    check(
        "#[allow(unused)] struct Config; impl Default for Config { fn default() -> Self { Config } }
         fn make() { let c: Config = Default::default(); }",
        "make",
        "Config::default",
    );
}

#[test]
fn a_closure_takes_what_its_bound_says() {
    let text = "use std::{future::Future, sync::Arc};
        pub async fn with<F, Fut>(f: F) where F: FnOnce(Arc<Row>) -> Fut, Fut: Future<Output = ()> {}
        pub async fn caller() { with(|row| async move { row.go() }).await }";
    check(&format!("{ROW}{text}"), "caller", "Row::go");
    let text = "pub fn each(f: impl Fn(&Row) -> bool) {} pub fn caller() { each(|row| { row.go(); true }) }";
    check(&format!("{ROW}{text}"), "caller", "Row::go");
}

#[test]
fn a_value_that_is_returned_early_is_wanted_as_the_result() {
    let text =
        "pub struct Fault; pub enum Kind { Gone } impl From<Kind> for Fault { fn from(k: Kind) -> Self { Fault } }
        pub fn caller(x: bool) -> Result<(), Fault> { if x { return Err(Kind::Gone.into()); } Ok(()) }";
    check(text, "caller", "Fault::from");
}

#[test]
fn constants_of_an_impl_have_their_type() {
    let text = "pub struct Own; impl Own { const FIRST: Row = Row; pub fn caller(&self) { Self::FIRST.go() } }
        pub fn other() { Own::FIRST.go() }";
    check(&format!("{ROW}{text}"), "Own::caller", "Row::go");
    check(&format!("{ROW}{text}"), "other", "Row::go");
}

#[test]
fn associated_types_follow_the_implementation() {
    let text = "pub trait Store { type Item; fn get(&self) -> Self::Item; }
        pub struct Db; impl Store for Db { type Item = Row; fn get(&self) -> Row { Row } }
        pub struct Mem; impl Store for Mem { type Item = Db; fn get(&self) -> Db { Db } }
        pub fn first<S: Store>(store: &S) -> S::Item { store.get() }
        pub fn caller() { first(&Db).go() }";
    check(&format!("{ROW}{text}"), "caller", "Row::go");
}

#[test]
fn associated_types_can_do_what_their_bound_says() {
    let text = "pub trait Act { fn act(&self); } impl Act for Row { fn act(&self) {} }
        pub trait Store { type Item: Act; fn get(&self) -> Self::Item; }
        pub struct Db; impl Store for Db { type Item = Row; fn get(&self) -> Row { Row } }
        pub struct Mem; impl Store for Mem { type Item = Row; fn get(&self) -> Row { Row } }
        pub fn caller<S: Store>(store: &S) { store.get().act() }";
    check(&format!("{ROW}{text}"), "caller", "Row::act");
}

#[test]
fn a_loop_gives_what_breaks_give() {
    let text = "pub fn caller() { let row = loop { if true { break Row; } }; row.go() }";
    check(&format!("{ROW}{text}"), "caller", "Row::go");
}

#[test]
fn a_type_of_ours_is_iterated_by_its_implementation() {
    let text = "pub struct Rows; impl Iterator for Rows { type Item = Row; fn next(&mut self) -> Option<Row> { None } }
        pub fn caller(rows: Rows) { for row in rows { row.go() } }
        pub fn mapped(rows: Rows) { rows.for_each(|row| row.go()) }
        pub fn bound<I: Iterator<Item = Row>>(rows: I) { rows.for_each(|row| row.go()) }";
    for caller in ["caller", "mapped", "bound"] {
        check(&format!("{ROW}{text}"), caller, "Row::go");
    }
}

#[test]
fn what_a_conversion_gives_is_known_by_its_bound() {
    let text = "pub fn named(x: impl Into<Row>) { x.into().go() }
        pub fn bound<T: Into<Row>>(x: T) { x.into().go() }
        pub fn seen<T: AsRef<Row>>(x: T) { x.as_ref().go() }";
    for caller in ["named", "bound", "seen"] {
        check(&format!("{ROW}{text}"), caller, "Row::go");
    }
}

#[test]
fn an_empty_container_holds_what_is_put_into_it() {
    let text = "pub fn pushed() { let mut v = Vec::new(); v.push(Row); for row in v { row.go() } }
        pub fn mapped() { let mut m = std::collections::HashMap::new(); m.insert(1, Row); m.get(&1).unwrap().go() }";
    check(&format!("{ROW}{text}"), "pushed", "Row::go");
    check(&format!("{ROW}{text}"), "mapped", "Row::go");
}

#[test]
fn of_several_conversions_the_one_that_takes_the_argument_is_called() {
    let text = "pub struct A; pub struct B; pub struct C; mod a { impl From<super::A> for super::C { fn from(a: super::A) -> Self { super::C } } }
        mod b { impl From<super::B> for super::C { fn from(b: super::B) -> Self { super::C } } }
        pub fn caller() { C::from(B); }";
    check(text, "caller", "b::C::from");
}

#[test]
fn nested_conversions_cost_no_more_for_each_level() {
    let depth = 60;
    let text = format!(
        "pub struct C; impl From<u8> for C {{ fn from(x: u8) -> Self {{ C }} }} impl From<C> for u8 {{ fn from(x: C) -> u8 {{ 1 }} }}
         impl From<String> for C {{ fn from(x: String) -> Self {{ C }} }}
         pub fn caller(x: String) {{ {}x{}; }}",
        "C::from(".repeat(depth),
        ")".repeat(depth)
    );
    assert!(edges(&text).len() >= depth);
}

#[test]
fn a_trait_object_is_typed_by_the_declaration() {
    let text = "pub trait Source { fn row(&self) -> Box<dyn Act>; } pub trait Act { fn act(&self); } impl Act for Row { fn act(&self) {} }
        pub struct A; impl Source for A { fn row(&self) -> Box<dyn Act> { Box::new(Row) } }
        pub struct B; impl Source for B { fn row(&self) -> Box<dyn Act> { Box::new(Row) } }
        pub fn caller(source: std::sync::Arc<dyn Source>) { source.row().act() }";
    check(&format!("{ROW}{text}"), "caller", "A::row | B::row");
    check(&format!("{ROW}{text}"), "caller", "Row::act");
}

#[test]
fn extension_traits_of_plain_values_are_seen() {
    let text = "pub trait Ext { fn twice(&self) -> Row; } impl Ext for u64 { fn twice(&self) -> Row { Row } }
        pub trait Text { fn row(&self) -> Row; } impl Text for str { fn row(&self) -> Row { Row } }
        pub fn number(x: u64) { x.twice().go() } pub fn text(x: &str) { x.row().go() } pub fn owned(x: String) { x.row().go() }";
    for caller in ["number", "text", "owned"] {
        check(&format!("{ROW}{text}"), caller, "Row::go");
    }
}

#[test]
fn std_containers_give_what_they_hold() {
    let text = "use std::collections::BTreeMap;
        pub fn ranged(rows: BTreeMap<u8, Row>) { for (_, row) in rows.range(1..) { row.go() } }
        pub fn started(rows: std::ops::Range<Row>) { rows.start.go() }
        pub fn listed(a: Row, b: Row) { for row in [a, b] { row.go() } }
        impl std::str::FromStr for Row { type Err = (); fn from_str(s: &str) -> Result<Self, ()> { Ok(Row) } }
        pub fn parsed(x: &str) -> Result<(), ()> { x.trim().parse::<Row>()?.go(); Ok(()) }";
    for caller in ["ranged", "started", "listed", "parsed"] {
        check(&format!("{ROW}{text}"), caller, "Row::go");
    }
}

#[test]
fn a_trait_of_ours_for_a_std_type_stands_before_other_traits() {
    let text = "pub trait Traced { fn context(self) -> Self; } impl<T, E> Traced for Result<T, E> { fn context(self) -> Self { self } }
        pub fn caller(x: Result<Row, ()>) { x.context().unwrap().go() }";
    check(&format!("{ROW}{text}"), "caller", "Result::context");
    check(&format!("{ROW}{text}"), "caller", "Row::go");
}

#[test]
fn weak_pointers_and_threads_give_what_they_hold() {
    let text = "use std::sync::{Arc, Weak};
        pub fn upgraded(x: Weak<Row>) { x.upgrade().unwrap().go() }
        pub fn downgraded(x: Arc<Row>) { let weak = Arc::downgrade(&x); weak.upgrade().unwrap().go() }
        pub fn walked(x: std::vec::IntoIter<Row>) { for row in x { row.go() } }";
    for caller in ["upgraded", "downgraded", "walked"] {
        check(&format!("{ROW}{text}"), caller, "Row::go");
    }
}

#[test]
fn of_two_traits_with_such_a_method_the_one_in_scope_is_called() {
    let text = "use std::fmt::{Display, Formatter, Result};
        impl Display for Row { fn fmt(&self, f: &mut Formatter<'_>) -> Result { Ok(()) } }
        mod debug { impl std::fmt::Debug for super::Row { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } } }
        pub fn caller(row: Row, f: &mut Formatter<'_>) -> Result { row.fmt(f) }";
    check(&format!("{ROW}{text}"), "caller", "Row::fmt");
}
