//! One component alone takes entries of a service down, whatever the unknowns are.

use super::{Context, Draft};
use crate::model::{
    Name,
    analysis::{Affected, Mode, SinglePoint, State},
    call::Confidence,
    finding::Level,
};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for point in context.single_points {
        let radius = context
            .radii
            .binary_search_by_key(&(point.component, point.mode), |radius| (radius.component, radius.mode));
        let Some(radius) = radius.ok().map(|idx| &context.radii[idx]) else {
            continue;
        };
        drafts.extend(
            radius
                .affected
                .iter()
                .filter_map(|affected| draft(context, point, affected)),
        );
    }
    drafts
}

fn draft(context: &Context<'_>, point: &SinglePoint, affected: &Affected) -> Option<Draft> {
    let entries = affected.entries.iter().filter(|entry| State::Failing <= entry.best);
    let names: Vec<&Name> = entries
        .map(|entry| &context.system.entries[entry.entry as usize].name)
        .collect();
    let first = affected.path.first()?;
    let (component, service) = (
        &context.system.components[point.component as usize],
        &context.system.components[affected.component as usize],
    );
    let happens = if point.mode == Mode::Hang { "hangs" } else { "fails" };
    let follows = if affected.worst == State::Hanging {
        "hang"
    } else {
        "fail"
    };
    let entries = match names.as_slice() {
        [] => return None,
        [one] => format!("{one} of {}", service.id()),
        many => format!("{} entries of {}", many.len(), service.id()),
    };
    let verb = if names.len() == 1 {
        format!("{follows}s")
    } else {
        follows.to_owned()
    };
    Some(Draft {
        at: first.at.clone(),
        package: Name::default(),
        function: service.id(),
        target: component.id().to_string(),
        component: Some(affected.component),
        call: None,
        message: format!("when {} {happens}, {entries} {verb}", component.id()),
        fix: "decide whether the entry can do without: a fallback, a cached answer, doing it later, a second one with another fate".to_owned(),
        path: affected.path.clone(),
        confidence: Confidence::High,
        max_level: Level::Error,
    })
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    #[test]
    fn only_what_is_certain() {
        check(
            "single-point-of-failure",
            "service a GET /a -> datastore d timeout=10\nservice a GET /b -> datastore d timeout=10\n\
             service b GET /b -> external x\nservice c GET /c -> external y condition=branch\n\
             service c GET /c -> external z timeout=10 fallback=yes",
            &[
                "advice 1: when datastore:d fails, 2 entries of service:a fail",
                "advice 3: when external:x hangs, GET /b of service:b hangs",
            ],
        );
    }
}
