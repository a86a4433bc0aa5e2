//! PostgreSQL's own types of numbers, points in time and addresses.
//!
//! Each of them has values that no condition can compare, such as infinity. They are of other [kinds](Kind) than ordinary
//! values, because comparisons in SQL are defined for them as well: `NaN` is greater than every number.

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::atom::{Atom, Operand, Order, Scalar};
use super::condition::{Wanted, beyond, compare, order_of, order_to_floor};
use super::node::Node;
use super::row::Cell;
use super::sql::Writer;
use super::text::Split;
use crate::condition::residual::{Class, Date, Number, Relation};

/// A type of PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NativeType {
    Numeric,
    Timestamptz,
    /// In UTC.
    Timestamp,
    Inet,
}

/// How conditions treat a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Conditions compare it.
    Comparable,
    /// It is not a number, a date or an address: `NaN`, infinity, or a network.
    Malformed,
    /// A number that is too large or too precise.
    Inexact,
}

/// A value of a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NativeValue {
    Number(Number),
    /// Microseconds since 1970.
    Instant(i128),
    Address(IpAddr),
    Malformed,
    Inexact,
}

impl NativeValue {
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Number(_) | Self::Instant(_) | Self::Address(_) => Kind::Comparable,
            Self::Malformed => Kind::Malformed,
            Self::Inexact => Kind::Inexact,
        }
    }

    /// Compares values of the same type; `None` if one of them cannot be compared.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(own), Self::Number(other)) => Some(own.cmp(other)),
            (Self::Instant(own), Self::Instant(other)) => Some(own.cmp(other)),
            // PostgreSQL orders all addresses of IPv4 before those of IPv6, as `IpAddr` does.
            (Self::Address(own), Self::Address(other)) => Some(own.cmp(other)),
            _ => None,
        }
    }
}

/// The first and the last microsecond since 1970 that a timestamp can be: 4714-11-24 BC and the end of 294276.
const EARLIEST: i128 = -210_866_803_200_000_000;
const LATEST: i128 = 9_224_318_015_999_999_999;

/// The Julian day of 1970-01-01.
const JULIAN_DAY_OF_1970: i128 = 2_440_588;

const MICROSECONDS: i128 = 1_000_000;
const SECONDS_OF_A_DAY: i128 = 86_400;

/// The first address that is mapped from IPv4, and the last one.
const MAPPED: (Ipv6Addr, Ipv6Addr) = (
    Ipv4Addr::UNSPECIFIED.to_ipv6_mapped(),
    Ipv4Addr::BROADCAST.to_ipv6_mapped(),
);

