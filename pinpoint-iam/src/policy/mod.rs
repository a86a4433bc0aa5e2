//! Stands for the module that follows.
