//! Policy documents: their grammar, what they are warned about, how they are built, and where they come from.

mod builder;
mod grammar;
mod include_policy;
mod least_privilege;
mod lints;
mod sources;
