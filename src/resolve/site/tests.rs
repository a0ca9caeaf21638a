//! Snippets in, words out. The call in question is named `call`; `log!` is loud, `debug!` quiet, `spawn` spawns.

use std::sync::Arc;

use super::{Asked, LoopShape, Observe, Sites};
use crate::extract::{SourceInput, dump, extract};
use crate::model::{
    Name,
    expr::{ExprId, ExprKind, Literal},
    fact::{FileFacts, FileRole, Language},
};

fn read(text: &str) -> FileFacts {
    let (root, file) = (Name::new("shop"), Arc::from("src/lib.rs"));
    let facts = extract(&SourceInput {
        root,
        file,
        language: Language::Rust,
        role: FileRole::Source,
        text,
    });
    assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    facts
}

/// Ask something of the first `call` of a function with those statements.
fn ask<T>(text: &str, question: impl Fn(&Sites, ExprId) -> T) -> T {
    ask_file(&format!("async fn f(param: u32) {{ {text} }}"), question)
}

fn ask_file<T>(text: &str, question: impl Fn(&Sites, ExprId) -> T) -> T {
    let facts = read(text);
    let body = facts.functions[0]
        .body
        .as_ref()
        .expect("the snippet is a function with a body");
    let sites = Sites::of(body);
    let root = body.root.expect("a body has a root");
    let call = sites.below(root).into_iter().find(|id| {
        let is_call = matches!(sites.kind(*id), ExprKind::Call { .. } | ExprKind::Method { .. });
        is_call && sites.called(*id).is_some_and(|name| name == "call")
    });
    question(&sites, call.expect("the snippet calls `call`"))
}

fn observe(sites: &Sites, id: ExprId) -> Observe {
    match sites.kind(id) {
        ExprKind::Macro { .. } => match sites.called(id).map(Name::as_str) {
            Some("log") => Observe::Loudly,
            Some("debug") => Observe::Quietly,
            _ => Observe::No,
        },
        _ => Observe::No,
    }
}

/// Nothing is known of the functions that a value is handed to.
pub(super) fn asked(observes: &dyn Fn(ExprId) -> Observe, returns_result: bool) -> Asked<'_> {
    Asked {
        observes,
        inside: &|_, _| None,
        returns_result,
    }
}

#[track_caller]
fn handles(text: &str, expected: &str) {
    let (handling, observed) = ask(text, |sites, id| {
        sites.handling(id, asked(&|id| observe(sites, id), true))
    });
    let observed = if observed { " observed" } else { "" };
    assert_eq!(format!("{}{observed}", handling.as_str()), expected, "{text}");
}

#[test]
fn propagated() {
    for text in [
        "call().await?; Ok(())",
        "call().await",
        "return call().await;",
        "call().await.map_err(E::from)?",
        "Ok(call().await.context(\"x\")?)",
        "let x = call().await; x",
        "let x = call(); let y = x.await?; y",
        "match call() { Ok(x) => x, Err(e) => return Err(e.into()) }",
        "match call() { Ok(x) => Ok(x), Err(e) => Err(E(e)) }",
        "match call() { Ok(x) => Response::ok(x), Err(e) => Response::error(e) }",
        "match call() { Err(e) if e.is_timeout() => None, Err(e) => bail!(e), Ok(x) => x }",
        "let Ok(x) = call() else { return Err(E) };",
        "let Some(x) = call() else { return None };",
        "if let Err(e) = call() { return Err(e); }",
        "if call().is_err() { return Err(E); }",
        "if let Ok(x) = call() { return Ok(x); } Err(E)",
        "let op = || async { call().await }; op().await",
        "timeout(d, async { call().await?; Ok(()) }).await?",
        "retry(policy, || call()).await?",
        "let (a, b) = try_join!(call(), other())?;",
        "let r = call(); if r.is_ok() { n += 1; } r",
        "Ok(S { a: call() })",
        "call().ok().ok_or(E)?",
        "let Some(x) = call().ok() else { return Err(E) };",
        "timeout(d, call()).await?.map_err(E::from)?",
        "timeout(d, call()).await.unwrap_or_else(|_| Err(E))",
        "if let Some(result) = run(|| async { call().await }).await { return result; }",
        "let mut last = None; for i in 0..3 { match call() { Ok(x) => return Ok(x), Err(e) => last = Some(e) } } Err(last)",
        "unknown(call()).await?",
        "let mut futures = vec![]; futures.push(call()); try_join_all(futures).await?;",
        "match call() { Ok(x) => x, Err(e) => StatusCode::INTERNAL_SERVER_ERROR }",
    ] {
        handles(text, "propagated");
    }
    handles("call().await.map_err(|e| { log!(e); e })?", "propagated observed");
    handles(
        "match call() { Ok(x) => x, Err(e) => { log!(\"{e}\"); return Err(e) } }",
        "propagated observed",
    );
    handles("call().inspect_err(|e| log!(e))?", "propagated observed");
}

