//! Decisions: their properties, their explanations and their cost.
//!
//! The crate `allocation_counter` installs a counting allocator for this test binary only.

mod added_roles;
mod allocations;
mod catalog_mismatches;
mod cloudtrail;
mod condition_properties;
mod decision_log;
mod decision_records;
mod evaluators;
mod explain;
mod generators;
mod groups;
mod keys_without_a_source;
mod lint_sources;
mod list_plans;
mod lists;
mod lists_cache;
#[cfg(unix)]
mod lists_columns;
mod lists_ids;
#[cfg(unix)]
mod lists_native;
#[cfg(unix)]
mod lists_postgres;
#[cfg(unix)]
mod lists_tags;
mod lists_values;
mod many_checks;
mod ocsf;
mod one_line;
mod own_actions;
mod patterns;
mod properties;
mod replay;
mod resource_ids;
mod resource_keys;
mod role_paths;
mod session_mismatches;
