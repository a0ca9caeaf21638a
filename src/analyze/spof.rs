//! Single points of failure: components whose failure alone makes an entry fail or hang.

use std::cmp::Reverse;

use super::weight;
use crate::model::{
    analysis::{Affected, AffectedEntry, BlastRadius, Mode, SinglePoint, State},
    system::System,
};

/// From the radii of all components: those that alone take an entry down, the heaviest first.
pub(crate) fn single_points(system: &System, radii: &[BlastRadius]) -> Vec<SinglePoint> {
    let mut points: Vec<(u64, SinglePoint)> = Vec::new();
    for radii in radii.chunk_by(|one, other| one.component == other.component) {
        let found = radii
            .iter()
            .filter(|radius| matches!(radius.mode, Mode::Error | Mode::Hang))
            .filter_map(single_point);
        // The worse of the two modes; where they are equal, `error`, which comes first.
        if let Some(point) = found.reduce(|error, hang| {
            let is_worse = (error.worst, error.entries.len()) < (hang.worst, hang.entries.len());
            if is_worse { hang } else { error }
        }) {
            let tiers = point.entries.iter().map(|entry| weight::of_entry(system, *entry)).sum();
            points.push((tiers, point));
        }
    }
    points.sort_by_key(|(weight, point)| (Reverse(*weight), Reverse(point.worst), point.component));
    points.into_iter().map(|(_, point)| point).collect()
}

fn single_point(radius: &BlastRadius) -> Option<SinglePoint> {
    let is_down = |entry: &&AffectedEntry| State::Failing <= entry.worst;
    let down: Vec<&Affected> = radius
        .affected
        .iter()
        .filter(|affected| affected.entries.iter().any(|entry| is_down(&entry)))
        .collect();
    let entries: Vec<&AffectedEntry> = down
        .iter()
        .flat_map(|affected| &affected.entries)
        .filter(is_down)
        .collect();
    let worst = entries.iter().map(|entry| entry.worst).max()?;
    let mut positions: Vec<u32> = entries.iter().map(|entry| entry.entry).collect();
    positions.sort_unstable();
    Some(SinglePoint {
        component: radius.component,
        mode: radius.mode,
        best: entries.iter().map(|entry| entry.best).max().unwrap_or(State::Ok),
        worst,
        entries: positions,
        services: down.iter().map(|affected| affected.component).collect(),
        path: down
            .iter()
            .find(|affected| affected.worst == worst)
            .map(|affected| affected.path.clone())
            .unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::single_points;
    use crate::analyze::{network::Network, notation, radius, routes::Routes};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let system = notation::read(text);
        let network = Network::of(&system, &Routes::of(&system));
        let points = single_points(&system, &radius::blast_radii(&network));
        let lines: Vec<String> = points
            .iter()
            .map(|point| {
                let entries: Vec<&str> = point
                    .entries
                    .iter()
                    .map(|entry| system.entries[*entry as usize].id.as_str())
                    .collect();
                let component = system.components[point.component as usize].id();
                let (mode, best, worst) = (point.mode.as_str(), point.best.as_str(), point.worst.as_str());
                format!("{component} {mode} {best}..{worst}: {}", entries.join(", "))
            })
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn an_entry_that_calls_two_has_two() {
        check(
            "service a GET /a -> datastore d timeout=10\nservice a GET /a -> external x",
            &[
                "external:x hang hanging..hanging: service:a GET /a",
                "datastore:d error failing..failing: service:a GET /a",
            ],
        );
    }

    #[test]
    fn the_heavier_entry_comes_first_whatever_its_state() {
        check(
            "service a GET /a -> external x\nentry service a GET /a tier=3\nservice b GET /b -> external y timeout=10",
            &[
                "external:y error failing..failing: service:b GET /b",
                "external:x hang hanging..hanging: service:a GET /a",
            ],
        );
    }

    #[test]
    fn what_only_degrades_or_is_never_awaited_is_none() {
        check("service a GET /a -> external x timeout=10 fallback=yes", &[]);
        check("service a GET /a -> external x delivery=detached", &[]);
        check("service a main -> external x phase=boot", &[]);
    }
}
