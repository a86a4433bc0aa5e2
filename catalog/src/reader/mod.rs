//! What a catalog file says, with the place of every value.
//!
//! [`table`] reads members of TOML tables, and [`entries`] the parts of a catalog. What they mean is for
//! [`check`](crate::check) to say.

pub(crate) mod entries;
pub(crate) mod table;
