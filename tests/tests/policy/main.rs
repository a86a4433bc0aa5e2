//! Policy documents: their grammar, warnings about them, their builder, and their sources.

mod builder;
mod grammar;
mod include_policy;
mod least_privilege;
mod lints;
mod sources;
