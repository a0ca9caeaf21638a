//! The ways from a call up to its entries, read from the call sites: who hands an error on, who drops it.

use rustc_hash::FxHashMap;

use super::outcome::Passage;
use crate::model::{
    Name,
    system::{Site, System},
};

const UNSEEN: u8 = u8::MAX;

/// The functions of the system and the sites that lead down to a call.
pub(crate) struct Routes<'s> {
    sites: &'s [Site],
    functions: FxHashMap<Name, u32>,
    /// For each function the sites that call it, with the function around each: `(caller, site)`.
    callers: Vec<Vec<(u32, u32)>>,
}

impl<'s> Routes<'s> {
    pub(crate) fn of(system: &'s System) -> Self {
        let mut routes = Self {
            sites: &system.sites,
            functions: FxHashMap::default(),
            callers: Vec::new(),
        };
        for call in &system.calls {
            routes.intern(&call.function);
        }
        for entry in &system.entries {
            routes.intern(&entry.handler);
        }
        for (site_idx, site) in (0..).zip(&system.sites) {
            let caller = routes.intern(&site.function);
            for callee in &site.callees {
                let callee = routes.intern(callee);
                routes.callers[callee as usize].push((caller, site_idx));
            }
        }
        routes
    }

    fn intern(&mut self, name: &Name) -> u32 {
        if let Some(&known) = self.functions.get(name) {
            return known;
        }
        let idx = u32::try_from(self.callers.len()).expect("fewer than 2^32 functions");
        self.functions.insert(name.clone(), idx);
        self.callers.push(Vec::new());
        idx
    }

    /// The function of that name.
    pub(crate) fn function(&self, name: &Name) -> Option<u32> {
        self.functions.get(name).copied()
    }

    /// A place to keep the results of one [`Climb::run`] after the other.
    pub(crate) fn climb(&self) -> Climb<'_, 's> {
        Climb {
            routes: self,
            ranks: vec![UNSEEN; self.callers.len()],
            touched: Vec::new(),
        }
    }
}

/// A search upwards for the way with the lowest rank, where a way's rank is the highest of its sites'.
pub(crate) struct Climb<'r, 's> {
    routes: &'r Routes<'s>,
    ranks: Vec<u8>,
    touched: Vec<u32>,
}

/// One more than the highest rank.
const N_RANKS: usize = 4;

impl Climb<'_, '_> {
    /// Rank every function above `start`; a site without a rank is no way.
    pub(crate) fn run(&mut self, start: u32, rank_of: impl Fn(&Site) -> Option<u8>) {
        for function in self.touched.drain(..) {
            self.ranks[function as usize] = UNSEEN;
        }
        let mut waiting: [Vec<u32>; N_RANKS] = Default::default();
        waiting[0].push(start);
        for rank in 0..N_RANKS {
            while let Some(function) = waiting[rank].pop() {
                let known = &mut self.ranks[function as usize];
                if *known != UNSEEN {
                    continue;
                }
                *known = u8::try_from(rank).expect("few ranks");
                self.touched.push(function);
                for &(caller, site) in &self.routes.callers[function as usize] {
                    if self.ranks[caller as usize] == UNSEEN
                        && let Some(step) = rank_of(&self.routes.sites[site as usize])
                    {
                        waiting[rank.max(usize::from(step)).min(N_RANKS - 1)].push(caller);
                    }
                }
            }
        }
    }

    /// The rank of the best way that the last run found from there.
    pub(crate) fn rank(&self, function: u32) -> Option<u8> {
        Some(self.ranks[function as usize]).filter(|rank| *rank != UNSEEN)
    }
}

/// The mildest and the most harmful thing that can happen to an error on its way up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) best: Passage,
    pub(crate) worst: Passage,
}

impl Way {
    /// The call is known to be reached, the way is not.
    pub(crate) const UNKNOWN: Self = Self {
        best: Passage::NotTaken,
        worst: Passage::Hard,
    };
}

/// For each function that holds a call, in the order of `starts`: the way up to each of `ends` (functions).
pub(crate) fn ways(routes: &Routes<'_>, starts: &[u32], ends: &[Vec<u32>]) -> Vec<Vec<Option<Way>>> {
    let (mut best, mut worst) = (routes.climb(), routes.climb());
    let step =
        |site: &Site, is_best| Some(Passage::of_step(site.condition, site.delivery, site.handling, is_best).rank());
    starts
        .iter()
        .zip(ends)
        .map(|(&start, ends)| {
            best.run(start, |site| step(site, true));
            worst.run(start, |site| step(site, false));
            ends.iter()
                .map(|&end| {
                    let (best, worst) = (best.rank(end)?, worst.rank(end)?);
                    Some(Way {
                        best: Passage::of_rank(best),
                        worst: Passage::of_rank(worst),
                    })
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Routes, ways};
    use crate::analyze::notation;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let system = notation::read(text);
        let routes = Routes::of(&system);
        let start = routes
            .function(&system.calls[0].function)
            .expect("the call's function is known");
        let end = routes
            .function(&system.entries[0].handler)
            .expect("the handler is known");
        let found = match ways(&routes, &[start], &[vec![end]])[0][0] {
            Some(way) => format!("{:?}..{:?}", way.best, way.worst),
            None => "none".to_owned(),
        };
        assert_eq!(found, expected);
    }

    const CALL: &str = "service a GET /x -> external b fn=geo::look\n";

    #[test]
    fn the_mildest_step_decides_a_way_and_the_most_harmful_way_decides() {
        check("service a GET /x -> external b", "Hard..Hard");
        check(&format!("{CALL}site a::GET_/x -> geo::look"), "Hard..Hard");
        check(
            &format!("{CALL}site a::GET_/x -> geo::look handling=swallowed"),
            "Soft..Soft",
        );
        check(
            &format!("{CALL}site a::GET_/x -> mid handling=logged\nsite mid -> geo::look\nsite a::GET_/x -> geo::look"),
            "Hard..Hard",
        );
        check(
            &format!("{CALL}site a::GET_/x -> mid delivery=detached\nsite mid -> geo::look handling=swallowed"),
            "Detached..Detached",
        );
    }

    #[test]
    fn unknown_steps_give_an_interval() {
        check(
            &format!("{CALL}site a::GET_/x -> geo::look condition=branch"),
            "NotTaken..Hard",
        );
        check(
            &format!("{CALL}site a::GET_/x -> geo::look handling=unknown"),
            "Soft..Hard",
        );
        check(CALL, "none");
    }

    #[test]
    fn recursion_ends() {
        check(
            &format!("{CALL}site geo::look -> geo::look\nsite a::GET_/x -> geo::look"),
            "Hard..Hard",
        );
    }
}