#[test]
fn swallowed() {
    for text in [
        "let _ = call().await;",
        "_ = call().await;",
        "call().await;",
        "call().await.ok();",
        "let x = call().await.ok();",
        "call().await.unwrap_or_default()",
        "call().await.unwrap_or_else(|_| vec![])",
        "if let Ok(x) = call() { use_it(x) }",
        "match call() { Ok(x) => x, Err(_) => 0 }",
        "match call() { Some(x) => x, None => return Ok(0) }",
        "let x = call().unwrap_or(0); x",
        "let Ok(x) = call() else { return Ok(()) };",
        "spawn(async move { call().await });",
        "spawn(async move { call().await?; Ok(()) });",
        "while let Err(_) = call().await {}",
        "call().ok()?",
        "call().await.ok()",
        "let Some(x) = call().ok() else { return None };",
        "let Ok(x) = call() else { return None };",
        "match call() { Ok(x) => Some(x), Err(_) => None }",
        "let _ = timeout(d, call()).await?;",
        "let text = match call() { Ok(x) => x, Err(e) => format!(\"no answer: {e}\") }; Ok(text)",
        "let r = call().await; if let Ok(r) = r { keep(r)?; }",
    ] {
        handles(text, "swallowed");
    }
}

#[test]
fn logged_and_panics() {
    handles("if let Err(e) = call() { log!(e) }", "logged observed");
    handles("if let Err(e) = call() { debug!(e) }", "logged");
    handles(
        "match call() { Ok(x) => x, Err(e) => { log!(e); 0 } }",
        "logged observed",
    );
    handles("call().unwrap_or_else(|e| { log!(e); 0 })", "logged observed");
    handles("call().map_err(|e| log!(e)).ok();", "logged observed");
    handles("call().map_err(|e| log!(e)).ok()?", "logged observed");
    handles(
        "let Some(x) = call().ok() else { log!(); return None };",
        "logged observed",
    );
    handles(
        "while let Err(e) = call().await { log!(e); sleep(d).await; }",
        "logged observed",
    );
    handles("let r = call(); log!(\"{r:?}\");", "logged observed");
    handles(
        "if let Err(error) = call() { log!(Failed { error }) }",
        "logged observed",
    );
    handles(
        "if let Ok(x) = call() { return Ok(x); } log!(\"no\"); Ok(0)",
        "logged observed",
    );
    handles(
        "select! { r = call() => match r { Ok(_) => {}, Err(e) => log!(e) }, _ = stop() => {} }",
        "logged observed",
    );
    handles("call().unwrap();", "panics");
    handles("call().await.expect(\"x\");", "panics");
    handles("match call() { Ok(x) => x, Err(e) => panic!() }", "panics");
    handles(
        "call().unwrap_or_else(|e| { log!(e); std::process::exit(1) })",
        "panics observed",
    );
}

#[test]
fn undecided_handling() {
    handles("unknown(call());", "unknown");
    handles("if let Err(e) = call() { self.failed(e); }", "unknown");
    let returned = ask("call().await", |sites, id| {
        sites.handling(id, asked(&|_| Observe::No, false))
    });
    assert_eq!(returned.0.as_str(), "unknown");
}

