//! How much an entry counts, by its declared tier.

use crate::model::system::System;

/// Until a tier is declared, every entry counts as critical.
const UNDECLARED: u8 = 0;

/// Twice as much for each tier up: 8 for tier 0, 1 for tier 3 and below.
pub(crate) fn of_entry(system: &System, entry: u32) -> u64 {
    let entry = &system.entries[entry as usize];
    let tier = entry
        .tier
        .or(system.components[entry.service as usize].tier)
        .unwrap_or(UNDECLARED);
    8 >> tier.min(3)
}
