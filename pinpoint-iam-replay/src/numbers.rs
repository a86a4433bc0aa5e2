//! Numbers of records by name, while a file is read.

use crate::report::{Change, Counts};

/// Numbers of records. A name has a position, so that it need not be looked up for each record.
#[derive(Debug)]
pub(crate) struct Numbers<N> {
    all: Vec<(N, Counts)>,
    /// The positions of the names with records.
    counted: Vec<usize>,
}

impl<N> Default for Numbers<N> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            counted: Vec::new(),
        }
    }
}

impl<N> Numbers<N> {
    /// Adds a name, and returns its position.
    pub(crate) fn insert(&mut self, name: N) -> usize {
        self.all.push((name, Counts::default()));
        self.all.len() - 1
    }

    /// Returns the number of names.
    pub(crate) const fn len(&self) -> usize {
        self.all.len()
    }

    /// Counts a record for the name at this position.
    pub(crate) fn add(&mut self, position: usize, change: Change) {
        if let Some((_, counts)) = self.all.get_mut(position) {
            if counts.records == 0 {
                self.counted.push(position);
            }
            counts.add(change, 1);
        }
    }

    /// Passes the numbers of all names with records to `each`. The names keep their positions.
    pub(crate) fn take(&mut self, mut each: impl FnMut(&N, Counts)) {
        for position in self.counted.drain(..) {
            if let Some((name, counts)) = self.all.get_mut(position) {
                each(name, std::mem::take(counts));
            }
        }
    }

    /// Removes all names.
    pub(crate) fn clear(&mut self) {
        self.all.clear();
        self.counted.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names keep their positions, and numbers are taken once.
    #[test]
    fn numbers_are_taken_once() {
        let mut numbers = Numbers::default();
        let (a, b) = (numbers.insert("a"), numbers.insert("b"));
        let mut taken = Vec::new();
        for round in 1..=2 {
            for _ in 0..round {
                numbers.add(b, Change::Depends);
            }
            numbers.take(|name, counts| taken.push((*name, counts.records, counts.depends)));
        }
        assert_eq!(taken, [("b", 1, 1), ("b", 2, 2)]);
        numbers.add(a, Change::Unchanged);
        numbers.clear();
        numbers.take(|name, _| panic!("{name}"));
        assert_eq!(numbers.len(), 0);
    }
}
