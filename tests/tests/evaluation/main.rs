//! Decisions: what holds for all of them, how they are explained, and what they cost.
//!
//! The crate `allocation_counter` brings an allocator that counts, for this test binary alone.

mod allocations;
mod condition_properties;
mod evaluators;
mod explain;
mod generators;
mod one_line;
mod own_actions;
mod patterns;
mod properties;
mod resource_ids;
mod role_paths;
