//! Services and what they call as a Graphviz graph: one node a component, one edge a dependency.
//!
//! Libraries appear in the tooltip of the edges that cross them; the whole call graph is never drawn.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    model::{
        call::{ComponentKind, Transport},
        system::EdgeKind,
    },
    report::{
        dependency::{DependencyRow, dependency_rows},
        json::v1::{Component, Report},
        text::dot as quoted,
        view::View,
    },
};

/// The graph, one statement a line, in the order of the report.
#[must_use]
pub fn render(report: &Report) -> String {
    let view = View::new(report);
    let mut edges = String::new();
    let mut shown = BTreeSet::new();
    for component in report
        .components
        .iter()
        .filter(|component| component.kind != ComponentKind::Library)
    {
        for row in dependency_rows(&view, &component.id) {
            shown.insert(&*component.id);
            shown.insert(row.target);
            edge(&mut edges, &view, component, &row);
        }
    }
    let quiet: Vec<&str> = report
        .components
        .iter()
        .filter(|component| component.kind == ComponentKind::Service && !shown.contains(&*component.id))
        .map(|component| &*component.name)
        .collect();

    let mut out = String::from("digraph failmap {\n");
    out.push_str("  rankdir=LR;\n  node [fontname=\"Helvetica\", fontsize=11, shape=box, style=\"rounded,filled\", fillcolor=white];\n");
    out.push_str("  edge [fontname=\"Helvetica\", fontsize=9];\n");
    out.push_str(LEGEND);
    for (idx, (title, kinds)) in CLUSTERS.iter().enumerate() {
        let members: Vec<_> = report
            .components
            .iter()
            .filter(|component| shown.contains(&*component.id) && kinds.contains(&component.kind))
            .collect();
        if members.is_empty() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "  subgraph cluster_{idx} {{\n    label={};\n    color=gray80;",
            quoted(title)
        );
        for component in members {
            let _ = writeln!(
                out,
                "    {} [label={}, shape={}, tooltip={}];",
                quoted(&component.id),
                quoted(&label(component)),
                shape(component.kind),
                quoted(&tooltip(component))
            );
        }
        out.push_str("  }\n");
    }
    out.push_str(&edges);
    if !quiet.is_empty() {
        // Boxes without lines would push the others apart; the names are enough.
        let _ = writeln!(
            out,
            "  {} [shape=note, style=dashed, color=gray50, label={}];",
            quoted("without a call seen"),
            quiet_label(&quiet)
        );
    }
    out.push_str("}\n");
    out
}

/// What the lines mean, and the look of all labels.
const LEGEND: &str = "  graph [fontname=\"Helvetica\", fontsize=10, labelloc=b, label=\"red dashed: a call without deadline; orange dotted: not decided; green: every call has one\"];\n";

/// Services named in the note of those without a call.
const N_QUIET: usize = 12;
/// Names in one line of it.
const N_QUIET_IN_LINE: usize = 3;

fn quiet_label(names: &[&str]) -> String {
    let mut label = "\"without a call seen:".to_owned();
    for line in names[..names.len().min(N_QUIET)].chunks(N_QUIET_IN_LINE) {
        let line = quoted(&line.join(", "));
        label.push_str("\\n");
        label.push_str(&line[1..line.len() - 1]);
    }
    if N_QUIET < names.len() {
        let _ = write!(label, "\\nand {} more", names.len() - N_QUIET);
    }
    label.push('"');
    label
}

/// Titles and the kinds of components under them.
const CLUSTERS: &[(&str, &[ComponentKind])] = &[
    ("services", &[ComponentKind::Service, ComponentKind::Job]),
    ("external", &[ComponentKind::External, ComponentKind::Mail]),
    (
        "data and messaging",
        &[
            ComponentKind::Datastore,
            ComponentKind::Cache,
            ComponentKind::Broker,
            ComponentKind::Topic,
            ComponentKind::ObjectStore,
        ],
    ),
    ("infrastructure", &[ComponentKind::Infrastructure]),
];

const fn shape(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Service | ComponentKind::Job => "box",
        ComponentKind::External | ComponentKind::Mail => "ellipse",
        ComponentKind::Datastore | ComponentKind::Cache | ComponentKind::ObjectStore => "cylinder",
        ComponentKind::Broker | ComponentKind::Topic => "cds",
        ComponentKind::Infrastructure | ComponentKind::Library => "component",
    }
}