#[track_caller]
fn delivers(text: &str, expected: &str) {
    let is_spawn = |sites: &Sites, id| {
        let is_call = matches!(sites.kind(id), ExprKind::Call { .. } | ExprKind::Method { .. });
        is_call && sites.called(id).is_some_and(|name| name == "spawn")
    };
    let delivery = ask(text, |sites, id| sites.delivery(id, &|id| is_spawn(sites, id)));
    assert_eq!(delivery.as_str(), expected, "{text}");
}

#[test]
fn deliveries() {
    delivers("call().await?", "awaited");
    delivers("tokio::spawn(async move { call().await });", "detached");
    delivers("let _ = tokio::spawn(call());", "detached");
    delivers("let h = tokio::spawn(call()); h.abort();", "detached");
    delivers("let h = tokio::spawn(call()); h.await?", "awaited");
    delivers("tokio::spawn(call()).await?", "awaited");
    delivers("tokio::spawn(call())", "awaited");
    delivers("let fut = call(); tokio::spawn(fut);", "detached");
    delivers("self.task = Some(tokio::spawn(call())); x", "detached");
    delivers(
        "let mut set = JoinSet::new(); set.spawn(call()); while let Some(x) = set.join_next().await {}",
        "awaited",
    );
    delivers(
        "handles.push(tokio::spawn(call())); join_all(handles).await;",
        "awaited",
    );
    delivers(
        "let r = call().await?; while let Some(c) = r.chunk().await? {}",
        "stream",
    );
    delivers("try_stream! { let a = call().await?; yield a; }", "stream");
}

#[track_caller]
fn when(text: &str, expected: &str) {
    assert_eq!(ask(text, |sites, id| sites.condition(id).as_str()), expected, "{text}");
}

#[test]
fn conditions() {
    when("call()", "always");
    when("if call() { }", "always");
    when("let x = other()?; call()", "always");
    when("match other() { Ok(x) => call(), Err(e) => return Err(e) }", "always");
    when("if x > 1 { call() }", "branch");
    when("for x in xs { call() }", "branch");
    when("for i in 0..3 { call() }", "always");
    when("if a() && call() { }", "branch");
    when("match x { A => call(), B => 1 }", "branch");
    when("match primary() { Ok(x) => x, Err(e) => call() }", "on-error");
    when("if let Err(e) = primary() { call() }", "on-error");
    when("primary().or_else(|e| call())", "on-error");
    when("let Ok(x) = primary() else { call(); return };", "on-error");
    when(
        "if let Ok(x) = client.get(url).await { return Ok(x); } call()",
        "on-error",
    );
    when(
        "match self.cache.get(&k) { Some(x) => x, None => call() }",
        "cache-miss",
    );
    when(
        "if let Some(x) = cache.get(&k).await? { return Ok(x); } call()",
        "cache-miss",
    );
    when("cell.get_or_init(|| async { call().await }).await", "cache-miss");
    when("map.entry(k).or_insert_with(|| call())", "cache-miss");
    when(
        "let hit = cache.get(k); if let Some(x) = hit { x } else { call() }",
        "cache-miss",
    );
    when("if self.config.metrics { call() }", "flag");
    when("if is_enabled() { call() }", "flag");
    when("if !self.enabled { return Ok(()); } call()", "flag");
    when("if xs.is_empty() { return Ok(0); } call()", "branch");
    when("if bad { return Err(E); } call()", "always");
}

/// One word for each loop, innermost first: `retry ATTEMPTS BACKOFF [jitter]`.
fn loops(sites: &Sites, id: ExprId) -> String {
    sites
        .enclosing_loops(id)
        .iter()
        .map(|shape| shape_text(sites, shape))
        .collect::<Vec<_>>()
        .join("; ")
}

