//! Rust in, facts as text out.

use std::sync::Arc;

use crate::extract::{SourceInput, dump, extract};
use crate::model::{
    Name,
    expr::{Body, ExprKind},
    fact::{FileFacts, FileRole, Language},
};

fn read(text: &str) -> FileFacts {
    extract(&SourceInput {
        root: Name::new("shop"),
        file: Arc::from("src/lib.rs"),
        language: Language::Rust,
        role: FileRole::Source,
        text,
    })
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let lines = dump::facts(&read(text));
    assert_eq!(lines.join("\n"), expected.join("\n"));
}

/// The body of a function with those statements.
#[track_caller]
fn check_body(text: &str, expected: &str) {
    let lines = dump::facts(&read(&format!("fn f() {{ {text} }}")));
    assert_eq!(lines.join("\n"), format!("fn f() {{{expected}}}"));
}

fn body(facts: &FileFacts) -> &Body {
    facts
        .functions
        .iter()
        .find_map(|it| it.body.as_ref())
        .expect("the test has a function with a body")
}

#[test]
fn modules_and_imports() {
    check(
        "pub mod a; #[path = \"x/y.rs\"] mod b; mod c { mod d { use super::e; } }
         use a::{self, b as c, d::*, e::{self as f}}; pub use ::g::Trait as _; extern crate h as i; use j;",
        &[
            "mod file a #pub",
            "mod file b path=x/y.rs",
            "mod c",
            "mod [c] d",
            "use [c::d] super::e as e",
            "use a as a",
            "use a::b as c",
            "use a::d *",
            "use a::e as f",
            "use g::Trait as _ #pub",
            "use h as i",
            "use j as j",
        ],
    );
}

