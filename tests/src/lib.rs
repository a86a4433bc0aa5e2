//! Code shared by the tests that span several crates of the workspace.

pub mod answer;
pub mod select;
pub mod table;
pub mod ui;

/// The code of the README and the guide, compiled and run as doctests. `tests/from_an_empty_crate.sh` builds the code
/// of the chapter "Your own catalog". The chapter "Facts" quotes `examples/archive`, and `docs/written.rs` compares it.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[doc = include_str!("../../docs/guide/src/introduction.md")]
    mod introduction {}
    #[doc = include_str!("../../docs/guide/src/quick-start.md")]
    mod quick_start {}
    #[doc = include_str!("../../docs/guide/src/policies.md")]
    mod policies {}
    #[doc = include_str!("../../docs/guide/src/conditions.md")]
    mod conditions {}
    #[doc = include_str!("../../docs/guide/src/handlers.md")]
    mod handlers {}
    #[doc = include_str!("../../docs/guide/src/lists.md")]
    mod lists {}
    #[doc = include_str!("../../docs/guide/src/why-denied.md")]
    mod why_denied {}
    #[doc = include_str!("../../docs/guide/src/playground.md")]
    mod playground {}
    #[doc = include_str!("../../docs/guide/src/policies-in-ci.md")]
    mod policies_in_ci {}
    #[doc = include_str!("../../docs/guide/src/before-a-change.md")]
    mod before_a_change {}
    #[doc = include_str!("../../docs/guide/src/testing.md")]
    mod testing {}
    #[doc = include_str!("../../docs/guide/src/documents.md")]
    mod documents {}
    #[doc = include_str!("../../docs/guide/src/deployment.md")]
    mod deployment {}
    #[doc = include_str!("../../docs/guide/src/reloading.md")]
    mod reloading {}
    #[doc = include_str!("../../docs/guide/src/running.md")]
    mod running {}
    #[doc = include_str!("../../docs/guide/src/sources.md")]
    mod sources {}
    #[doc = include_str!("../../docs/guide/src/actix.md")]
    mod actix {}
    #[doc = include_str!("../../docs/guide/src/tower.md")]
    mod tower {}
    #[doc = include_str!("../../docs/guide/src/beyond-handlers.md")]
    mod beyond_handlers {}
    #[doc = include_str!("../../docs/guide/src/design-decisions.md")]
    mod design_decisions {}
    #[doc = include_str!("../../docs/guide/src/implementation.md")]
    mod implementation {}
    #[doc = include_str!("../../docs/guide/src/reviewing-a-policy-change.md")]
    mod reviewing_a_policy_change {}
}
