//! `BinaryEquals`: bytes, written in base64.
//!
//! Both sides are decoded as base64 with the standard alphabet and padding, and the bytes are compared. Every byte
//! string has exactly one such encoding, so this is the same as a case-sensitive comparison of the encoded strings.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::ConditionError;
use super::value::ConditionValue;
use super::value_match::{Undecidable, ValueMatch};
use crate::context::Value;

/// The bytes in the policy, with which values of the request are compared.
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

    /// The values as texts, each the only one that stands for its bytes.
    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|bytes| STANDARD.encode(bytes))
    }

    pub(super) fn matches(&self, value: &Value) -> ValueMatch<'static> {
        match STANDARD.decode(&*value.text()) {
            Ok(bytes) => ValueMatch::first(&self.0, |known| *known == bytes),
            Err(_) => ValueMatch::Undecidable(Undecidable::NotBase64),
        }
    }
}

/// Sample values that represent all byte strings: each one in the policies, and one other.
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