pub(super) fn shape_text(sites: &Sites, shape: &LoopShape) -> String {
    let LoopShape::Retry(retry) = shape else {
        return format!("{shape:?}").to_lowercase();
    };
    let attempts = match (retry.attempts, retry.is_unbounded) {
        (Some(it), _) => match it.count.map(|count| (count, sites.kind(count))) {
            None => it.plus.to_string(),
            Some((_, ExprKind::Literal(Literal::Int(value)))) => (value + it.plus).to_string(),
            Some((count, _)) if it.plus == 0 => dump::expr(sites.body, count),
            Some((count, _)) => format!("{}{:+}", dump::expr(sites.body, count), it.plus),
        },
        (None, true) => "unbounded".to_owned(),
        (None, false) => "some".to_owned(),
    };
    let jitter = match retry.jitter {
        Some(true) => " jitter",
        Some(false) => " even",
        None => "",
    };
    format!("retry {attempts} {}{jitter}", retry.backoff.as_str())
}

#[track_caller]
fn repeats(text: &str, expected: &str) {
    assert_eq!(ask(text, loops), expected, "{text}");
}

#[test]
fn bounded_retries() {
    repeats(
        "for _ in 0..3 { match call() { Ok(x) => return Ok(x), Err(_) => sleep(DELAY).await } } Err(E)",
        "retry 3 fixed even",
    );
    repeats(
        "for i in 1..=max { if let Ok(x) = call().await { return Ok(x); } } Err(E)",
        "retry max none",
    );
    repeats(
        "for i in 0..=max { if call().await.is_ok() { break; } }",
        "retry max+1 none",
    );
    repeats(
        "for delay in [1, 2, 4] { match call() { Ok(x) => return x, Err(e) => sleep(Duration::from_secs(delay)).await } }",
        "retry 3 exponential even",
    );
    repeats(
        "let mut n = 0; loop { match call() { Ok(x) => return Ok(x), Err(e) => { n += 1; if n >= MAX { return Err(e); } sleep(D).await; } } }",
        "retry MAX fixed even",
    );
    repeats(
        "let mut n = 0; loop { match call() { Ok(x) => break x, Err(e) if n < 5 => { n += 1; sleep(D * 2u32.pow(n)).await; } Err(e) => return Err(e) } }",
        "retry 6 exponential even",
    );
    repeats(
        "let mut n = 0; while n < max { n += 1; if call().is_ok() { return; } }",
        "retry max none",
    );
    repeats(
        "let mut left = 4; loop { match call() { Ok(x) => return x, Err(e) => { if left == 0 { return Err(e); } left -= 1; } } }",
        "retry 5 none",
    );
    repeats(
        "let mut n = 1; loop { let r = call().await; if r.is_ok() || n >= 3 { return r; } n += 1; sleep(jitter(d)).await; }",
        "retry 3 unknown jitter",
    );
    repeats(
        "let mut d = BASE; let mut n = 0; loop { n += 1; let e = match call() { Ok(x) => return Ok(x), Err(e) => e }; if n > 2 { return Err(e); } sleep(d).await; d *= 2; }",
        "retry 3 exponential even",
    );
    repeats(
        "for n in 0..3 { let r = call().await?; if r.status().is_success() { return Ok(r); } sleep(D).await; }",
        "retry 3 fixed even",
    );
    repeats(
        "let start = now(); loop { if let Ok(x) = call() { return x; } if start.elapsed() > MAX { return y; } sleep(D).await; }",
        "retry some fixed even",
    );
    repeats(
        "for i in 0..3 { let r = async { call().await? }.await; match r { Ok(x) => return x, Err(_) => continue } }",
        "retry 3 none",
    );
    repeats(
        "let mut n = 0; loop { n += 1; let r = call().await; let stop = matches!(r, Ok(_) | Err(E::NotFound)); if stop || n >= 3 { break r; } sleep(D).await; }",
        "retry 3 fixed even",
    );
    repeats(
        "for attempt in 0..4 { match call(attempt).await { Ok(x) => return Ok(x), Err(e) => log!(e) } }",
        "retry 4 none",
    );
    repeats(
        "for (n, d) in DELAYS.iter().enumerate() { match call() { Ok(x) => return x, Err(e) => sleep(*d).await } }",
        "retry DELAYS exponential even",
    );
    repeats(
        "for d in delays { if let Err(e) = call().await { log!(e); sleep(d).await; continue; } sleep(d).await; }",
        "retry delays exponential even",
    );
    repeats(
        "let mut n = 0; loop { let r = call().await?; if r.status() == TOO_MANY_REQUESTS && n < 3 { n += 1; sleep(D).await; continue; } return Ok(r); }",
        "retry 4 fixed even",
    );
    repeats(
        "let mut n = 0; loop { match call() { Ok(x) => return x, Err(e) => { n += 1; let is_last = n >= 3; if is_last { return e; } } } }",
        "retry 3 none",
    );
}

