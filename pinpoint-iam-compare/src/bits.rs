//! Sets of statements.

/// A set of small numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bits(Box<[u64]>);

impl Bits {
    /// Returns the empty set, with room for numbers below `count`.
    pub(crate) fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)].into())
    }

    /// Returns the set of all numbers below `count`.
    pub(crate) fn all(count: usize) -> Self {
        let mut all = Self::none(count);
        for number in 0..count {
            all.insert(number);
        }
        all
    }

    pub(crate) fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    pub(crate) fn remove(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    pub(crate) fn contains(&self, number: usize) -> bool {
        let word = self.0.get(number / 64);
        word.is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        Self(self.words(other, |left, right| left & right))
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        Self(self.words(other, |left, right| left | right))
    }

    pub(crate) fn without(&self, other: &Self) -> Self {
        Self(self.words(other, |left, right| left & !right))
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .any(|(left, right)| left & right != 0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                if rest == 0 {
                    return None;
                }
                rest &= rest - 1;
                Some(index * 64 + bit)
            })
        })
    }

    fn words(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Box<[u64]> {
        self.0
            .iter()
            .zip(&other.0)
            .map(|(left, right)| join(*left, *right))
            .collect()
    }
}
