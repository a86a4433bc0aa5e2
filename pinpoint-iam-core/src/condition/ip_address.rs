//! `IpAddress` and `NotIpAddress`: an address within ranges.
//!
//! A policy contains a range such as `203.0.113.0/24` or `2001:db8::/32`, or a single address without a prefix length.
//! Host bits do not matter: `203.0.113.5/24` is `203.0.113.0/24`. An IPv4 range never contains an IPv6 address, and an
//! IPv6 range never contains an IPv4 address.
//!
//! An IPv4-mapped IPv6 address (`::ffff:203.0.113.5`) **is** the IPv4 address, in requests both as a string and as an
//! address; a range of such addresses (`::ffff:203.0.113.0/120`) is the IPv4 range. AWS does not document them. We
//! chose one meaning for both forms, because otherwise a caller could escape a `Deny` by writing its address in the
//! other form.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

use super::error::ConditionError;
use super::value::ConditionValue;
use super::value_match::{Undecidable, ValueMatch};
use crate::context::Value;

/// The ranges in the policy, in which addresses of requests are searched.
#[derive(Clone, Debug)]
pub(super) struct IpMatcher(Box<[IpNet]>);

impl IpMatcher {
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

    pub(super) fn parts(&self) -> &[IpNet] {
        &self.0
    }

    pub(super) fn matches(&self, value: &Value) -> ValueMatch<'static> {
        let address = match value {
            Value::Address(address) => *address,
            Value::Text(text) => match text.parse::<IpAddr>() {
                Ok(address) => address,
                Err(_) => return ValueMatch::Undecidable(Undecidable::NotAnAddress),
            },
            _ => return ValueMatch::Undecidable(Undecidable::NotAnAddress),
        }
        .to_canonical();
        ValueMatch::first(&self.0, |range| range.contains(&address))
    }
}

/// Sample addresses that represent all others: one for each interval between two boundaries of ranges.
pub(super) fn samples<'a>(all: impl Iterator<Item = &'a IpMatcher>) -> Vec<String> {
    let mut v4 = BTreeSet::from([0_u128]);
    // An IPv4-mapped IPv6 address is the IPv4 address, so their interval is skipped below.
    let mut v6 = BTreeSet::from([0_u128, MAPPED, AFTER_MAPPED]);
    for range in all.flat_map(|ranges| ranges.0.iter()) {
        match range {
            IpNet::V4(range) => v4.extend([
                u128::from(u32::from(range.network())),
                u128::from(u32::from(range.broadcast())) + 1,
            ]),
            IpNet::V6(range) => {
                v6.insert(u128::from(range.network()));
                v6.extend(u128::from(range.broadcast()).checked_add(1));
            }
        }
    }
    v4.remove(&(1 << 32));
    let end = |cuts: &BTreeSet<u128>, start: u128, last: u128| {
        cuts.range(start + 1..).next().map_or(last, |next| next - 1)
    };
    let v4_samples = v4.iter().map(|start| {
        let stretch = *start..=end(&v4, *start, u128::from(u32::MAX));
        // Documentation addresses are easier to recognize than the first address of an interval.
        let known = DOCUMENTATION
            .iter()
            .map(|address| u128::from(u32::from(*address)));
        let address = known
            .clone()
            .find(|address| stretch.contains(address))
            .unwrap_or(*start);
        Ipv4Addr::from(u32::try_from(address).unwrap_or_default()).to_string()
    });
    let v6_samples = v6
        .iter()
        .filter(|start| !(MAPPED..AFTER_MAPPED).contains(*start))
        .map(|start| {
            let last = if *start == u128::MAX {
                u128::MAX
            } else {
                end(&v6, *start, u128::MAX)
            };
            let known = u128::from(DOCUMENTATION_V6);
            let address = if (*start..=last).contains(&known) {
                known
            } else {
                *start
            };
            Ipv6Addr::from(address).to_string()
        });
    v4_samples.chain(v6_samples).collect()
}

/// The start of `::ffff:0:0/96`.
const MAPPED: u128 = 0xffff << 32;
const AFTER_MAPPED: u128 = 0x1_0000 << 32;

const DOCUMENTATION: [Ipv4Addr; 3] = [
    Ipv4Addr::new(203, 0, 113, 5),
    Ipv4Addr::new(198, 51, 100, 5),
    Ipv4Addr::new(192, 0, 2, 5),
];
const DOCUMENTATION_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5);

/// Parses a range of a policy; a range of IPv4-mapped addresses becomes an IPv4 range.
pub(crate) fn parse(text: &str) -> Option<IpNet> {
    let range = parse_as_written(text)?;
    let IpNet::V6(written) = range else {
        return Some(range);
    };
    // A range with a shorter prefix also contains addresses that are not IPv4-mapped.
    let prefix = written.prefix_len().checked_sub(MAPPED_PREFIX);
    let mapped = written.addr().to_ipv4_mapped().zip(prefix);
    Some(match mapped {
        Some((address, prefix)) => Ipv4Net::new(address, prefix).ok()?.into(),
        None => range,
    })
}

/// The prefix length of `::ffff:0:0/96`, which contains all IPv4-mapped addresses.
const MAPPED_PREFIX: u8 = 96;

/// The only parser for addresses, with or without a prefix length, so that both have the same grammar.
pub(crate) fn parse_as_written(text: &str) -> Option<IpNet> {
    let Some((address, prefix)) = text.split_once('/') else {
        return Some(IpNet::from(text.parse::<IpAddr>().ok()?));
    };
    let is_canonical = prefix == "0" || !prefix.starts_with(['0', '+']);
    let prefix = prefix.parse().ok().filter(|_| is_canonical)?;
    IpNet::new(address.parse().ok()?, prefix).ok()
}