#[test]
fn unbounded_retries() {
    repeats(
        "loop { match call() { Ok(x) => return x, Err(e) => sleep(D).await } }",
        "retry unbounded fixed even",
    );
    repeats(
        "let x = loop { match call().await { Ok(x) => break x, Err(e) => { log!(e); sleep(D).await; } } };",
        "retry unbounded fixed even",
    );
    repeats(
        "while let Err(e) = call().await { sleep(D).await; }",
        "retry unbounded fixed even",
    );
    repeats(
        "let mut done = false; while !done { match call() { Ok(_) => done = true, Err(_) => sleep(D).await } }",
        "retry unbounded fixed even",
    );
    repeats(
        "loop { let c = match call() { Ok(c) => c, Err(_) => { sleep(D).await; continue; } }; return c; }",
        "retry unbounded fixed even",
    );
    // Nothing leaves, but after a failure it waits, or longer.
    repeats(
        "loop { match call().await { Ok(m) => handle(m), Err(e) => sleep(D).await } }",
        "retry unbounded fixed even",
    );
    repeats(
        "let mut wait = None; loop { if let Some(d) = wait { sleep(d).await; } match call().await { Ok(x) => wait = None, Err(e) => wait = Some(D) } }",
        "retry unbounded exponential even",
    );
    repeats(
        "let mut fails = 0; loop { if let Err(e) = call().await { log!(e); } if last.elapsed() > MAX { fails = 0; } else { fails += 1; } sleep(D * fails).await; }",
        "retry unbounded exponential even",
    );
    repeats(
        "loop { match call().await { Ok(mut s) => while let Some(m) = s.next().await { handle(m); }, Err(e) => sleep(D).await } }",
        "retry unbounded fixed even",
    );
    // A counter that is set back counts no tries of the loop.
    repeats(
        "let mut n = 0; loop { match call().await { Ok(x) => { n = 0; handle(x); } Err(e) => { n += 1; if n > 3 { return Err(e); } sleep(D).await; } } }",
        "retry some fixed even",
    );
}

#[test]
fn retries_that_a_policy_bounds() {
    repeats(
        "loop { match call() { Err(e) if !should_retry(&e, n) => return Err(e), Err(e) => {} Ok(x) => return Ok(x) } }",
        "retry some none",
    );
    repeats(
        "loop { if let Some(x) = retry.run(|| call()).await { return x; } }",
        "retry some none",
    );
}

