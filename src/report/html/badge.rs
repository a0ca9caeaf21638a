//! State badges: a word, a shape and a color. The shape and the word say it without the color.

use askama::{Template, filters::HtmlSafe};

use crate::model::{
    analysis::State,
    call::Handling,
    finding::{FindingStatus, Level},
};

/// How good a state is. Shape and color follow from the class, in the style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tone {
    Worst,
    Bad,
    Mild,
    Unknown,
    Neutral,
    Good,
}

impl Tone {
    /// The CSS class.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Worst => "worst",
            Self::Bad => "bad",
            Self::Mild => "mild",
            Self::Unknown => "unknown",
            Self::Neutral => "neutral",
            Self::Good => "good",
        }
    }
}

/// One state with an optional count and a detail in plain text behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Template)]
#[template(
    source = r#"<span class="b {{ tone.class() }}">{{ word }}{% if 1 < count %} ×{{ count }}{% endif %}</span>{% if !detail.is_empty() %} <span class="d">{{ detail }}</span>{% endif %}"#,
    ext = "html"
)]
pub(super) struct Badge {
    pub(super) tone: Tone,
    pub(super) word: String,
    pub(super) detail: String,
    pub(super) count: usize,
}

impl HtmlSafe for Badge {}

impl Badge {
    pub(super) fn new(tone: Tone, word: &str) -> Self {
        Self {
            tone,
            word: word.to_owned(),
            detail: String::new(),
            count: 1,
        }
    }

    pub(super) fn with_detail(self, detail: String) -> Self {
        Self { detail, ..self }
    }

    pub(super) fn level(level: Level) -> Self {
        let tone = match level {
            Level::Error => Tone::Worst,
            Level::Warn => Tone::Bad,
            Level::Advice => Tone::Mild,
            Level::Off => Tone::Neutral,
        };
        Self::new(tone, level.as_str())
    }

    pub(super) fn status(status: FindingStatus) -> Self {
        let tone = match status {
            FindingStatus::New => Tone::Neutral,
            FindingStatus::Expired => Tone::Bad,
            FindingStatus::Baseline | FindingStatus::Waived => Tone::Unknown,
        };
        Self::new(tone, status.as_str())
    }

    pub(super) fn handling(handling: Handling) -> Self {
        let tone = match handling {
            Handling::Propagated | Handling::Logged => Tone::Neutral,
            Handling::Swallowed => Tone::Bad,
            Handling::Panics => Tone::Worst,
            Handling::Unknown => Tone::Unknown,
        };
        Self::new(tone, handling.as_str())
    }

    pub(super) fn observed(is_observed: bool) -> Self {
        if is_observed {
            Self::new(Tone::Good, "observed")
        } else {
            Self::new(Tone::Mild, "not observed")
        }
    }

    /// `failing`, or `ok to hanging` where unknowns leave an interval.
    pub(super) fn states(best: State, worst: State) -> Self {
        let word = if best == worst {
            worst.as_str().to_owned()
        } else {
            format!("{} to {}", best.as_str(), worst.as_str())
        };
        Self::new(tone_of_state(worst), &word)
    }
}

const fn tone_of_state(state: State) -> Tone {
    match state {
        State::Ok => Tone::Good,
        State::Degraded => Tone::Mild,
        State::Failing => Tone::Bad,
        State::Hanging => Tone::Worst,
    }
}

/// Equal badges counted, the worst first.
pub(super) fn tally(badges: impl IntoIterator<Item = Badge>) -> Vec<Badge> {
    let mut sorted: Vec<_> = badges.into_iter().collect();
    sorted.sort();
    let mut counted: Vec<Badge> = Vec::new();
    for badge in sorted {
        match counted.last_mut() {
            Some(last) if last.tone == badge.tone && last.word == badge.word && last.detail == badge.detail => {
                last.count += 1
            }
            _ => counted.push(badge),
        }
    }
    counted
}
