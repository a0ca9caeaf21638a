//! "Did you mean": the nearest of the words that would have been right.

/// The candidate that differs from `word` by at most a third of its letters, the nearest first in order.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.chars().count().div_ceil(3).max(1);
    let measured = candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate));
    measured
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The parser's message in our words: "unknown key", with the nearest right one or all that there are.
pub(super) fn reword(message: &str) -> String {
    for (theirs, ours) in [("unknown field", "unknown key"), ("unknown variant", "unknown value")] {
        let Some(rest) = message.strip_prefix(theirs) else {
            continue;
        };
        let mut quoted = rest.split('`').skip(1).step_by(2);
        let Some(word) = quoted.next() else { continue };
        let expected: Vec<&str> = quoted.collect();
        return match nearest(word, expected.iter().copied()) {
            Some(right) => format!("{ours} `{word}`; did you mean `{right}`?"),
            None => format!("{ours} `{word}`; known are {}", expected.join(", ")),
        };
    }
    message.to_owned()
}

/// Edit distance with swaps of neighbors (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut current = vec![i];
        for j in 1..=b.len() {
            let replaced = previous[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(previous[j] + 1).min(current[j - 1] + 1);
            if 1 < i && 1 < j && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_words() {
        assert_eq!(nearest("levles", ["tiers", "levels"]), Some("levels"));
        assert_eq!(nearest("exclud", ["exclude", "levels"]), Some("exclude"));
        assert_eq!(nearest("zzz", ["exclude", "levels"]), None);
        assert_eq!(
            (distance("ab", "ba"), distance("", "abc"), distance("kitten", "sitting")),
            (1, 3, 3)
        );
    }
}
