//! The guard matrix: one row for each edge of a component, one column for each guard.

use askama::{Template, filters::HtmlSafe};

use crate::model::system::{Coverage, Edge, MatchKind};

use super::{
    guards::{self, Cell},
    lookup::Lookup,
    parts::{Capped, Command, Node, Path, Place},
    words,
};

/// Rows of one matrix.
const MAX_ROWS: usize = 60;
/// Calls linked from one row.
const MAX_CALLS: usize = 12;
/// Pieces of evidence printed for one row.
const MAX_EVIDENCE: usize = 4;

/// From whose side the edges are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// What the component calls.
    Outgoing,
    /// Who calls the component.
    Incoming,
}

#[derive(Template)]
#[template(path = "report/matrix.html", whitespace = "minimize")]
pub(super) struct Matrix {
    caption: String,
    head: &'static str,
    columns: Vec<&'static str>,
    rows: Capped<Row>,
}

impl HtmlSafe for Matrix {}

pub(super) struct Row {
    other: Node,
    via: Vec<Node>,
    how: String,
    calls_word: String,
    cells: Vec<Cell>,
    details: Option<Details>,
}

/// What stands under a row: why it is there and which paths lack a guard.
pub(super) struct Details {
    witnesses: Vec<(&'static str, Path)>,
    path: Path,
    matched: &'static str,
    confidence: &'static str,
    evidence: Capped<(Place, String)>,
    calls: Capped<(String, String)>,
    why: Option<Command>,
}

impl Matrix {
    /// The matrix of a component, with `name` as shown.
    pub(super) fn new(lookup: &Lookup<'_>, component: u32, name: &str, side: Side) -> Self {
        let edges = match side {
            Side::Outgoing => lookup.callees(component),
            Side::Incoming => lookup.callers(component),
        };
        let mut rows: Vec<_> = edges.into_iter().map(|edge| (rank(lookup, edge), edge)).collect();
        rows.sort_by_key(|(rank, _)| *rank);
        let rows = Capped::new(rows.into_iter().map(|(_, edge)| Row::new(lookup, edge, side)), MAX_ROWS);
        let (head, caption) = match side {
            Side::Outgoing => ("Target", format!("What {name} calls, and how each call is guarded")),
            Side::Incoming => (
                "Caller",
                format!("Who calls {name}, through which libraries, and how each call is guarded"),
            ),
        };
        let columns = guards::cells(&[], None).iter().map(|it| it.label).collect();
        Self {
            caption,
            head,
            columns,
            rows,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn n_rows(&self) -> usize {
        self.rows.items.len() + self.rows.n_more
    }
}

impl Row {
    fn new(lookup: &Lookup<'_>, edge: &Edge, side: Side) -> Self {
        let idxs = lookup.calls_on(edge);
        let calls: Vec<_> = idxs.iter().filter_map(|it| lookup.call(*it)).collect();
        let transport = edge
            .transport
            .map(|it| format!(" over {}", it.as_str()))
            .unwrap_or_default();
        Self {
            other: lookup.node(if side == Side::Outgoing { edge.to } else { edge.from }),
            via: lookup.nodes(&edge.via),
            how: format!("{}{transport}", edge.kind.as_str()),
            calls_word: words::count(calls.len(), "call", "calls"),
            cells: guards::cells(&calls, edge.coverage.as_ref()),
            // The caller's own sheet has them already.
            details: (side == Side::Outgoing || lookup.anchor(edge.from).is_none())
                .then(|| Details::new(lookup, edge, &idxs)),
        }
    }
}

impl Details {
    fn new(lookup: &Lookup<'_>, edge: &Edge, idxs: &[usize]) -> Self {
        let mut ranked = idxs.to_vec();
        lookup.rank_calls(&mut ranked);
        // A call that is printed shows its own path.
        let hidden = ranked.iter().filter(|it| lookup.call_anchor(**it).is_none());
        let mut hidden_paths = hidden.filter_map(|it| lookup.call(*it)).map(|it| &it.path);
        let first_path = hidden_paths.find(|it| !it.is_empty());
        let witnesses = witnesses(lookup, edge);
        let path = if witnesses.is_empty() {
            first_path.map(|it| lookup.path(it)).unwrap_or_default()
        } else {
            Path::default()
        };
        let calls = ranked.iter().filter_map(|it| {
            let call = lookup.call(*it)?;
            Some((lookup.call_anchor(*it)?, lookup.place(&call.at).text))
        });
        Self {
            witnesses,
            path,
            matched: match_words(edge.matched_by),
            confidence: edge.confidence.as_str(),
            evidence: Capped::new(
                edge.evidence
                    .iter()
                    .map(|it| (lookup.place(&it.at), super::clean::clean(&it.reason))),
                MAX_EVIDENCE,
            ),
            calls: Capped::new(calls, MAX_CALLS),
            why: lookup
                .component(edge.from)
                .zip(lookup.component(edge.to))
                .map(|(from, to)| Command::new("why", &[&from.id(), &to.id()])),
        }
    }
}

/// The shortest unguarded path: always for the timeout, for others where some path does have the guard.
fn witnesses(lookup: &Lookup<'_>, edge: &Edge) -> Vec<(&'static str, Path)> {
    let Some(coverage) = &edge.coverage else {
        return Vec::new();
    };
    let is_partial = |it: &Coverage| 0 < it.covered && it.covered < it.total;
    let kinds = [
        ("timeout", &coverage.timeout, true),
        ("retry", &coverage.retry, is_partial(&coverage.retry)),
        ("breaker", &coverage.breaker, is_partial(&coverage.breaker)),
        ("bulkhead", &coverage.bulkhead, is_partial(&coverage.bulkhead)),
        ("fallback", &coverage.fallback, is_partial(&coverage.fallback)),
    ];
    let shown = kinds
        .into_iter()
        .filter(|(_, it, is_shown)| *is_shown && !it.witness.is_empty());
    shown.map(|(kind, it, _)| (kind, lookup.path(&it.witness))).collect()
}

/// Rows with an unbounded call first, then undecided ones, then by the number of calls.
fn rank(lookup: &Lookup<'_>, edge: &Edge) -> (u8, std::cmp::Reverse<usize>, u32, u32) {
    let calls = lookup.calls_on(edge);
    let bounds = calls
        .iter()
        .filter_map(|it| lookup.call(*it))
        .map(|it| it.guards.timeout.bounds_call);
    let worst = bounds
        .map(|it| match it {
            Some(false) => 0,
            None => 1,
            Some(true) => 2,
        })
        .min()
        .unwrap_or(3);
    (worst, std::cmp::Reverse(calls.len()), edge.to, edge.from)
}

const fn match_words(kind: MatchKind) -> &'static str {
    match kind {
        MatchKind::LiteralHost => "the host stands in the code",
        MatchKind::ServiceName => "the host is a deployed service's name",
        MatchKind::ConfigValue => "a deployment file gives the address",
        MatchKind::ConfigName => "only the configuration name is known",
        MatchKind::GrpcService => "the gRPC service's full name",
        MatchKind::QueueName => "the topic's or queue's name",
        MatchKind::Declared => "declared",
        MatchKind::LibraryHost => "the library always speaks to this host",
        MatchKind::Technology => "only the technology is known",
        MatchKind::Package => "a package dependency",
    }
}
