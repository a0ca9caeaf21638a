//! Which facts apply to which version of a library.

use semver::{Op, Version, VersionReq};

/// A version above every real one.
const FAR: u64 = u64::MAX / 2;

/// Whether `version` meets the requirement. A pre-release counts as the release that it leads to.
#[must_use]
pub fn admits(requirement: &VersionReq, version: &Version) -> bool {
    if requirement.matches(version) {
        return true;
    }
    !version.pre.is_empty() && requirement.matches(&Version::new(version.major, version.minor, version.patch))
}

/// Whether every version of `within` (of all, where absent) meets one of the requirements.
///
/// Exact for requirements made of `<`, `<=`, `>`, `>=`, `^`, `~`, `=` and `*`: it is enough to try the
/// versions at which some comparator changes its answer, and their neighbors.
#[must_use]
pub fn cover(requirements: &[&VersionReq], within: Option<&VersionReq>) -> bool {
    let mut samples = vec![Version::new(0, 0, 0), Version::new(FAR, 0, 0)];
    for requirement in requirements.iter().copied().chain(within) {
        for comparator in &requirement.comparators {
            let (major, minor, patch) = (
                comparator.major,
                comparator.minor.unwrap_or(0),
                comparator.patch.unwrap_or(0),
            );
            samples.push(Version::new(major, minor, patch));
            samples.push(Version::new(major, minor, patch.saturating_add(1)));
            samples.push(Version::new(major, minor.saturating_add(1), 0));
            samples.push(Version::new(major.saturating_add(1), 0, 0));
            samples.extend(before(major, minor, patch));
        }
    }
    let is_in_scope = |version: &&Version| within.is_none_or(|within| admits(within, version));
    samples
        .iter()
        .filter(is_in_scope)
        .all(|version| requirements.iter().any(|requirement| admits(requirement, version)))
}

/// The version that "no version known" may be taken for: one that meets the requirement.
#[must_use]
pub fn newest_named(requirement: &VersionReq) -> Option<Version> {
    let mut candidates: Vec<Version> = Vec::new();
    for comparator in &requirement.comparators {
        let (major, minor, patch) = (
            comparator.major,
            comparator.minor.unwrap_or(0),
            comparator.patch.unwrap_or(0),
        );
        candidates.push(Version::new(major, minor, patch));
        if matches!(comparator.op, Op::Less) {
            candidates.extend(before(major, minor, patch));
        }
    }
    candidates.retain(|version| requirement.matches(version));
    candidates.into_iter().max()
}

/// The highest version below, as far as it can be written.
fn before(major: u64, minor: u64, patch: u64) -> Option<Version> {
    match (major, minor, patch) {
        (_, _, 1..) => Some(Version::new(major, minor, patch - 1)),
        (_, 1.., 0) => Some(Version::new(major, minor - 1, FAR)),
        (1.., 0, 0) => Some(Version::new(major - 1, FAR, FAR)),
        (0, 0, 0) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn req(text: &str) -> VersionReq {
        VersionReq::parse(text).expect("a valid requirement")
    }

    fn covers(requirements: &[&str], within: Option<&str>) -> bool {
        let parsed: Vec<VersionReq> = requirements.iter().map(|text| req(text)).collect();
        cover(&parsed.iter().collect::<Vec<_>>(), within.map(req).as_ref())
    }

    #[test]
    fn a_prerelease_counts_as_its_release() {
        let version = Version::parse("1.0.0-rc.2").expect("valid");
        assert!(admits(&req(">=1"), &version));
        assert!(!admits(&req("<1"), &version));
        assert!(!admits(&req(">=1.1"), &version));
    }

    #[test]
    fn requirements_cover_when_no_version_falls_between() {
        assert!(covers(&["<3", ">=3"], None));
        assert!(!covers(&["<3", ">3"], None));
        assert!(!covers(&["<3"], None));
        assert!(covers(&["<3"], Some("<3")));
        assert!(covers(&["<0.12.23", ">=0.12.23"], Some(">=0.11, <0.14")));
        assert!(!covers(&["<0.12.22", ">=0.12.23"], Some(">=0.11, <0.14")));
        assert!(covers(&["<2", ">=2, <3", ">=3"], Some(">=1, <4")));
        assert!(!covers(&["<2", ">=3"], Some(">=1, <4")));
        assert!(!covers(&[], None));
    }

    #[test]
    fn the_newest_named_version_meets_the_requirement() {
        let newest = newest_named(&req(">=0.11, <0.14")).expect("bounded");
        assert!(newest.minor == 13 && req("<0.14").matches(&newest));
        assert_eq!(newest_named(&req(">=1.2")), Some(Version::new(1, 2, 0)));
        assert_eq!(newest_named(&req("*")), None);
    }
}
