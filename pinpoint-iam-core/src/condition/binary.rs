//! `BinaryEquals`: bytes, written in base64.
//!
//! Both sides are read as base64 with the ordinary alphabet and with padding, and the bytes are compared. Each text of
//! this form stands for its own bytes, so this is the same as comparing the texts, case included.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::ConditionError;
use super::value::ConditionValue;
use super::value_match::{Undecidable, ValueMatch};
use crate::context::Value;

/// The bytes that a value of the request is held against.
#[derive(Clone, Debug)]
pub(super) struct BinaryMatcher(Box<[Vec<u8>]>);

impl BinaryMatcher {
    pub(super) fn parse(values: &[ConditionValue]) -> Result<Self, ConditionError> {
        ConditionError::each(values, |value| {
            let bytes = match value {
                ConditionValue::Text(text) => STANDARD.decode(text).ok(),
                ConditionValue::Bool(_) | ConditionValue::Number(_) => None,
            };
            bytes.ok_or_else(|| {
                (
                    format!("{value} is not base64"),
                    "write the bytes in base64 with `=` as padding, as in `QmluYXJ5`",
                )
            })
        })
        .map(Self)
    }

    pub(super) fn matches(&self, value: &Value) -> ValueMatch<'static> {
        match STANDARD.decode(&*value.text()) {
            Ok(bytes) => ValueMatch::first(&self.0, |known| *known == bytes),
            Err(_) => ValueMatch::Undecidable(Undecidable::NotBase64),
        }
    }
}

/// Texts that stand for all bytes: those that are compared with, and one other.
pub(super) fn samples<'a>(all: impl Iterator<Item = &'a BinaryMatcher>) -> Vec<String> {
    let mut known: Vec<Vec<u8>> = all
        .flat_map(|binaries| binaries.0.iter().cloned())
        .collect();
    known.sort_unstable();
    known.dedup();
    let longest = known.iter().map(Vec::len).max().unwrap_or_default();
    known.push(vec![b'x'; longest + 1]);
    known.iter().map(|bytes| STANDARD.encode(bytes)).collect()
}
