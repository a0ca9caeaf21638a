//! Services that call each other in a circle, and packages that depend on each other in one.

use super::{Context, Draft};
use crate::model::{
    call::{ComponentKind, Confidence},
    finding::Level,
    location::Evidence,
    system::{ComponentIdx, Edge, EdgeKind},
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
    for group in strong_groups(context.system.components.len(), edges) {
        let circle = circle(&group, edges);
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
            target: group.iter().map(|member| name(*member)).collect::<Vec<_>>().join(" "),
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

/// Groups of more than one member, each and all sorted: Kosaraju's algorithm with its own stack.
fn strong_groups(n_components: usize, edges: &[&Edge]) -> Vec<Vec<ComponentIdx>> {
    let (mut out, mut into) = (vec![Vec::new(); n_components], vec![Vec::new(); n_components]);
    for edge in edges {
        out[edge.from as usize].push(edge.to);
        into[edge.to as usize].push(edge.from);
    }
    let mut order = Vec::new();
    let mut is_seen = vec![false; n_components];
    for start in edges.iter().map(|edge| edge.from) {
        let mut stack = vec![(start, 0)];
        while let Some((member, n_done)) = stack.pop() {
            if n_done == 0 && std::mem::replace(&mut is_seen[member as usize], true) {
                continue;
            }
            match out[member as usize].get(n_done) {
                Some(&next) => stack.extend([(member, n_done + 1), (next, 0)]),
                None => order.push(member),
            }
        }
    }
    let mut groups = Vec::new();
    for start in order.into_iter().rev() {
        let (mut group, mut stack) = (Vec::new(), vec![start]);
        while let Some(member) = stack.pop() {
            if std::mem::replace(&mut is_seen[member as usize], false) {
                group.push(member);
                stack.extend(&into[member as usize]);
            }
        }
        group.sort_unstable();
        groups.extend((1 < group.len()).then_some(group));
    }
    groups.sort_unstable();
    groups
}

/// The shortest circle through the first member: members sorted, edges in order, so always the same.
fn circle<'e>(group: &[ComponentIdx], edges: &[&'e Edge]) -> Vec<&'e Edge> {
    let Some(&start) = group.first() else { return Vec::new() };
    let inside: Vec<&Edge> = edges
        .iter()
        .copied()
        .filter(|edge| group.contains(&edge.from) && group.contains(&edge.to))
        .collect();
    let mut reached: Vec<(ComponentIdx, Option<(usize, &Edge)>)> = vec![(start, None)];
    let mut next = 0;
    while next < reached.len() {
        let member = reached[next].0;
        for edge in inside.iter().filter(|edge| edge.from == member) {
            if edge.to == start {
                let mut circle = vec![*edge];
                let mut at = next;
                while let Some((before, edge)) = reached[at].1 {
                    circle.push(edge);
                    at = before;
                }
                circle.reverse();
                return circle;
            }
            if reached.iter().all(|(member, _)| *member != edge.to) {
                reached.push((edge.to, Some((next, edge))));
            }
        }
        next += 1;
    }
    Vec::new()
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
