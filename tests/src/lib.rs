//! What the tests that span the crates of the workspace share.

pub mod answer;
pub mod case;
pub mod generate;
pub mod policies;
pub mod table;
pub mod ui;
