//! Documents from the catalog: tables, and what renders them.

mod actions;
mod markdown;
mod table;

pub use actions::{action_table, arn_of, seen_table};
pub use markdown::markdown;
pub use table::{Cell, Table};
