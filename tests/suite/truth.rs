//! Compares a scan with the truth that was written by hand: `expected.toml` beside the sources.
//!
//! Only the fields that an expectation names are compared. The list of calls is complete, so every other
//! reported call is a false one. A known miss that starts to pass fails too: the file has to say so.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

/// `expected.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expected {
    /// What the fixture is about, in one sentence.
    #[serde(default)]
    pub idea: Option<String>,
    #[serde(default)]
    call: Vec<ExpectedCall>,
    #[serde(default)]
    site: Vec<ExpectedCall>,
    #[serde(default)]
    optional: Vec<Anchor>,
    #[serde(default)]
    quiet: Vec<Quiet>,
    /// Absent: connections are not compared.
    #[serde(default)]
    edge: Vec<ExpectedEdge>,
    #[serde(default)]
    optional_edge: Vec<OptionalEdge>,
    /// All HTTP entries; absent: not compared.
    #[serde(default)]
    entry: Vec<ExpectedEntry>,
    #[serde(default)]
    blast: Vec<ExpectedBlast>,
    #[serde(default)]
    finding: Vec<ExpectedFinding>,
    #[serde(default)]
    no_finding: Vec<ExpectedFinding>,
}

/// A place in the sources: the line where `anchor` begins.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Anchor {
    #[serde(default = "default_file")]
    file: String,
    anchor: String,
    /// The search begins here; without it the anchor must be unique in the file.
    #[serde(default)]
    within: Option<String>,
}

