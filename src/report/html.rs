//! The architecture-review report: one HTML file that needs no network, no script and no color.
//!
//! Rust decides what is said and in which order; `templates/` holds the markup, and askama escapes
//! every text. The script only filters, sorts and opens what is already in the page. The page lists
//! what a reviewer asks for first (a verdict with its blind spots, then ranked risks), and gives each
//! service and target a sheet with its guards as a matrix, its blast radius and one focused picture.
//! Long lists are cut at named limits, and each cut says how many rows `report.json` holds in addition.

mod badge;
mod blast;
mod blind;
mod calls;
mod clean;
mod focus;
mod guards;
mod layout;
mod lookup;
mod matrix;
mod parts;
mod risks;
#[cfg(test)]
mod sample;
mod sheet;
mod summary;
#[cfg(test)]
mod tests;
mod weak;
mod words;

use askama::Template;

use crate::model::outcome::Outcome;

use self::{
    blind::{BlindSpots, Method},
    calls::CallList,
    lookup::Lookup,
    risks::Risks,
    sheet::{Libraries, Sheets},
    summary::Summary,
    weak::WeakPoints,
    words::{GLOSSARY, Term},
};

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum HtmlError {
    /// A template failed to render.
    #[error("render the HTML report")]
    Render(#[from] askama::Error),
    /// The outcome could not be serialized to derive the page's nonce.
    #[error("serialize the outcome for the HTML report")]
    Serialize(#[from] serde_json::Error),
}

/// Sheets are open from the start in systems of up to this many components: less clicking, still one short page.
const MAX_COMPONENTS_OPEN: usize = 14;

/// Render the whole report: one self-contained page, the same bytes for the same outcome.
///
/// # Errors
/// When a template fails or the outcome cannot be serialized; neither depends on the scanned code.
pub fn html(outcome: &Outcome) -> Result<String, HtmlError> {
    let lookup = Lookup::new(outcome);
    // Scripts and styles run only with this nonce. It is the hash of the whole outcome, so that a text of the
    // scanned code that slipped through the escaping could still not name it.
    let nonce = blake3::hash(&serde_json::to_vec(outcome)?).to_hex();
    let page = Page {
        title: summary::title(outcome),
        nonce: nonce[..32].to_owned(),
        style: include_str!("../../templates/report/report.css"),
        script: include_str!("../../templates/report/report.js"),
        is_open: outcome.system.components.len() <= MAX_COMPONENTS_OPEN,
        summary: Summary::new(&lookup),
        risks: Risks::new(&lookup),
        services: Sheets::services(&lookup),
        targets: Sheets::targets(&lookup),
        libraries: Libraries::new(&lookup),
        weak: WeakPoints::new(&lookup),
        untargeted: CallList::without_target(&lookup),
        blind: BlindSpots::new(&lookup),
        method: Method::new(&lookup),
        glossary: GLOSSARY,
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "report.html", whitespace = "minimize")]
struct Page {
    title: String,
    nonce: String,
    style: &'static str,
    script: &'static str,
    is_open: bool,
    summary: Summary,
    risks: Risks,
    services: Sheets,
    targets: Sheets,
    libraries: Libraries,
    weak: WeakPoints,
    untargeted: CallList,
    blind: BlindSpots,
    method: Method,
    glossary: &'static [Term],
}
