//! `IpAddress` and `NotIpAddress`: an address within ranges.
//!
//! A policy writes a range as `203.0.113.0/24` or `2001:db8::/32`, or a single address without prefix. Host bits do not
//! matter: `203.0.113.5/24` is `203.0.113.0/24`. A range of IPv4 never contains an IPv6 address, not even one that is
//! mapped from IPv4 (`::ffff:203.0.113.5`): how AWS sees those is not documented, and we chose to take the address for
//! what it says. [`Value::from`](crate::context::Value) turns such an address of a socket into the IPv4 address that it is.

use std::net::IpAddr;

use ipnet::IpNet;

use super::comparison::{Met, Undecidable};
use super::error::ConditionError;
use super::value::ConditionValue;
use crate::context::Value;

/// The ranges that an address of the request is looked for in.
#[derive(Clone, Debug)]
pub(super) struct Ranges(Box<[IpNet]>);

impl Ranges {
    pub(super) fn parse(values: &[ConditionValue]) -> Result<Self, ConditionError> {
        ConditionError::each(values, |value| {
            let range = match value {
                ConditionValue::Text(text) => parse(text),
                ConditionValue::Bool(_) | ConditionValue::Number(_) => None,
            };
            range.ok_or_else(|| {
                (
                    format!("{value} is not an address range"),
                    "write a range such as `203.0.113.0/24` or `2001:db8::/32`, or one address",
                )
            })
        })
        .map(Self)
    }

    pub(super) fn meets(&self, value: &Value) -> Met<'static> {
        let address = match value {
            Value::Address(address) => *address,
            Value::Text(text) => match text.parse() {
                Ok(address) => address,
                Err(_) => return Met::Undecidable(Undecidable::NotAnAddress),
            },
            _ => return Met::Undecidable(Undecidable::NotAnAddress),
        };
        Met::first(&self.0, |range| range.contains(&address))
    }
}

/// One reader for addresses, with or without prefix, so that both have the same grammar.
pub(crate) fn parse(text: &str) -> Option<IpNet> {
    let Some((address, prefix)) = text.split_once('/') else {
        return Some(IpNet::from(text.parse::<IpAddr>().ok()?));
    };
    let is_canonical = prefix == "0" || !prefix.starts_with(['0', '+']);
    let prefix = prefix.parse().ok().filter(|_| is_canonical)?;
    IpNet::new(address.parse().ok()?, prefix).ok()
}