#[test]
fn loops_that_are_no_retries() {
    repeats("for x in xs { call(x).await?; }", "iterate");
    repeats("for i in 0..n { call(i).await?; }", "iterate");
    repeats("for x in xs { if let Err(e) = call(x) { log!(e); } }", "iterate");
    repeats(
        "loop { let m = rx.recv().await; if let Err(e) = call(m).await { log!(e); } }",
        "poll",
    );
    repeats("loop { call().await; sleep(INTERVAL).await; }", "poll");
    repeats(
        "loop { interval.tick().await; if let Err(e) = call().await { log!(e); } }",
        "poll",
    );
    // A pause that does not come of the failure.
    repeats(
        "loop { match call().await { Ok(m) => handle(m), Err(e) => log!(e) } sleep(D).await; }",
        "poll",
    );
    // The next message, item or page, whatever became of this one.
    repeats(
        "loop { let m = rx.recv().await; match call(m).await { Ok(x) => x, Err(e) => sleep(D).await } }",
        "poll",
    );
    repeats(
        "loop { select! { m = rx.recv() => { if let Err(e) = call(m).await { sleep(D).await; } } _ = stop() => return } }",
        "poll",
    );
    repeats(
        "loop { if let Some(x) = items.next() { if let Ok(y) = call(x).await { break y; } } else { return E; } }",
        "other",
    );
    repeats(
        "for page in 0..n { match call(page).await { Ok(x) if x.is_empty() => break, Ok(x) => all.push(x), Err(e) => log!(e) } }",
        "iterate",
    );
    repeats(
        "loop { let page = call(cursor).await?; cursor = page.next; if cursor.is_none() { break; } }",
        "other",
    );
    repeats(
        "loop { for x in xs { if let Err(e) = call(x).await { sleep(D).await; } } tick().await; }",
        "iterate; poll",
    );
    // Until it is done, not until it works.
    repeats(
        "loop { let r = call().await?; if r.status() == 200 { return Ok(r); } sleep(D).await; }",
        "poll",
    );
    repeats(
        "let start = now(); while start.elapsed() < MAX { if let Some(x) = call().await? { return Ok(x); } sleep(D); }",
        "poll",
    );
    repeats(
        "loop { sleep(D).await; match call().await { Ok(Some(x)) => return Ok(x), Ok(None) => {}, Err(e) => return Err(e) } }",
        "poll",
    );
    repeats("while let Some(m) = call().await { handle(m); }", "poll");
    repeats("while let Some(x) = stack.pop() { call(x)?; }", "iterate");
    repeats(
        "loop { let c = v.load(); call(); if v.compare_exchange(c, n).is_ok() { break; } }",
        "compareandswap",
    );
    repeats("loop { call()?; if done() { break; } }", "other");
    repeats(
        "for x in xs { for _ in 0..2 { if call(x).is_ok() { break; } } }",
        "retry 2 none; iterate",
    );
    repeats("call()", "");
}

#[track_caller]
fn tries_on(text: &str, expected: &str) {
    let found = ask(text, |sites, id| match sites.enclosing_loops(id).first() {
        Some(LoopShape::Retry(retry)) => retry.on.join(" "),
        _ => "no retry".to_owned(),
    });
    assert_eq!(found, expected, "{text}");
}

#[test]
fn failures_that_are_tried_again() {
    tries_on(
        "for _ in 0..3 { match call() { Ok(x) => return x, Err(_) => sleep(D) } }",
        "any",
    );
    tries_on("loop { if let Ok(x) = call() { return x; } sleep(D); }", "any");
    tries_on(
        "let mut n = 0; loop { match call() { Ok(x) => return x, Err(e) => { n += 1; if n > 3 { return e; } sleep(D); } } }",
        "any",
    );
    tries_on(
        "for _ in 0..3 { match call() { Ok(x) => return x, Err(e) if e.is_connect() || e.is_timeout() => sleep(D), Err(e) => return e } }",
        "connect timeout",
    );
    tries_on(
        "for _ in 0..3 { match call() { Ok(x) => return x, Err(e) => { if !e.is_timeout() { return e; } sleep(D); } } }",
        "timeout",
    );
    tries_on(
        "for _ in 0..3 { match call() { Ok(x) => return x, Err(e) => { if e.is_timeout() { return e; } sleep(D); } } }",
        "",
    );
    tries_on(
        "for _ in 0..3 { let r = call()?; if r.status() != TOO_MANY_REQUESTS { return r; } sleep(D); }",
        "status:429",
    );
    tries_on(
        "for _ in 0..3 { match call() { Ok(x) => return x, Err(E::Busy) => sleep(D), Err(e) => return e } }",
        "",
    );
}

#[track_caller]
fn recurs(text: &str, expected: &str) {
    let facts = read(text);
    let found = ask_file(text, |sites, id| {
        let shape = sites.recursion_retry(id, "f", &facts.functions[0].params);
        shape.map_or_else(|| "none".to_owned(), |shape| shape_text(sites, &shape))
    });
    assert_eq!(found, expected, "{text}");
}

