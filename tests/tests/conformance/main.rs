//! The tables of `conformance/`, and the program that evaluates them for other suites.

mod cases;
mod conditions;
mod decide;
mod lists;
