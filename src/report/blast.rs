//! Who is degraded, failing or hanging when one component fails, mode by mode.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::{
    model::{
        analysis::{Mode, State},
        call::ComponentKind,
    },
    report::{
        json::v1::{Affected, BlastRadius, Component, Report, StateCounts},
        table::{Cell, Fit, Table},
        terminal::count,
        view::{View, duration, interval, place},
    },
};

/// Entries shown for one service at most.
const N_ENTRIES: usize = 8;

const HEADING: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// The radius of `component` in `mode`, or in every mode. Holds ANSI colours.
#[must_use]
pub fn render(report: &Report, component: &Component, mode: Option<Mode>, width: usize) -> String {
    let view = View::new(report);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{HEADING}{}{HEADING:#}", component.id);
    let modes = mode.map_or_else(
        || vec![Mode::Change, Mode::Error, Mode::Hang, Mode::Overload],
        |mode| vec![mode],
    );
    for mode in modes {
        match view.radius(&component.id, mode) {
            Some(radius) => radius_section(&mut out, &view, radius, width),
            None => {
                let _ = writeln!(
                    out,
                    "\n{HEADING}{}{HEADING:#}  nobody was seen to be affected",
                    mode.as_str()
                );
            }
        }
    }
    single_point(&mut out, report, component);
    let n_unresolved = report.calls.iter().filter(|call| call.target.is_none()).count();
    if 0 < n_unresolved {
        let calls = count(n_unresolved as u64, "call", "calls");
        let _ = writeln!(out, "\n{FAINT}{calls} with unknown target may reach it too{FAINT:#}");
    }
    out
}

fn radius_section(out: &mut String, view: &View, radius: &BlastRadius, width: usize) {
    let title = match radius.mode {
        Mode::Change => "when it changes",
        Mode::Error => "when it fails fast (refuses, or answers errors)",
        Mode::Hang => "when it hangs (no answer)",
        Mode::Overload => "when it is overloaded",
    };
    let _ = writeln!(out, "\n{HEADING}{title}{HEADING:#}");
    if radius.affected.is_empty() {
        out.push_str("  nobody was seen to be affected\n");
        return;
    }
    if radius.mode == Mode::Change {
        let n_services = radius
            .affected
            .iter()
            .filter(|affected| is_service(view, affected))
            .count();
        let _ = writeln!(
            out,
            "  {} and {} depend on it",
            count(n_services as u64, "service", "services"),
            count(
                (radius.affected.len() - n_services) as u64,
                "other component",
                "other components"
            )
        );
    } else {
        let _ = writeln!(out, "  best {}; worst {}", counts(radius.best), counts(radius.worst));
    }
    let mut table = Table::new(&[
        ("", Fit::CutEnd),
        ("", Fit::Whole),
        ("", Fit::Whole),
        ("", Fit::CutStart),
    ]);
    for affected in &radius.affected {
        let first = affected.path.first();
        let at = first.map_or(String::new(), |hop| place(view.report, &hop.root, &hop.file, hop.line));
        let state = if radius.mode == Mode::Change {
            String::new()
        } else {
            interval(affected.best, affected.worst)
        };
        table.row(vec![
            Cell::new(&*affected.component),
            Cell::styled(state, state_style(affected.worst)),
            Cell::new(""),
            Cell::styled(at, FAINT),
        ]);
        for entry in affected.entries.iter().take(N_ENTRIES) {
            let name = view.entry(&entry.id).map_or(&*entry.id, |entry| &*entry.name);
            let latency = entry
                .latency_ms
                .map_or(String::new(), |ms| format!("after {}", duration(ms)));
            table.row(vec![
                Cell::styled(format!("  {name}"), FAINT),
                Cell::styled(interval(entry.best, entry.worst), state_style(entry.worst)),
                Cell::new(latency),
                Cell::new(""),
            ]);
        }
        if N_ENTRIES < affected.entries.len() {
            let more = format!("  {} more entries", affected.entries.len() - N_ENTRIES);
            table.row(vec![
                Cell::styled(more, FAINT),
                Cell::new(""),
                Cell::new(""),
                Cell::new(""),
            ]);
        }
    }
    table.render(out, 2, width, FAINT);
    if !radius.depends_on_unknown.is_empty() {
        let calls: Vec<_> = radius
            .depends_on_unknown
            .iter()
            .take(N_ENTRIES)
            .map(|call| &**call)
            .collect();
        let more = radius.depends_on_unknown.len() - calls.len();
        let more = if more == 0 {
            String::new()
        } else {
            format!(" and {more} more")
        };
        let _ = writeln!(
            out,
            "  {FAINT}the interval is wide because of unknowns at {}{more}{FAINT:#}",
            calls.join(", ")
        );
    }
}

fn single_point(out: &mut String, report: &Report, component: &Component) {
    for point in report
        .single_points_of_failure
        .iter()
        .filter(|point| point.component == component.id)
    {
        let _ = writeln!(
            out,
            "\nAlone it takes {} of {} down ({}, {})",
            count(point.entries.len() as u64, "entry", "entries"),
            count(point.services.len() as u64, "service", "services"),
            point.mode.as_str(),
            interval(point.best, point.worst)
        );
    }
}

fn is_service(view: &View, affected: &Affected) -> bool {
    view.component(&affected.component)
        .is_some_and(|component| component.kind == ComponentKind::Service)
}

fn counts(counts: StateCounts) -> String {
    let StateCounts {
        degraded,
        failing,
        hanging,
    } = counts;
    match (degraded, failing, hanging) {
        (0, 0, 0) => "all ok".to_owned(),
        _ => format!("{degraded} degraded, {failing} failing, {hanging} hanging"),
    }
}

fn state_style(state: State) -> Style {
    match state {
        State::Ok => AnsiColor::Green.on_default(),
        State::Degraded => AnsiColor::Yellow.on_default(),
        State::Failing | State::Hanging => AnsiColor::Red.on_default().bold(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{lookup, sample};

    #[test]
    fn every_mode() {
        let report = Report::from(&sample::outcome());
        let maps = lookup::component(&report, "maps").expect("one fits");
        let text = anstream::adapter::strip_str(&render(&report, maps, None, 100)).to_string();
        insta::assert_snapshot!(text, @r##"
        external:maps.example.com

        change  nobody was seen to be affected

        when it fails fast (refuses, or answers errors)
          best all ok; worst 0 degraded, 1 failing, 0 hanging
          service:checkout  degraded to failing    libs/geo/src/client.rs:41
            POST /checkout  degraded to failing
          the interval is wide because of unknowns at c2

        when it hangs (no answer)
          best all ok; worst 0 degraded, 0 failing, 1 hanging
          service:checkout  degraded to hanging    libs/geo/src/client.rs:41
            POST /checkout  degraded to hanging
          the interval is wide because of unknowns at c2

        overload  nobody was seen to be affected

        Alone it takes 1 entry of 1 service down (hang, failing to hanging)
        "##);
    }
}