#[test]
fn types_and_attributes() {
    check(
        "/// Doc.
         #[derive(Clone, serde::Deserialize)] #[serde(rename_all = \"camelCase\", bound(serialize = \"\"))]
         pub struct A<'a, T: X + ?Sized + 'a> where T: Fn(u8) -> Result<B, C>, T::Item: Y {
             #[arg(env = \"URL\", default_value = \"x\", long, default_value_t = 30)] pub url: &'a str,
             b: Option<Arc<dyn Z + Send>>,
         }
         struct B(u8, #[serde(default)] Vec<[u8; 4]>); struct C;
         enum D { E, F(u8), #[serde(other)] G { h: (u8, !) } }
         type H = <T as I>::J; union U { a: u8 }
         pub trait K: L + M<N = u8> { type O: P; type Q; fn r(&self) -> impl Future<Output = ()>; fn s(self: Arc<Self>) { 1 } const T: u8 = 2; }",
        &[
            "#[serde rename_all = \"camelCase\", bound.serialize = \"\"] struct A<T: X + fn(u8) -> Result<B, C>, T::Item: Y> \
             { #[arg env = \"URL\", default_value = \"x\", long, default_value_t = 30] url: str, b: Option<Arc<dyn Z + Send>> \
             derive Clone,Deserialize #pub",
            "struct B { 0: u8, #[serde default] 1: Vec<[u8]>",
            "struct C",
            "enum D = E | F 0: u8 | #[serde other] G h: (u8, !)",
            "alias H = <T as I>::J",
            "struct U { a: u8",
            "trait K : L + M<N = u8> type O = impl P, Q #pub",
            "fn type#6 r(self: Self) -> impl Future<Output = ()> #self#pub",
            "fn type#6 s(self: Arc<Self>) #self#pub {1}",
            "const type#6 T: u8 = 2",
        ],
    );
}

#[test]
fn impls_functions_and_constants() {
    check(
        "impl<T> A<T> { const B: u8 = 1; pub async fn c(&mut self, (d, e): (u8, T), f: impl Fn(u8) -> u8) {} }
         impl E for A<u8> { type F = G; fn h() where Self: Sized {} } impl I for A<u8> {}
         pub static S: &[Duration] = &[Duration::from_secs(1)]; const fn k<F>(f: F) where F: FnOnce() -> L {}
         extern \"C\" { fn m(n: *const u8); }",
        &[
            "impl<T> A<T>",
            "impl E for A<u8> type F = G",
            "impl I for A<u8>",
            "fn impl#0 c(self: Self, (d, e): (u8, T), f: impl fn(u8) -> u8) #async#self#pub {}",
            "fn impl#1 h<Self: Sized>() {}",
            "fn k<F: fn() -> L>(f: F) {}",
            "fn m(n: u8)",
            "const impl#0 B: u8 = 1",
            "static S: [Duration] = [Duration::from_secs(1)]",
        ],
    );
}

#[test]
fn test_code_is_marked_and_kept() {
    check(
        "#[cfg(test)] mod tests { use super::*; mod inner { fn a() {} } struct B; impl B { fn c() {} } const D: u8 = 1; }
         #[tokio::test] async fn e() {} #[cfg(any(test, feature = \"test-utils\"))] fn f() {}
         #[cfg(all(unix, test))] fn g() {} #[cfg(not(test))] fn h() {} #[cfg(any(test, unix))] fn i() {}
         #[cfg(feature = \"testing\")] impl B { fn j() {} } #[cfg(feature = \"full\")] fn k() {} #[cfg_attr(test, derive(X))] struct L;
         fn m() { #[cfg(test)] a(); #[cfg(not(test))] b(); #[cfg(test)] let c = 1; }",
        &[
            "mod tests #test",
            "mod [tests] inner #test",
            "use [tests] super * #test",
            "struct [tests] B #test",
            "struct L",
            "impl [tests] B #test",
            "impl B #test",
            "fn [tests::inner] a() #test {}",
            "fn impl#0 [tests] c() #test {}",
            "#[tokio::test] fn e() #async#test {}",
            "#[cfg any.test, any.feature = \"test-utils\"] fn f() #test {}",
            "#[cfg all.unix, all.test] fn g() #test {}",
            "#[cfg not.test] fn h() {}",
            "#[cfg any.test, any.unix] fn i() {}",
            "fn impl#1 j() #test {}",
            "#[cfg feature = \"full\"] fn k() {}",
            "fn m() {b();}",
            "const [tests] D: u8 = 1 #test",
        ],
    );
}

#[test]
fn nested_items_get_the_function_as_scope() {
    check(
        "fn a() { use b::C; struct D; fn e() { const F: u8 = 1; } e(); }",
        &[
            "use [a] b::C as C",
            "struct [a] D",
            "fn [a] e() {}",
            "fn a() {e();}",
            "const [a::e] F: u8 = 1",
        ],
    );
}

#[test]
fn transparent_syntax_vanishes() {
    check_body("&mut (*(x as &T)); unsafe { y }; const { z }", "x; {y}; {z}");
    check_body(
        "async move { a.await? }; async |b: B| -> C { d }",
        "async {a.await?}; async |b: B| -> C {d}",
    );
}

#[test]
fn expressions() {
    check_body(
        "self.a.0[1..=n].b::<C>(d, |e| e + 1)",
        "self.a.0[1..=n].b<C>(d, |e| (e + 1))",
    );
    check_body(
        "A::<B>::new(); <T as X>::f(1); (g.h)(i)",
        "A::new<B>(); <T>X::f(1); g.h(i)",
    );
    check_body(
        "S { a, b: 1, ..Default::default() }",
        "S{a: a, b: 1, ..Default::default()}",
    );
    check_body(
        "x = 1; y += 2; z <<= 3; !a && -b <= c",
        "x = 1; y += 2; z <<= 3; (!a && (-b <= c))",
    );
    check_body(
        "(1, 2); [3, 4]; [5; 6]; (); ..; ..7",
        "[1, 2]; [3, 4]; [5]; (); ..; ..7",
    );
    check_body(
        "0xffu8; 1_000i64; u64::MAX; 18446744073709551615; 1.5e3; \"a\\n\"; r#\"b\"#; b\"c\"; 'd'; true",
        "255; 1000; u64::MAX; 9223372036854775807; 1500.0; \"a\\n\"; \"b\"; '?'; '?'; true",
    );
}

#[test]
fn control_flow() {
    check_body(
        "if let Some(x) = a && b { c } else if d { e } else { f };",
        "if (let Some(x) = a && b) {c} else if d {e} else {f};",
    );
    check_body(
        "let Ok(x): R = y else { return Err(z) };",
        "let Ok(x): R = y else {return Err(z)};",
    );
    check_body(
        "'o: loop { while let Some(x) = y.next() { break 'o; } for (i, z) in w { continue 'o } break 1 }",
        "'o: loop {while let Some(x) = y.next() {break 'o;}; for (i, z) in w {continue 'o}; break 1}",
    );
    check_body(
        "match a { Ok(b) if c => d, Err(E::F { g, h: 1, .. }) | Err(E::I) => {} None => j?, k @ 1..=9 => k, [l, ..] => l, \"m\" => n, &ref o => o }",
        "match a {Ok(b) if c => d, Err(E::F{g: g, h: 1}) | Err(=E::I) => {}, =None => j?, k @ ? => k, [l, ?] => l, \"m\" => n, o => o}",
    );
}

#[test]
fn templates() {
    check_body(
        "format!(\"{host}/v1/{}?q={0}&{x}\", id, x = y.z())",
        "t\"{host}/v1/{id}?q={id}&{y.z()}\"",
    );
    check_body(
        "format!(\"a{{b}}\"); concat!(\"a\", 1, env!(\"B\"))",
        "\"a{b}\"; t\"a1{env!(\"B\")}\"",
    );
    check_body("format!(\"{0}{0}\", f(x))", "t\"{f(x)}{opaque }\"");
}

#[test]
fn messages() {
    check_body(
        "tracing::error!(target: \"t\", user.id = %u.id, error = ?e, %f, \"failed {g} {}\", h);",
        "tracing::error!(target = \"t\", user.id = u.id, error = e, f, t\"failed {g} \", h);",
    );
    check_body(
        "info!(key = 1; \"m\"); bail!(\"no {x}\"); assert_eq!(a, b.c(), \"m\"); println!()",
        "info!(key = 1, \"m\"); bail!(t\"no {x}\"); assert_eq!(a, b.c(), \"m\"); println!()",
    );
    check_body("write!(f, \"{}\", self.0)?", "write!(f, \"{}\", self.0)?");
}

#[test]
fn known_macros() {
    check_body(
        "vec![a, b]; vec![c; 3]; vec![]; matches!(d, Some(_) | None)",
        "[a, b]; [c]; []; matches!(d)",
    );
    check_body(
        "tokio::select! { biased; _ = a.recv() => {} Some(b) = c, if d => e, r = &mut f => { g } else => h, }",
        "select {_ = a.recv() => {}, Some(b) = c if d => e, r = f => {g}, _ => h}",
    );
    check_body("tokio::join!(a, b()); try_join!(c,)", "join(a, b()); join(c)");
    check_body(
        "sqlx::query!(\"select {x}\", a.b, c as _)",
        "sqlx::query!(t\"select {x}\", a.b, c)",
    );
    check_body(
        "json!({ \"a\": b.c(), \"d\": [null, 1], e: { } })",
        "json!({a: b.c(), d: [null, 1], e: {}})",
    );
    check_body(
        "try_stream! { let a = b.await?; yield a; }",
        "try_stream!(async {let a = b.await?; yield!(a);})",
    );
    check_body("own! { let a = b(); a.c() }", "own!({let a = b(); a.c()})");
    check_body("btreemap! { a => b.c(), d => e }", "btreemap!(a, b.c(), d, e)");
    check_body("own!(fn a); quote! { a.b() }", "opaque own; opaque quote");
}

#[test]
fn item_macros() {
    check(
        "lazy_static! { static ref A: B = b(); } thread_local!(pub static C: D = const { d() });
         macro_rules! e { () => {} } cfg_if! { if #[cfg(test)] { fn f() {} } else if #[cfg(unix)] { fn g() {} } else { fn h() {} } }
         cfg_rt! { fn i() {} } cfg_select! { test => { fn m() {} } unix => { fn n() {} } _ => { fn o() {} } }
         define_x!(a, b); fn j() { thread_local! { static K: L = l() } }",
        &[
            "fn f() #test {}",
            "fn g() {}",
            "fn h() {}",
            "fn i() {}",
            "fn m() #test {}",
            "fn n() {}",
            "fn o() {}",
            "fn j() {}",
            "static A: B = b()",
            "static C: D = {d()}",
            "static [j] K: L = l()",
            "macro e",
            "problem opaque-syntax 4:10: what the macro define_x! declares is not read",
        ],
    );
}

#[test]
fn spans_name_the_operation() {
    let facts =
        read("fn f() {\n    a\n        .b(\n            c,\n        )\n        .d();\n    x::y::z(\n    );\n}\n");
    let spans: Vec<String> = body(&facts)
        .exprs
        .iter()
        .filter(|expr| matches!(expr.kind, ExprKind::Method { .. } | ExprKind::Call { .. }))
        .map(|expr| {
            format!(
                "{}:{} {}-{}",
                expr.span.line, expr.span.column, expr.span.start, expr.span.end
            )
        })
        .collect();
    assert_eq!(spans, ["3:10 2-5", "6:10 2-6", "7:11 7-8"]);
    let function = facts.functions[0].span;
    assert_eq!(
        (function.line, function.column, function.end, facts.n_lines),
        (1, 4, 9, 9)
    );
}

#[test]
fn line_ends_and_marks_change_nothing_but_places() {
    check("\u{feff}fn a() {}\r\nfn b() {}\r\n", &["fn a() {}", "fn b() {}"]);
    let facts = read("#!/usr/bin/env run\nfn a() {}\n");
    assert_eq!(facts.functions[0].span.line, 2);
}

#[test]
fn broken_files_are_problems() {
    let facts = read("fn a() {\n    let = ;\n}");
    let lines = dump::facts(&facts);
    assert!(facts.functions.is_empty());
    assert!(
        lines[0].starts_with("problem unparsable 2:9: not valid Rust"),
        "{lines:?}"
    );
    let deep = format!("fn a() {{ {} }}", "(".repeat(5_000));
    check(
        &deep,
        &["problem over-limit 1:0: brackets are nested more than 256 deep"],
    );
}

#[test]
fn unread_languages_are_problems() {
    let text = "package main";
    let (root, file) = (Name::new("shop"), Arc::from("main.go"));
    let facts = extract(&SourceInput {
        root,
        file,
        language: Language::Go,
        role: FileRole::Source,
        text,
    });
    assert_eq!(
        dump::facts(&facts),
        ["problem language-not-read 0:0: go is not read yet"]
    );
}

/// What is just below the limits fits the stack that the pipeline gives its workers.
#[test]
fn depth_at_the_limit_fits_the_stack() {
    const STACK: usize = 64 << 20;
    let n = super::limits::MAX_OPEN_TOKENS - 20;
    let k = super::limits::MAX_NESTING - 3;
    let deep = [
        format!("fn a() {{ {}x }}", "!".repeat(n)),
        format!("fn a() {{ {}x }}", "&".repeat(n)),
        format!("fn a() {{ x{} }}", ".b()".repeat(n / 3)),
        format!("fn a() {{ x{} }}", "?".repeat(n)),
        format!("fn a() {{ 1{} }}", "+1".repeat(n / 2)),
        format!("fn a() {{ {}1 }}", "x=".repeat(n / 2)),
        format!("fn a() {{ {}1 }}", "||".repeat(n / 2)),
        format!("fn a() {{ {} {{}} }}", "if x {} else ".repeat(n / 5)),
        format!("fn a() {{ {}1{} }}", "(".repeat(k), ")".repeat(k)),
        format!("fn a() {{ {}1{} }}", "m!(".repeat(k), ")".repeat(k)),
        format!("fn a() {{ {}{} }}", "if x {".repeat(k), "}".repeat(k)),
        format!("fn a(x: {}T) {{}}", "&".repeat(n)),
        format!("fn a(x: {}T{}) {{}}", "A<".repeat(n / 4), ">".repeat(n / 4)),
    ];
    let worker = move || deep.iter().map(|text| read(text).problems).collect::<Vec<_>>();
    let handle = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(worker)
        .expect("a thread starts");
    let problems = handle.join().expect("no overflow, no panic");
    assert!(problems.iter().all(Vec::is_empty), "{problems:?}");
}

/// Reads all Rust files below the folder that FAILMAP_CORPUS names; prints what was not read.
#[test]
#[ignore = "needs a corpus"]
#[allow(clippy::disallowed_methods, reason = "a test that reads the folder it is told to")]
fn corpus() {
    let Some(top) = std::env::var_os("FAILMAP_CORPUS") else {
        return;
    };
    let mut open = vec![std::path::PathBuf::from(top)];
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                std::fs::read_dir(&path)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|entry| entry.path()),
            );
        } else if path.extension().is_some_and(|it| it == "rs")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            let facts = read(&text);
            *counts.entry("files".to_owned()).or_default() += 1;
            for problem in &facts.problems {
                let reason = &problem.reason;
                if problem.kind != crate::model::problem::ProblemKind::OpaqueSyntax {
                    println!("{}:{}: {reason}", path.display(), problem.at.line);
                }
                *counts.entry(format!("problem {reason}")).or_default() += 1;
            }
            let bodies = facts
                .functions
                .iter()
                .filter_map(|it| it.body.as_ref())
                .chain(facts.constants.iter().map(|it| &it.value));
            for expr in bodies.flat_map(|body| &body.exprs) {
                let key = match &expr.kind {
                    ExprKind::Macro { path, .. } => format!("macro {}", path.segments.join("::")),
                    ExprKind::Opaque { path } => format!("opaque {}", path.segments.join("::")),
                    _ => "other expression".to_owned(),
                };
                *counts.entry(key).or_default() += 1;
            }
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    for (key, n) in counts {
        println!("{n:7} {key}");
    }
}
