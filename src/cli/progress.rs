//! What the user sees while waiting: a bar on a terminal's error stream, stage times on request.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::pipeline::{Progress, Stage};

/// What may be printed on the error stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reporting {
    pub(super) quiet: bool,
    pub(super) timings: bool,
}

/// Shows the stages of one run.
pub(super) struct Display {
    bar: ProgressBar,
    timings: Option<Mutex<Vec<(Stage, Instant)>>>,
}

impl Display {
    pub(super) fn new(reporting: Reporting) -> Self {
        // indicatif draws nothing where the error stream is no terminal.
        let target = if reporting.quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{spinner} {msg} {pos}/{len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        Self {
            bar,
            timings: reporting.timings.then(|| Mutex::new(Vec::new())),
        }
    }

    /// Take the bar away, and print the stage times where they were asked for.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
        let Some(timings) = &self.timings else { return };
        let timings = timings.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = timings.iter().skip(1).map(|(_, start)| *start).chain([Instant::now()]);
        let mut total = Duration::ZERO;
        for ((stage, start), end) in timings.iter().zip(ends) {
            let took = end.duration_since(*start);
            total += took;
            anstream::eprintln!("{:>10.1} ms  {}", took.as_secs_f64() * 1_000.0, stage.as_str());
        }
        anstream::eprintln!("{:>10.1} ms  total", total.as_secs_f64() * 1_000.0);
    }
}

impl Progress for Display {
    fn stage(&self, stage: Stage, n_steps: u64) {
        self.bar.set_message(stage.as_str());
        self.bar.set_length(n_steps);
        self.bar.set_position(0);
        if let Some(timings) = &self.timings {
            timings
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((stage, Instant::now()));
        }
    }

    fn step(&self) {
        self.bar.inc(1);
    }
}