/// The name, with the environments of what is not in all.
fn label(component: &Component) -> String {
    let environments: Vec<_> = component.environments.iter().map(|it| &**it).collect();
    match environments[..] {
        [] => component.name.to_string(),
        _ => format!("{} ({})", component.name, environments.join(", ")),
    }
}

fn tooltip(component: &Component) -> String {
    let mut tooltip = component.id.to_string();
    if let Some(tier) = component.tier {
        let _ = write!(tooltip, ", tier {tier}");
    }
    if !component.aliases.is_empty() {
        let aliases: Vec<_> = component.aliases.iter().map(|alias| &**alias).collect();
        let _ = write!(tooltip, ", also {}", aliases.join(", "));
    }
    tooltip
}

/// One edge: red and dashed without a deadline, amber and dotted where it is not decided.
fn edge(out: &mut String, view: &View, from: &Component, row: &DependencyRow) {
    let (color, style) = match (row.n_calls, row.deadline) {
        (0, _) => ("gray50", "solid"),
        (_, Some(true)) => ("darkgreen", "solid"),
        (_, Some(false)) => ("red3", "dashed"),
        (_, None) => ("darkorange", "dotted"),
    };
    let via = view
        .dependencies(&from.id)
        .into_iter()
        .find(|dependency| dependency.edge.to == *row.target && dependency.edge.kind == row.kind);
    let via: Vec<_> = via
        .iter()
        .flat_map(|dependency| &dependency.edge.via)
        .map(|library| &**library)
        .collect();
    let mut tooltip = format!(
        "timeout {}; retry {}; breaker {}; bulkhead {}; fallback {}; timed paths {}",
        row.timeout, row.retry, row.breaker, row.bulkhead, row.fallback, row.timed_paths
    );
    if !via.is_empty() {
        let _ = write!(tooltip, "; through {}", via.join(", "));
    }
    let label = row.transport.map_or_else(|| row.kind.as_str(), Transport::as_str);
    // A consumer waits for its topic; the arrow still points at what it depends on.
    let arrow = if row.kind == EdgeKind::Consumes {
        ", arrowhead=onormal"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "  {} -> {} [label={}, color={color}, style={style}{arrow}, tooltip={}];",
        quoted(&from.id),
        quoted(row.target),
        quoted(label),
        quoted(&tooltip)
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_whole_graph() {
        let dot = render(&Report::from(&sample::outcome()));
        insta::assert_snapshot!(dot, @r##"
        digraph failmap {
          rankdir=LR;
          node [fontname="Helvetica", fontsize=11, shape=box, style="rounded,filled", fillcolor=white];
          edge [fontname="Helvetica", fontsize=9];
          graph [fontname="Helvetica", fontsize=10, labelloc=b, label="red dashed: a call without deadline; orange dotted: not decided; green: every call has one"];
          subgraph cluster_0 {
            label="services";
            color=gray80;
            "service:checkout" [label="checkout", shape=box, tooltip="service:checkout, tier 0, also checkout.svc.local"];
          }
          subgraph cluster_1 {
            label="external";
            color=gray80;
            "external:evil\"&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{1b}[31m|`x`\\N" [label="evil\"&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{1b}[31m|`x`\\N", shape=ellipse, tooltip="external:evil\"&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{1b}[31m|`x`\\N"];
            "external:maps.example.com" [label="maps.example.com", shape=ellipse, tooltip="external:maps.example.com"];
          }
          subgraph cluster_2 {
            label="data and messaging";
            color=gray80;
            "datastore:orders" [label="orders", shape=cylinder, tooltip="datastore:orders"];
          }
          "service:checkout" -> "external:maps.example.com" [label="http", color=red3, style=dashed, tooltip="timeout none; retry none; breaker none; bulkhead none; fallback none; timed paths 1 of 2; through library:geo"];
          "service:checkout" -> "datastore:orders" [label="http", color=darkgreen, style=solid, tooltip="timeout 1.5s total; retry 3 tries; breaker none; bulkhead none; fallback none; timed paths 1 of 1"];
          "service:checkout" -> "external:evil\"&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{1b}[31m|`x`\\N" [label="http", color=red3, style=dashed, tooltip="timeout none; retry none; breaker none; bulkhead none; fallback none; timed paths 0 of 1"];
        }
        "##);
    }
}
