//! Policies and requests for tests: cases of evaluation suites, and random policies with requests about them.

pub mod case;
pub mod comparison;
pub mod generate;
pub mod policies;