impl NativeType {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::Timestamptz => "timestamp with time zone",
            Self::Timestamp => "timestamp without time zone",
            Self::Inet => "inet",
        }
    }

    /// Returns the sort key of a text that represents a value of this type.
    #[cfg(feature = "testing")]
    pub(super) fn sort_key(self, text: &str) -> Option<String> {
        match self {
            Self::Numeric => super::keys::number(text),
            Self::Timestamptz | Self::Timestamp => super::keys::date(text),
            Self::Inet => super::keys::address(text),
        }
    }

    /// Returns the value of a cell in a column of this type; `None` if it is not of this type, or NULL.
    pub(super) fn value(self, cell: Cell<'_>) -> Option<NativeValue> {
        let instant = |date: Date| NativeValue::Instant(date.nanoseconds().div_euclid(1_000));
        match (self, cell) {
            (Self::Numeric, Cell::Integer(number)) => Some(NativeValue::Number(number.into())),
            (Self::Numeric, Cell::Text("NaN" | "Infinity" | "-Infinity")) => {
                Some(NativeValue::Malformed)
            }
            (Self::Numeric, Cell::Text(text)) => match Number::parse(text) {
                Some(number) => Some(NativeValue::Number(number)),
                None => text
                    .chars()
                    .all(|it| it.is_ascii_digit() || matches!(it, '-' | '.'))
                    .then_some(NativeValue::Inexact),
            },
            (Self::Timestamptz | Self::Timestamp, Cell::Time(time)) => Some(instant(time.into())),
            (Self::Timestamptz | Self::Timestamp, Cell::Text("infinity" | "-infinity")) => {
                Some(NativeValue::Malformed)
            }
            (Self::Timestamptz | Self::Timestamp, Cell::Text(text)) => {
                Date::parse(text).map(instant)
            }
            (Self::Inet, Cell::Address(address)) => Some(NativeValue::Address(address)),
            (Self::Inet, Cell::Text(text)) => match text.split_once('/') {
                None => text.parse().ok().map(NativeValue::Address),
                Some((address, _)) => {
                    let address = address.parse::<IpAddr>();
                    address.is_ok().then_some(NativeValue::Malformed)
                }
            },
            _ => None,
        }
    }

    /// Returns the rows with the wanted result, of which `compared` are the comparable ones.
    pub(super) fn by_kind(self, wanted: Wanted<'_>, name: &str, compared: Split) -> Node {
        let is = |kind| Node::from(Atom::IsOf(name.into(), self, kind));
        let operand = Operand::Column(name.into());
        let comparable = compared.pick(&operand, wanted.is(Class::Met), wanted.is(Class::NotMet));
        let malformed = match self {
            Self::Numeric => Class::NotANumber,
            Self::Timestamptz | Self::Timestamp | Self::Inet => Class::Undecidable,
        };
        let inexact = self == Self::Numeric && wanted.is(Class::Undecidable);
        Node::any([
            comparable.and(is(Kind::Comparable)),
            Node::from(wanted.is(malformed)).and(is(Kind::Malformed)),
            Node::from(inexact).and(is(Kind::Inexact)),
        ])
    }
}

/// Returns the rows in which a number has this relation to one of the numbers.
pub(super) fn of_numbers(column: &str, relation: Relation, numbers: &[Number]) -> Split {
    let splits = numbers.iter().map(|number| {
        let number = Scalar::Native(NativeType::Numeric, NativeValue::Number(*number));
        compare(column, order_of(relation), number)
    });
    Split::any(&Operand::Column(column.into()), splits)
}

/// Returns the rows in which a point in time has this relation to one of the dates.
pub(super) fn of_instants(
    native: NativeType,
    column: &str,
    relation: Relation,
    dates: &[Date],
) -> Split {
    let operand = Operand::Column(column.into());
    let splits = dates.iter().map(|date| {
        let nanoseconds = date.nanoseconds();
        let (floor, rest) = (nanoseconds.div_euclid(1_000), nanoseconds.rem_euclid(1_000));
        match order_to_floor(relation, rest == 0) {
            None => Split::nowhere(&operand),
            Some(order) if (EARLIEST..=LATEST).contains(&floor) => {
                let instant = Scalar::Native(native, NativeValue::Instant(floor));
                compare(column, order, instant)
            }
            Some(order) => beyond(&operand, order, floor > 0),
        }
    });
    Split::any(&operand, splits)
}

/// Returns the rows in which an address is in one of the stretches. A column contains addresses of IPv4 as such, and may
/// also contain addresses of IPv6 that are mapped from them.
pub(super) fn of_addresses(column: &str, stretches: &[(Ipv6Addr, Ipv6Addr)]) -> Split {
    let operand = Operand::Column(column.into());
    let between = |first: IpAddr, last: IpAddr| {
        let ends = [(Order::GreaterOrEqual, first), (Order::LessOrEqual, last)];
        let ends = ends.map(|(order, end)| {
            let end = Scalar::Native(NativeType::Inet, NativeValue::Address(end));
            compare(column, order, end)
        });
        Split::all(&operand, ends)
    };
    let splits = stretches.iter().flat_map(|(first, last)| {
        let mapped = ((*first).max(MAPPED.0), (*last).min(MAPPED.1));
        let ipv4 = match (mapped.0.to_ipv4_mapped(), mapped.1.to_ipv4_mapped()) {
            (Some(first), Some(last)) if first <= last => Some(between(first.into(), last.into())),
            _ => None,
        };
        [Some(between((*first).into(), (*last).into())), ipv4]
    });
    Split::any(&operand, splits.flatten())
}