fn default_file() -> String {
    "src/lib.rs".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExpectedCall {
    #[serde(default = "default_file")]
    file: String,
    anchor: String,
    within: Option<String>,
    operation: Option<String>,
    transport: Option<String>,
    effect: Option<String>,
    target: Option<String>,
    endpoint: Option<String>,
    services: Option<Vec<String>>,
    condition: Option<String>,
    phase: Option<String>,
    delivery: Option<String>,
    status: Option<String>,
    timeout: Option<String>,
    bounds: Option<bool>,
    parts: Option<Vec<ExpectedPart>>,
    retry: Option<String>,
    attempts: Option<u64>,
    backoff: Option<String>,
    jitter: Option<bool>,
    breaker: Option<String>,
    bulkhead: Option<String>,
    fallback: Option<String>,
    handling: Option<String>,
    observed: Option<bool>,
    /// Field → reason; `call` stands for the whole.
    #[serde(default)]
    known_miss: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedPart {
    scope: String,
    /// Absent: of unknown length.
    ms: Option<u64>,
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Quiet {
    #[serde(default = "default_file")]
    file: String,
    anchor: String,
    within: Option<String>,
    #[serde(default)]
    why: Option<String>,
    known_miss: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExpectedEdge {
    from: String,
    to: String,
    transport: String,
    #[serde(default = "calls")]
    kind: String,
    /// Absent: not compared.
    via: Option<Vec<String>>,
    known_miss: Option<String>,
}

fn calls() -> String {
    "calls".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionalEdge {
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExpectedEntry {
    service: String,
    name: String,
}

/// Every service that is more than `ok` when the component fails, with its worst state.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExpectedBlast {
    component: String,
    mode: String,
    services: BTreeMap<String, String>,
    known_miss: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExpectedFinding {
    rule: String,
    file: Option<String>,
    anchor: Option<String>,
    within: Option<String>,
    component: Option<String>,
    level: Option<String>,
    known_miss: Option<String>,
}

/// What came out of one comparison.
#[derive(Default)]
pub struct Tally {
    /// Each a line for the reader; empty = as expected.
    pub deviations: Vec<String>,
    pub n_calls_expected: usize,
    pub n_calls_found: usize,
    pub n_calls_false: usize,
    pub n_edges_expected: usize,
    pub n_edges_found: usize,
    pub n_edges_false: usize,
    pub n_fields: usize,
    pub n_fields_right: usize,
    pub n_known_misses: usize,
}

impl Tally {
    /// Precision and recall in one line.
    pub fn summary(&self) -> String {
        format!(
            "calls: precision {}/{}, recall {}/{}; edges: precision {}/{}, recall {}/{}; attributes right {}/{}; known misses {}",
            self.n_calls_found,
            self.n_calls_found + self.n_calls_false,
            self.n_calls_found,
            self.n_calls_expected,
            self.n_edges_found,
            self.n_edges_found + self.n_edges_false,
            self.n_edges_found,
            self.n_edges_expected,
            self.n_fields_right,
            self.n_fields,
            self.n_known_misses,
        )
    }

    pub fn add(&mut self, other: Self) {
        self.deviations.extend(other.deviations);
        self.n_calls_expected += other.n_calls_expected;
        self.n_calls_found += other.n_calls_found;
        self.n_calls_false += other.n_calls_false;
        self.n_edges_expected += other.n_edges_expected;
        self.n_edges_found += other.n_edges_found;
        self.n_edges_false += other.n_edges_false;
        self.n_fields += other.n_fields;
        self.n_fields_right += other.n_fields_right;
        self.n_known_misses += other.n_known_misses;
    }

    /// Record one compared thing, a known miss turned round.
    fn check(&mut self, what: &str, problem: Option<String>, known_miss: Option<&str>) {
        match (problem, known_miss) {
            (None, None) => {}
            (Some(_), Some(_)) => self.n_known_misses += 1,
            (Some(problem), None) => self.deviations.push(format!("{what}: {problem}")),
            (None, Some(reason)) => {
                self.deviations
                    .push(format!("{what}: passes now, remove its known-miss ({reason})"));
            }
        }
    }
}

/// Read `expected.toml` of a folder.
pub fn load(dir: &Path) -> Expected {
    let path = dir.join("expected.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All anchors of a folder stand where they should; returns what does not.
pub fn broken_anchors(dir: &Path, expected: &Expected) -> Vec<String> {
    let sources = Sources { dir: dir.to_owned() };
    let anchors = expected
        .call
        .iter()
        .chain(&expected.site)
        .map(|call| sources.line(&call.file, &call.anchor, call.within.as_deref()))
        .chain(
            expected
                .optional
                .iter()
                .map(|it| sources.line(&it.file, &it.anchor, it.within.as_deref())),
        )
        .chain(
            expected
                .quiet
                .iter()
                .map(|it| sources.line(&it.file, &it.anchor, it.within.as_deref())),
        )
        .chain(expected.finding.iter().filter_map(|it| sources.line_of_finding(it)))
        .chain(expected.no_finding.iter().filter_map(|it| sources.line_of_finding(it)));
    anchors.filter_map(Result::err).collect()
}

/// Compare the JSON report of a scan of `dir` with its truth.
pub fn compare(dir: &Path, expected: &Expected, report: &Value) -> Tally {
    let mut comparison = Comparison {
        sources: Sources { dir: dir.to_owned() },
        calls: list(report, "calls"),
        sites: list(report, "sites"),
        used: vec![false; list(report, "calls").len()],
        tally: Tally::default(),
    };
    comparison.calls(expected);
    comparison.sites(expected);
    comparison.edges(expected, report);
    comparison.entries(expected, report);
    comparison.blasts(expected, report);
    comparison.findings(expected, report);
    comparison.tally
}

fn list<'a>(report: &'a Value, key: &str) -> &'a [Value] {
    report[key].as_array().map_or(&[], Vec::as_slice)
}

struct Sources {
    dir: PathBuf,
}

impl Sources {
    /// The 1-based line where the anchor begins.
    fn line(&self, file: &str, anchor: &str, within: Option<&str>) -> Result<u64, String> {
        let path = self.dir.join(file);
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let start = match within {
            Some(within) => {
                text.find(within)
                    .ok_or_else(|| format!("{}: no `{within}`", path.display()))?
                    + within.len()
            }
            None => 0,
        };
        let offset = text[start..]
            .find(anchor)
            .ok_or_else(|| format!("{}: no `{anchor}`", path.display()))?
            + start;
        if within.is_none() && text[offset + anchor.len()..].contains(anchor) {
            return Err(format!("{}: `{anchor}` is not unique", path.display()));
        }
        Ok(text[..offset].matches('\n').count() as u64 + 1)
    }

    fn line_of_finding(&self, finding: &ExpectedFinding) -> Option<Result<u64, String>> {
        let anchor = finding.anchor.as_ref()?;
        let file = finding.file.clone().unwrap_or_else(default_file);
        Some(self.line(&file, anchor, finding.within.as_deref()))
    }
}

struct Comparison<'a> {
    sources: Sources,
    calls: &'a [Value],
    sites: &'a [Value],
    /// By position in `calls`.
    used: Vec<bool>,
    tally: Tally,
}

impl Comparison<'_> {
    fn calls(&mut self, expected: &Expected) {
        for call in &expected.call {
            let what = place(&call.file, &call.anchor);
            let found = self.take(
                &call.file,
                &call.anchor,
                call.within.as_deref(),
                call.operation.as_deref(),
            );
            self.tally.n_calls_expected += 1;
            let known_miss = call.known_miss.get("call").map(String::as_str);
            let problem = found.is_none().then(|| "call not reported".to_owned());
            self.tally.check(&what, problem, known_miss);
            if let Some(idx) = found {
                self.tally.n_calls_found += 1;
                self.fields(&what, call, &self.calls[idx]);
            }
        }
        for anchor in &expected.optional {
            self.take(&anchor.file, &anchor.anchor, anchor.within.as_deref(), None);
        }
        for quiet in &expected.quiet {
            self.quiet(quiet);
        }
        for (call, used) in self.calls.iter().zip(&self.used) {
            if !used {
                self.tally.n_calls_false += 1;
                let problem = format!(
                    "{}:{}: unexpected call {}",
                    text(call, "file"),
                    call["line"],
                    text(call, "operation")
                );
                self.tally
                    .deviations
                    .push(format!("{}: {problem}", self.sources.dir.display()));
            }
        }
    }

    fn quiet(&mut self, quiet: &Quiet) {
        let found = self.take(&quiet.file, &quiet.anchor, quiet.within.as_deref(), None);
        let line = self.line(&quiet.file, &quiet.anchor, quiet.within.as_deref());
        let is_site = self
            .sites
            .iter()
            .any(|site| text(site, "file") == quiet.file && site["line"] == line);
        let why = quiet.why.as_deref().unwrap_or("no call");
        let problem = (found.is_some() || is_site).then(|| format!("reported, but is {why}"));
        if found.is_some() {
            self.tally.n_calls_false += 1;
        }
        self.tally
            .check(&place(&quiet.file, &quiet.anchor), problem, quiet.known_miss.as_deref());
    }

    fn sites(&mut self, expected: &Expected) {
        for site in &expected.site {
            let what = format!("site {}", place(&site.file, &site.anchor));
            let line = self.line(&site.file, &site.anchor, site.within.as_deref());
            let found = nearest(self.sites, &site.file, line, |_| true);
            let problem = found.is_none().then(|| "site not reported".to_owned());
            self.tally
                .check(&what, problem, site.known_miss.get("call").map(String::as_str));
            if let Some(idx) = found {
                self.fields(&what, site, &self.sites[idx]);
            }
        }
    }

    fn line(&self, file: &str, anchor: &str, within: Option<&str>) -> u64 {
        self.sources
            .line(file, anchor, within)
            .unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// The position of the nearest free call whose expression covers the anchor.
    fn take(&mut self, file: &str, anchor: &str, within: Option<&str>, operation: Option<&str>) -> Option<usize> {
        let line = self.line(file, anchor, within);
        let is_free = |idx: usize| !self.used[idx];
        let same = |idx: usize| is_free(idx) && operation.is_some_and(|it| text(&self.calls[idx], "operation") == it);
        let idx = nearest(self.calls, file, line, same).or_else(|| nearest(self.calls, file, line, is_free))?;
        self.used[idx] = true;
        Some(idx)
    }

    fn fields(&mut self, what: &str, expected: &ExpectedCall, found: &Value) {
        for (field, want, got) in fields(expected, found) {
            self.tally.n_fields += 1;
            let problem = (want != got).then(|| format!("{field}: expected {want}, got {got}"));
            if problem.is_none() {
                self.tally.n_fields_right += 1;
            }
            let known_miss = expected.known_miss.get(field).map(String::as_str);
            self.tally.check(&format!("{what}, {field}"), problem, known_miss);
        }
    }

    fn edges(&mut self, expected: &Expected, report: &Value) {
        if expected.edge.is_empty() {
            return;
        }
        let edges: Vec<&Value> = list(report, "edges")
            .iter()
            .filter(|edge| matches!(text(edge, "kind"), "calls" | "publishes" | "consumes"))
            .collect();
        for edge in &expected.edge {
            self.tally.n_edges_expected += 1;
            let found = edges
                .iter()
                .find(|it| text(it, "from") == edge.from && text(it, "to") == edge.to);
            let problem = match found {
                None => Some("connection not reported".to_owned()),
                Some(found) => {
                    self.tally.n_edges_found += 1;
                    edge_problem(edge, found)
                }
            };
            self.tally.check(
                &format!("{} -> {}", edge.from, edge.to),
                problem,
                edge.known_miss.as_deref(),
            );
        }
        for edge in edges {
            let (from, to) = (text(edge, "from"), text(edge, "to"));
            let is_expected = expected.edge.iter().any(|it| it.from == from && it.to == to)
                || expected.optional_edge.iter().any(|it| it.from == from && it.to == to);
            if !is_expected {
                self.tally.n_edges_false += 1;
                self.tally
                    .deviations
                    .push(format!("{from} -> {to}: unexpected connection"));
            }
        }
    }

    fn entries(&mut self, expected: &Expected, report: &Value) {
        if expected.entry.is_empty() {
            return;
        }
        let want = expected
            .entry
            .iter()
            .map(|entry| format!("{} {}", entry.service, entry.name))
            .collect();
        let http = list(report, "entries")
            .iter()
            .filter(|entry| text(entry, "kind") == "http");
        let got = http
            .map(|entry| format!("{} {}", text(entry, "service"), text(entry, "name")))
            .collect();
        let (want, got) = (sorted(want), sorted(got));
        let problem = (want != got).then(|| format!("expected {want}, got {got}"));
        self.tally.check("HTTP entries", problem, None);
    }

    fn blasts(&mut self, expected: &Expected, report: &Value) {
        for blast in &expected.blast {
            let radius = list(report, "blast_radius")
                .iter()
                .find(|it| text(it, "component") == blast.component && text(it, "mode") == blast.mode);
            let got: BTreeMap<String, String> = radius
                .map_or(&[] as &[Value], |radius| list(radius, "affected"))
                .iter()
                .filter(|it| text(it, "component").starts_with("service:") && text(it, "worst") != "ok")
                .map(|it| (text(it, "component").to_owned(), text(it, "worst").to_owned()))
                .collect();
            let problem = (got != blast.services).then(|| format!("expected {:?}, got {got:?}", blast.services));
            let what = format!("{} in {}", blast.component, blast.mode);
            self.tally.check(&what, problem, blast.known_miss.as_deref());
        }
    }

    fn findings(&mut self, expected: &Expected, report: &Value) {
        let findings = list(report, "findings");
        for finding in &expected.finding {
            let problem = match findings.iter().find(|it| self.is_finding(finding, it)) {
                None => Some("not found".to_owned()),
                Some(found) => finding
                    .level
                    .as_ref()
                    .filter(|level| text(found, "level") != level.as_str())
                    .map(|level| format!("level: expected {level}, got {}", found["level"])),
            };
            self.tally
                .check(&describe(finding), problem, finding.known_miss.as_deref());
        }
        for finding in &expected.no_finding {
            let found = findings.iter().find(|it| self.is_finding(finding, it));
            let problem =
                found.map(|it| format!("found at {}:{}: {}", text(it, "file"), it["line"], text(it, "message")));
            self.tally.check(
                &format!("no {}", describe(finding)),
                problem,
                finding.known_miss.as_deref(),
            );
        }
    }

    fn is_finding(&self, expected: &ExpectedFinding, found: &Value) -> bool {
        if text(found, "rule") != expected.rule {
            return false;
        }
        let is_component = expected.component.as_ref().is_none_or(|component| {
            let name = component.split_once(':').map_or(component.as_str(), |(_, name)| name);
            text(found, "component") == component || text(found, "message").contains(name)
        });
        let file = expected
            .file
            .clone()
            .or_else(|| expected.anchor.as_ref().map(|_| default_file()));
        let is_file = file.is_none_or(|file| text(found, "file") == file);
        let is_line = self.sources.line_of_finding(expected).is_none_or(|line| {
            let line = line.unwrap_or_else(|problem| panic!("{problem}"));
            let call = self
                .calls
                .iter()
                .find(|call| !found["call"].is_null() && call["id"] == found["call"]);
            found["line"] == line || call.is_some_and(|call| covers(call, line))
        });
        is_component && is_file && is_line
    }
}

fn place(file: &str, anchor: &str) -> String {
    format!("{file}, `{anchor}`")
}

fn describe(finding: &ExpectedFinding) -> String {
    let parts = [&finding.file, &finding.anchor, &finding.component];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    format!("finding {} at {}", finding.rule, parts.join(", "))
}

fn edge_problem(edge: &ExpectedEdge, found: &Value) -> Option<String> {
    let via: Vec<&str> = list(found, "via").iter().filter_map(Value::as_str).collect();
    if text(found, "kind") != edge.kind || text(found, "transport") != edge.transport {
        return Some(format!("got {} over {}", found["kind"], found["transport"]));
    }
    let want = edge.via.as_ref().filter(|want| **want != via)?;
    Some(format!("via: expected {want:?}, got {via:?}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

fn covers(item: &Value, line: u64) -> bool {
    let first = item["span"]["start"].as_u64().unwrap_or(0);
    let last = item["span"]["end"].as_u64().unwrap_or(0);
    item["line"] == line || (first <= line && line <= last)
}

/// The admitted item that covers the line: by distance of its own line, then by the length of its expression.
fn nearest(items: &[Value], file: &str, line: u64, admits: impl Fn(usize) -> bool) -> Option<usize> {
    let candidates = items
        .iter()
        .enumerate()
        .filter(|(_, item)| text(item, "file") == file && covers(item, line));
    candidates
        .filter(|(idx, _)| admits(*idx))
        .min_by_key(|(_, item)| {
            let length = item["span"]["end"].as_u64().unwrap_or(0) - item["span"]["start"].as_u64().unwrap_or(0);
            (item["line"].as_u64().unwrap_or(0).abs_diff(line), length)
        })
        .map(|(idx, _)| idx)
}

/// (name, expected, reported) of each field that the expectation names.
fn fields(expected: &ExpectedCall, found: &Value) -> Vec<(&'static str, Value, Value)> {
    let guards = &found["guards"];
    let layer = &guards["retry"]["layers"][0];
    let words: [(&'static str, &Option<String>, &Value); 15] = [
        ("operation", &expected.operation, &found["operation"]),
        ("transport", &expected.transport, &found["transport"]),
        ("effect", &expected.effect, &found["effect"]),
        ("target", &expected.target, &found["target"]),
        ("endpoint", &expected.endpoint, &found["endpoint"]),
        ("condition", &expected.condition, &found["condition"]),
        ("phase", &expected.phase, &found["phase"]),
        ("delivery", &expected.delivery, &found["delivery"]),
        ("status", &expected.status, &found["status"]),
        ("timeout", &expected.timeout, &guards["timeout"]["state"]),
        ("retry", &expected.retry, &guards["retry"]["state"]),
        ("backoff", &expected.backoff, &layer["backoff"]),
        ("breaker", &expected.breaker, &guards["breaker"]["state"]),
        ("bulkhead", &expected.bulkhead, &guards["bulkhead"]["state"]),
        ("fallback", &expected.fallback, &guards["fallback"]["state"]),
    ];
    let mut fields: Vec<(&'static str, Value, Value)> = words
        .into_iter()
        .filter_map(|(name, want, got)| Some((name, Value::from(want.as_ref()?.as_str()), got.clone())))
        .collect();
    let failure = &found["failure"];
    fields.extend(
        expected
            .handling
            .as_ref()
            .map(|it| ("handling", Value::from(it.as_str()), failure["handling"].clone())),
    );
    fields.extend(
        expected
            .observed
            .map(|it| ("observed", Value::from(it), failure["observed"].clone())),
    );
    fields.extend(
        expected
            .bounds
            .map(|it| ("bounds", Value::from(it), guards["timeout"]["bounds_call"].clone())),
    );
    fields.extend(
        expected
            .attempts
            .map(|it| ("attempts", Value::from(it), guards["retry"]["attempts"].clone())),
    );
    fields.extend(
        expected
            .jitter
            .map(|it| ("jitter", Value::from(it), layer["jitter"].clone())),
    );
    fields.extend(
        expected
            .services
            .as_ref()
            .map(|it| ("services", Value::from(it.clone()), found["services"].clone())),
    );
    if let Some(parts) = &expected.parts {
        let with_source = parts.iter().all(|part| part.source.is_some());
        let want = parts
            .iter()
            .map(|part| part_text(&part.scope, part.ms, part.source.as_deref()))
            .collect();
        let got = list(&guards["timeout"], "parts").iter().map(|part| {
            let source = with_source.then(|| text(part, "source"));
            part_text(text(part, "scope"), part["ms"].as_u64(), source)
        });
        fields.push(("parts", sorted(want), sorted(got.collect())));
    }
    fields
}

fn part_text(scope: &str, ms: Option<u64>, source: Option<&str>) -> String {
    let ms = ms.map_or("?".to_owned(), |ms| ms.to_string());
    source.map_or(format!("{scope} {ms}"), |source| format!("{scope} {ms} {source}"))
}

fn sorted(mut lines: Vec<String>) -> Value {
    lines.sort();
    lines.dedup();
    Value::from(lines)
}

#[test]
fn a_known_miss_counts_both_ways() {
    let mut tally = Tally::default();
    tally.check("a", Some("wrong".to_owned()), Some("reason"));
    tally.check("b", None, None);
    assert!(tally.deviations.is_empty() && tally.n_known_misses == 1);
    tally.check("c", None, Some("reason"));
    tally.check("d", Some("wrong".to_owned()), None);
    assert_eq!(
        tally.deviations,
        ["c: passes now, remove its known-miss (reason)", "d: wrong"]
    );
}
