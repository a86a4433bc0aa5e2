//! Lists of entries.

/// A contiguous range of entries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    pub(super) start: u32,
    pub(super) length: u32,
    /// The index of the list among the large lists.
    pub(super) large: u32,
}

impl Default for List {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl List {
    pub(crate) const EMPTY: Self = Self {
        start: 0,
        length: 0,
        large: Self::SMALL,
    };

    pub(super) const SMALL: u32 = u32::MAX;

    /// Longer lists are looked up by action. Shorter ones are faster to scan.
    pub(super) const LONGEST_SMALL: usize = 8;

    #[inline]
    pub(crate) const fn large(self) -> Option<usize> {
        match self.large {
            Self::SMALL => None,
            large => Some(large as usize),
        }
    }

    #[inline]
    pub(crate) const fn length(self) -> usize {
        self.length as usize
    }

    #[cfg(test)]
    pub(crate) const fn start(self) -> usize {
        self.start as usize
    }

    #[cfg(test)]
    pub(crate) const fn numbered(start: u32) -> Self {
        Self {
            start,
            length: 1,
            large: Self::SMALL,
        }
    }
}
