//! Compares IAM policy documents with catalogs.
//!
//! `include_policy!` uses the comparison with the [`catalog`].

pub mod catalog;
mod names;
