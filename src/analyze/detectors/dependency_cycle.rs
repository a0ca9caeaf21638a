//! Services that call each other in a circle, and packages that depend on each other in one.

use super::{Context, Draft};
use crate::{
    graph::{
        paths::shortest_path,
        scc::StrongComponents,
        storage::{Direction, EdgeIdx, Graph, NodeIdx},
    },
    model::{
        call::{ComponentKind, Confidence},
        finding::Level,
        location::Evidence,
        system::{ComponentIdx, Edge, EdgeKind},
    },
};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    let kind = |idx: ComponentIdx| context.system.components[idx as usize].kind;
    let is_deployed = |idx| matches!(kind(idx), ComponentKind::Service | ComponentKind::Job);
    let calls = |edge: &&Edge| edge.kind == EdgeKind::Calls && is_deployed(edge.from) && is_deployed(edge.to);
    let packages = |edge: &&Edge| {
        edge.kind == EdgeKind::DependsOn
            && kind(edge.from) == ComponentKind::Library
            && kind(edge.to) == ComponentKind::Library
    };
    let mut drafts = circles(
        context,
        "call",
        &context.system.edges.iter().filter(calls).collect::<Vec<_>>(),
    );
    drafts.extend(circles(
        context,
        "depend on",
        &context.system.edges.iter().filter(packages).collect::<Vec<_>>(),
    ));
    drafts
}

/// One finding for each group that is connected both ways, with one circle through it as the path.
fn circles(context: &Context<'_>, verb: &str, edges: &[&Edge]) -> Vec<Draft> {
    let name = |idx: ComponentIdx| context.system.components[idx as usize].id().to_string();
    let mut drafts = Vec::new();
    let n_nodes = u32::try_from(context.system.components.len()).expect("fewer than 2^32 components");
    let graph = Graph::new(
        n_nodes,
        edges
            .iter()
            .map(|edge| (NodeIdx(edge.from), NodeIdx(edge.to)))
            .collect(),
    );
    for group in groups(&graph) {
        let Some(circle) = circle(&graph, &group) else { continue };
        let circle: Vec<&Edge> = circle.iter().map(|edge| edges[edge.idx()]).collect();
        let Some(first) = circle.first() else { continue };
        let path: Vec<Evidence> = circle
            .iter()
            .filter_map(|edge| edge.evidence.first().cloned())
            .collect();
        let Some(at) = path.first().map(|evidence| evidence.at.clone()) else {
            continue;
        };
        let mut steps: Vec<String> = circle.iter().map(|edge| name(edge.from)).collect();
        steps.push(name(first.from));
        let others = if group.len() == circle.len() {
            String::new()
        } else {
            format!(" ({} in all)", group.len())
        };
        drafts.push(Draft {
            at,
            package: "".into(),
            function: "".into(),
            target: group.iter().map(|member| name(member.0)).collect::<Vec<_>>().join(" "),
            component: Some(first.from),
            call: first.calls.first().copied(),
            message: format!("{} {verb} each other in a circle{others}", steps.join(" → ")),
            fix: "break the circle at its weakest edge: an event instead of a call, or a part below both".to_owned(),
            path,
            confidence: circle
                .iter()
                .map(|edge| edge.confidence)
                .max()
                .unwrap_or(Confidence::High),
            max_level: Level::Error,
        });
    }
    drafts
}

/// Groups of more than one member, each and all sorted.
fn groups(graph: &Graph) -> Vec<Vec<NodeIdx>> {
    let strong = StrongComponents::of(graph, |_| true);
    let mut groups: Vec<Vec<NodeIdx>> = strong
        .members()
        .iter()
        .filter(|group| 1 < group.len())
        .cloned()
        .collect();
    groups.sort_unstable();
    groups
}

/// The shortest circle through the group's first member, as positions of edges.
fn circle(graph: &Graph, group: &[NodeIdx]) -> Option<Vec<EdgeIdx>> {
    let start = *group.first()?;
    let ways = graph
        .neighbors(start, Direction::Forward)
        .iter()
        .filter(|(next, _)| *next != start);
    let back = ways.filter_map(|(next, first)| {
        let rest = shortest_path(graph, &[*next], start, |_| true)?;
        Some(std::iter::once(*first).chain(rest).collect::<Vec<_>>())
    });
    back.min_by_key(|circle| (circle.len(), circle.clone()))
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    const RULE: &str = "dependency-cycle";

    #[test]
    fn services_in_a_circle() {
        check(
            RULE,
            "service a main -> service b\nservice b main -> service c\nservice c main -> service a\nservice d main -> service a",
            &["warn 1: service:a → service:b → service:c → service:a call each other in a circle"],
        );
        check(
            RULE,
            "service a main -> service b\nservice b main -> service a\nservice b main -> service c\nservice c main -> service a",
            &["warn 1: service:a → service:b → service:a call each other in a circle (3 in all)"],
        );
    }

    #[test]
    fn packages_in_a_circle() {
        check(
            RULE,
            "library a depends-on library b\nlibrary b depends-on library a",
            &["warn 1: library:a → library:b → library:a depend on each other in a circle"],
        );
    }

    #[test]
    fn chains_and_events_are_none() {
        check(
            RULE,
            "service a main -> service b\nservice b main -> service c\nservice a main -> service c",
            &[],
        );
        check(RULE, "service a main -> service a", &[]);
        check(
            RULE,
            "service a main -> topic t effect=publish\nservice b main -> topic t effect=publish",
            &[],
        );
    }
}
