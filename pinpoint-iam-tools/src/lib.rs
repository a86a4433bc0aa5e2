//! What the program `pinpoint-iam` and other tools for policies have in common.
//!
//! - [`editor`] serves editors of policies and catalogs, with the values of the Language Server Protocol;
//! - [`parts`] finds policy documents in texts;
//! - [`requests`] evaluates requests in their written form;
//! - [`comparisons`] renders the results of comparisons as JSON;
//! - [`messages`] finds the requests in access-denied messages;
//! - [`metadata`] converts parsed catalogs.
//!
//! The crate contains no rules: the evaluator decides, and `pinpoint-iam-lint` finds.

pub mod comparisons;
pub mod editor;
pub mod messages;
pub mod metadata;
pub mod parts;
pub mod principals;
pub mod requests;