impl Writer<'_> {
    /// Binds the text of a value. Only PostgreSQL has these types.
    pub(super) fn native(&mut self, native: NativeType, value: &NativeValue) {
        let text = match value {
            NativeValue::Number(number) => number.to_string(),
            NativeValue::Instant(microseconds) => julian(*microseconds),
            NativeValue::Address(address) => address.to_string(),
            // Not compared by any predicate.
            NativeValue::Malformed | NativeValue::Inexact => String::new(),
        };
        self.sink.push("CAST(");
        self.bind_text(&text);
        self.sink.push(" AS ");
        self.sink.push(native.name());
        self.sink.push(")");
    }

    pub(super) fn kind(&mut self, column: &str, native: NativeType, kind: Kind) {
        match (native, kind) {
            (NativeType::Numeric, Kind::Malformed) => {
                self.sink.push("(");
                self.name(column);
                self.sink.push(" IS NOT NULL AND min_scale(");
                self.name(column);
                self.sink.push(") IS NULL)");
            }
            (NativeType::Numeric, kind) => self.has_all_digits(column, kind == Kind::Comparable),
            (NativeType::Timestamptz | NativeType::Timestamp, kind) => {
                self.sink.push("isfinite(");
                self.name(column);
                self.sink.push(match kind {
                    Kind::Comparable => ") IS TRUE",
                    Kind::Malformed | Kind::Inexact => ") IS FALSE",
                });
            }
            (NativeType::Inet, kind) => {
                self.sink.push("masklen(");
                self.name(column);
                self.sink.push(match kind {
                    Kind::Comparable => ") = CASE family(",
                    Kind::Malformed | Kind::Inexact => ") <> CASE family(",
                });
                self.name(column);
                self.sink.push(") WHEN 4 THEN 32 ELSE 128 END");
            }
        }
    }

    /// Whether conditions support all digits of a number. `min_scale` is NULL for `NaN` and infinity. A product of numbers
    /// with too many digits would be an error, so it is computed only for others.
    fn has_all_digits(&mut self, column: &str, has_all: bool) {
        let most = Number::MOST_DIGITS;
        self.sink.push("CASE WHEN min_scale(");
        self.name(column);
        self.sink
            .push(&format!(") <= {} AND abs(", Number::MOST_DECIMALS));
        self.name(column);
        self.sink.push(&format!(") <= {most} THEN abs("));
        self.name(column);
        self.sink
            .push(") * power(CAST(10 AS numeric), CAST(min_scale(");
        self.name(column);
        self.sink.push(") AS numeric)) ");
        self.sink.push(if has_all { "<= " } else { "> " });
        self.sink.push(&most.to_string());
        if has_all {
            self.sink.push(" ELSE FALSE END");
        } else {
            self.sink.push(" ELSE min_scale(");
            self.name(column);
            self.sink.push(") IS NOT NULL END");
        }
    }
}

/// Returns a point in time by its Julian day: a format of PostgreSQL that has no years before Christ, and does not depend
/// on the settings of the session.
fn julian(microseconds: i128) -> String {
    let seconds = microseconds.div_euclid(MICROSECONDS);
    let day = seconds.div_euclid(SECONDS_OF_A_DAY) + JULIAN_DAY_OF_1970;
    let second = seconds.rem_euclid(SECONDS_OF_A_DAY);
    format!(
        "J{day} {:02}:{:02}:{:02}.{:06}+00",
        second / 3_600,
        second / 60 % 60,
        second % 60,
        microseconds.rem_euclid(MICROSECONDS)
    )
}
