//! Sets of nodes with the usual algebra; iteration is ascending.

use super::storage::NodeIdx;

/// A set of nodes of one graph: one bit a node.
#[derive(Clone, Debug, Default)]
pub struct NodeSet {
    words: Vec<u64>,
}

impl NodeSet {
    /// An empty set with room for `n_nodes`.
    #[must_use]
    pub fn with_capacity(n_nodes: u32) -> Self {
        Self {
            words: vec![0; (n_nodes as usize).div_ceil(64)],
        }
    }

    /// Put a node in; false if it was there.
    pub fn insert(&mut self, node: NodeIdx) -> bool {
        let (word, bit) = (node.idx() / 64, 1_u64 << (node.0 % 64));
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let is_new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        is_new
    }

    /// Whether the node is in the set.
    #[must_use]
    pub fn contains(&self, node: NodeIdx) -> bool {
        self.words
            .get(node.idx() / 64)
            .is_some_and(|word| word & (1 << (node.0 % 64)) != 0)
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no node is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The nodes, ascending.
    pub fn iter(&self) -> impl Iterator<Item = NodeIdx> {
        (0_u32..).zip(&self.words).flat_map(|(at, word)| {
            (0..64)
                .filter(move |bit| word & (1_u64 << bit) != 0)
                .map(move |bit| NodeIdx(at * 64 + bit))
        })
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left | right)
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left & right)
    }

    /// What is in this one only.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, |left, right| left & !right)
    }

    /// Whether all of it is in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    fn combine(&self, other: &Self, f: impl Fn(u64, u64) -> u64) -> Self {
        let n_words = self.words.len().max(other.words.len());
        let word = |words: &[u64], at: usize| words.get(at).copied().unwrap_or(0);
        Self {
            words: (0..n_words)
                .map(|at| f(word(&self.words, at), word(&other.words, at)))
                .collect(),
        }
    }
}

impl PartialEq for NodeSet {
    fn eq(&self, other: &Self) -> bool {
        self.is_subset(other) && other.is_subset(self)
    }
}

impl Eq for NodeSet {}

impl FromIterator<NodeIdx> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeIdx>>(nodes: I) -> Self {
        let mut set = Self::default();
        for node in nodes {
            set.insert(node);
        }
        set
    }
}
