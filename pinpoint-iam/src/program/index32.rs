//! Indexes with 32 bits, to save memory in large tables.

use std::fmt;

/// The error for more items than 32 bits can count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge(());

impl TooLarge {
    pub(super) const ERROR: Self = Self(());
}

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "the policies have more statements, patterns or text than can be indexed; split them",
        )
    }
}

impl std::error::Error for TooLarge {}

/// Converts `count` to 32 bits.
pub(super) fn to_u32(count: usize) -> Result<u32, TooLarge> {
    u32::try_from(count).map_err(|_| TooLarge::ERROR)
}
