//! The tables of `conformance/`, and the program that answers them for other suites.

mod cases;
mod conditions;
mod decide;
