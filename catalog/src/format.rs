//! The format of catalog files.