#[test]
fn recursion() {
    recurs(
        "async fn f(n: u32) { match call().await { Ok(x) => Ok(x), Err(e) if n > 0 => { sleep(D).await; f(n - 1).await } Err(e) => Err(e) } }",
        "retry n+1 fixed even",
    );
    recurs(
        "async fn f(&self, n: u32) { if let Ok(x) = self.call().await { return Ok(x); } if n >= 3 { return Err(E); } self.f(n + 1).await }",
        "retry 4 none",
    );
    recurs(
        "async fn f(&self, again: bool) { let r = self.call().await?; if r.status() == 401 && again { return self.f(false).await; } Ok(r) }",
        "retry 2 none",
    );
    recurs(
        "async fn f(url: &str, again: bool) { let r = call(url).await?; if let (Some(next), true) = (r.next(), again) { let url = next.parse()?; return f(&url, false).await; } Ok(r) }",
        "none",
    );
    recurs(
        "fn f(&self, r: R, again: bool) { let copy = r.clone(); let res = match timeout(D, self.call(r)).await { Ok(Ok(x)) => Ok(x), Ok(Err(e)) => Err(e.into()), Err(_) => Err(E) }; match res { Err(E::Sent(e)) if again => self.f(copy, false).await, res => res } }",
        "retry 2 none",
    );
    recurs("fn f(t: &Tree) { call(t); for c in t.children() { f(c); } }", "none");
}

#[track_caller]
fn races(text: &str, expected: Option<&str>) {
    let limit = ask(text, |sites, id| {
        sites.select_deadline(id).map(|id| dump::expr(sites.body, id))
    });
    assert_eq!(limit.as_deref(), expected, "{text}");
}

#[test]
fn deadlines_of_select() {
    races(
        "select! { r = call() => r, _ = sleep(LIMIT) => return Err(E) }",
        Some("LIMIT"),
    );
    races(
        "let fut = call(); select! { r = fut => r, _ = tokio::time::sleep(Duration::from_secs(2)) => {} }",
        Some("Duration::from_secs(2)"),
    );
    races(
        "let t = sleep(LIMIT); tokio::pin!(t); select! { r = async { call().await } => r, _ = &mut t => {} }",
        Some("LIMIT"),
    );
    races("select! { r = call() => r, _ = token.cancelled() => {} }", None);
    races("select! { r = other() => call(), _ = sleep(LIMIT) => {} }", None);
    races("call().await", None);
}

#[track_caller]
fn checks(text: &str, expected: &str) {
    assert_eq!(
        ask(text, |sites, id| sites.status_checked(id).as_str()),
        expected,
        "{text}"
    );
}

#[test]
fn statuses() {
    checks("call().await?.error_for_status()?.json().await", "checked");
    checks(
        "let r = call().await?; if !r.status().is_success() { return Err(E); } r.json().await",
        "checked",
    );
    checks(
        "let r = call().await?; let s = r.status(); let t = r.text().await?; if s != 200 { return Err(t); }",
        "checked",
    );
    checks(
        "match call().await { Ok(r) => match r.status() { OK => 1, _ => 2 }, Err(e) => 3 }",
        "checked",
    );
    checks("call().await.and_then(|r| r.error_for_status())?", "checked");
    checks("call().await.and_then(Response::error_for_status)?", "checked");
    checks(
        "match call().await { Ok(r) if r.status().is_success() => 1, _ => 2 }",
        "checked",
    );
    checks("call().await?.json().await", "ignored");
    checks("let r = call().await?; let b = r.bytes().await?; Ok(b)", "ignored");
    checks(
        "let r = call().await?; log!(\"{}\", r.status()); r.text().await",
        "ignored",
    );
    checks("call().await?; Ok(())", "ignored");
    checks("call().await", "unknown");
    checks("Ok(call().await?)", "unknown");
    checks("let r = call().await?; check(r).await?", "unknown");
    checks("return call().await;", "unknown");
}
