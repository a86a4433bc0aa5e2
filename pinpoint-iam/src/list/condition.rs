//! Converts conditions on keys of the row to conditions over columns.
//!
//! The evaluator decides a condition for each class of values. This module expresses each class as a condition over
//! columns.

use std::net::Ipv6Addr;

use super::Lister;
use super::atom::{Atom, Operand, Order, Scalar};
use super::columns::{Column, ColumnKind, Keys, Meaning};
use super::native::{NativeType, of_addresses, of_instants, of_numbers};
use super::node::Node;
use super::text::{Split, present};
use crate::condition::residual::{Class, Comparison, Date, Number, Relation, key_of_address};
use crate::condition::{BaseOperator, Condition, SetOperator};
use crate::context::{Lookup, Value};
use crate::eval::Truth;
use crate::pattern::Case;
use crate::policy::Effect;

/// A condition, and the result for which rows are wanted.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'c> {
    pub(super) condition: &'c Condition,
    pub(super) effect: Effect,
    pub(super) truth: Truth,
}

impl Wanted<'_> {
    pub(super) fn is(&self, class: Class) -> bool {
        self.condition.truth_of(class, self.effect) == self.truth
    }

    fn set(&self) -> Option<SetOperator> {
        self.condition.operator().set()
    }
}

impl Lister<'_> {
    /// Returns the rows in which the condition has the wanted result.
    pub(super) fn condition(&self, wanted: Wanted<'_>) -> Node {
        let key = wanted.condition.key();
        if !self.is_row_key(key) {
            return self.of_the_request(wanted);
        }
        let Some(column) = self.columns.column(key) else {
            return Node::Unknown(key.clone());
        };
        match &column.kind {
            ColumnKind::Text { name, keys } => self.of_text(wanted, column, name, keys),
            ColumnKind::Integer(name) => self.of_integer(wanted, column, name, 1_000_000_000),
            ColumnKind::Time(name, unit) => self.of_time(wanted, column, name, unit.nanoseconds()),
            ColumnKind::Native(name, native) => self.of_native(wanted, column, name, *native),
            ColumnKind::Boolean(name) => self.of_boolean(wanted, column, name),
            ColumnKind::TextList { name, may_hold_one } => {
                self.of_list(wanted, column, name, *may_hold_one)
            }
            ColumnKind::Nowhere => self.inexact(&format!("no column contains `{key}`")).inside,
        }
    }

    /// Returns the result of the condition if its key has the state `own`; unknown if it depends on another key.
    fn truth(&self, wanted: Wanted<'_>, own: Lookup<'_>) -> Truth {
        wanted.condition.truth_for(own, self.facts, wanted.effect)
    }

    fn holds(&self, wanted: Wanted<'_>, own: Lookup<'_>) -> Node {
        match self.truth(wanted, own) {
            Truth::Unknown => self.open(wanted),
            truth => (truth == wanted.truth).into(),
        }
    }

    fn holds_if_absent(&self, wanted: Wanted<'_>) -> bool {
        self.truth(wanted, Lookup::Absent) == wanted.truth
    }

    /// Returns the rows whose column is NULL, if the condition has the wanted result for them.
    fn of_null(&self, wanted: Wanted<'_>, column: &Column, name: &str) -> Node {
        let empty = [Value::from("")];
        let [text] = &empty;
        let own = match (column.null, &column.kind) {
            (Meaning::Absent, _) => Lookup::Absent,
            (
                Meaning::EmptyText,
                ColumnKind::TextList {
                    may_hold_one: false,
                    ..
                },
            ) => Lookup::Multivalued(&empty),
            (Meaning::EmptyText, _) => Lookup::Present(text),
        };
        self.holds(wanted, own)
            .and(Atom::IsNull(name.into()).into())
    }

    /// Returns the node for a condition that depends on the keys of its variables and is not expressed as columns.
    fn open(&self, wanted: Wanted<'_>) -> Node {
        let mut variables = wanted.condition.keys().skip(1);
        let unknown = variables
            .find(|key| !self.is_row_key(key) && matches!(self.facts.key(key), Lookup::Unknown));
        match unknown {
            Some(key) => Node::Unknown(key.clone()),
            None => {
                self.inexact("it depends on a variable that is filled from rows")
                    .inside
            }
        }
    }

    /// Converts a condition on a key of the request, whose variables may be keys of the row.
    fn of_the_request(&self, wanted: Wanted<'_>) -> Node {
        match self.facts.result(wanted.condition, wanted.effect) {
            Truth::Unknown => {}
            truth => return (truth == wanted.truth).into(),
        }
        match self.facts.key(wanted.condition.key()) {
            Lookup::Unknown => Node::Unknown(wanted.condition.key().clone()),
            Lookup::Present(value) if wanted.set().is_none() || !value.is_null() => {
                let operand = Operand::Value(value.text().into());
                self.values(wanted, &operand, false, &Keys::default())
            }
            _ => self.open(wanted),
        }
    }

    fn of_text(&self, wanted: Wanted<'_>, column: &Column, name: &str, keys: &Keys) -> Node {
        let operand = Operand::Column(name.into());
        let absent = self.holds_if_absent(wanted);
        let is_empty = || Node::from(Atom::is(operand.clone(), ""));
        let empty = Value::from("");
        let of_empty = || self.holds(wanted, Lookup::Present(&empty));

        let mut node = self.of_null(wanted, column, name);
        let others =
            if wanted.condition.operator().base() == BaseOperator::Null && wanted.set().is_none() {
                let other = Value::from("x");
                self.holds(wanted, Lookup::Present(&other))
                    .and(present(&operand))
            } else {
                self.values(wanted, &operand, column.may_hold_nul, keys)
            };
        // If the empty text is an ordinary value, the comparison of texts includes it.
        let is_ordinary = column.empty == Meaning::EmptyText
            && wanted.set().is_none()
            && wanted.condition.operator().base() != BaseOperator::Null;
        if is_ordinary {
            return node.or(others);
        }
        let of_empty = match column.empty {
            Meaning::Absent => absent.into(),
            Meaning::EmptyText => of_empty(),
        };
        node = node.or(of_empty.and(is_empty()));
        node.or(others.and(Atom::is_not(operand, "").into()))
    }

    fn of_list(&self, wanted: Wanted<'_>, column: &Column, name: &str, may_hold_one: bool) -> Node {
        let null = self.of_null(wanted, column, name);
        let element_is =
            |atom: fn(Operand, &str) -> Atom| Box::new(Node::from(atom(Operand::Element, "")));
        // Lists without elements, or with empty elements only.
        let is_empty_set = Node::from(Atom::NoElement(name.into(), element_is(Atom::is_not)));
        let is_other_set = Node::from(Atom::AnyElement(name.into(), element_is(Atom::is_not)));
        let empty = [Value::from("")];
        let of_empty_set = || self.holds(wanted, Lookup::Multivalued(&empty));
        let Some(set) = wanted.set() else {
            let one = [Value::from("x")];
            if wanted.condition.operator().base() == BaseOperator::Null {
                let other = self.holds(wanted, Lookup::Multivalued(&one));
                return null
                    .or(of_empty_set().and(is_empty_set))
                    .or(other.and(is_other_set));
            }
            let several = [Value::from("x"), Value::from("y")];
            let none = self.holds(wanted, Lookup::Multivalued(&[]));
            let is_none = Node::from(Atom::HasElements(name.into(), Order::Equal, 0));
            let of_none = none.and(is_none);
            if may_hold_one {
                let element = self.values(
                    wanted,
                    &Operand::Element,
                    column.may_hold_nul,
                    &Keys::default(),
                );
                if let Some(open) = element.first_open() {
                    return open;
                }
                let is_one = Node::from(Atom::HasElements(name.into(), Order::Equal, 1));
                let of_one = Node::from(Atom::AnyElement(name.into(), Box::new(element)));
                let are_several = Node::from(Atom::HasElements(name.into(), Order::Greater, 1));
                let of_several = self.holds(wanted, Lookup::Multivalued(&several));
                return null
                    .or(of_none)
                    .or(is_one.and(of_one))
                    .or(of_several.and(are_several));
            }
            let any = self.holds(wanted, Lookup::Multivalued(&one));
            let is_any = Node::from(Atom::HasElements(name.into(), Order::Greater, 0));
            return null.or(of_none).or(any.and(is_any));
        };
        let opposite = Wanted {
            truth: wanted.truth.negate(),
            ..wanted
        };
        let operand = Operand::Element;
        let element = |wanted| self.values(wanted, &operand, column.may_hold_nul, &Keys::default());
        let (as_wanted, otherwise) = (element(wanted), element(opposite));
        if let Some(open) = [&as_wanted, &otherwise]
            .into_iter()
            .find_map(Node::first_open)
        {
            return open;
        }
        // All elements have the wanted result if none has the opposite one.
        let asks_every = (set == SetOperator::ForAllValues) == (wanted.truth == Truth::True);
        let quantified = match asks_every {
            true => Atom::NoElement(name.into(), Box::new(otherwise)),
            false => Atom::AnyElement(name.into(), Box::new(as_wanted)),
        };
        null.or(of_empty_set().and(is_empty_set))
            .or(Node::from(quantified).and(is_other_set))
    }

    fn of_boolean(&self, wanted: Wanted<'_>, column: &Column, name: &str) -> Node {
        let null = self.of_null(wanted, column, name);
        [false, true].into_iter().fold(null, |node, value| {
            let is = Atom::Compare(name.into(), Order::Equal, Scalar::Bool(value));
            let holds = self.holds(wanted, Lookup::Present(&Value::Bool(value)));
            node.or(holds.and(is.into()))
        })
    }

    fn of_integer(&self, wanted: Wanted<'_>, column: &Column, name: &str, second: i128) -> Node {
        let null = self.of_null(wanted, column, name);
        let operand = Operand::AsText(name.into());
        let compared = match wanted.condition.comparison() {
            Comparison::Numbers(relation, numbers) => {
                let splits = numbers
                    .into_iter()
                    .map(|number| of_whole(name, relation, number.floor(), number.is_whole()));
                Split::any(&operand, splits).pick(
                    &operand,
                    wanted.is(Class::Met),
                    wanted.is(Class::NotMet),
                )
            }
            Comparison::Dates(relation, dates) => of_dates(
                name, &operand, relation, &dates, second,
            )
            .pick(&operand, wanted.is(Class::Met), wanted.is(Class::NotMet)),
            // For these, all whole numbers have the same result.
            Comparison::Booleans(_)
            | Comparison::Addresses(_)
            | Comparison::Arns(_)
            | Comparison::Null(..) => {
                let any = Value::Number(7);
                self.holds(wanted, Lookup::Present(&any))
                    .and(present(&operand))
            }
            Comparison::Nothing | Comparison::Texts(..) | Comparison::Binaries(_) => {
                self.values(wanted, &operand, false, &Keys::default())
            }
        };
        null.or(compared)
    }

    fn of_time(&self, wanted: Wanted<'_>, column: &Column, name: &str, unit: i128) -> Node {
        let null = self.of_null(wanted, column, name);
        let operand = Operand::Column(name.into());
        let compared = match wanted.condition.comparison() {
            Comparison::Dates(relation, dates) => of_dates(name, &operand, relation, &dates, unit)
                .pick(&operand, wanted.is(Class::Met), wanted.is(Class::NotMet)),
            Comparison::Nothing => Node::from(wanted.is(Class::NotMet)).and(present(&operand)),
            Comparison::Booleans(_)
            | Comparison::Addresses(_)
            | Comparison::Arns(_)
            | Comparison::Numbers(..)
            | Comparison::Null(..) => {
                let any = Value::Time(std::time::SystemTime::UNIX_EPOCH);
                self.holds(wanted, Lookup::Present(&any))
                    .and(present(&operand))
            }
            Comparison::Texts(..) | Comparison::Binaries(_) => {
                self.inexact("the text of a date is compared, and its column contains a number")
                    .inside
            }
        };
        null.or(compared)
    }

    /// Converts a condition on a column of one of the database's own types.
    fn of_native(
        &self,
        wanted: Wanted<'_>,
        column: &Column,
        name: &str,
        native: NativeType,
    ) -> Node {
        let operand = Operand::Column(name.into());
        let compared = match (native, wanted.condition.comparison()) {
            (_, Comparison::Nothing) => Node::from(wanted.is(Class::NotMet)).and(present(&operand)),
            (_, Comparison::Null(..)) => {
                let any = Value::Number(7);
                self.holds(wanted, Lookup::Present(&any))
                    .and(present(&operand))
            }
            (NativeType::Numeric, Comparison::Numbers(relation, numbers)) => {
                native.by_kind(wanted, name, of_numbers(name, relation, &numbers))
            }
            (
                NativeType::Timestamptz | NativeType::Timestamp,
                Comparison::Dates(relation, dates),
            ) => native.by_kind(wanted, name, of_instants(native, name, relation, &dates)),
            (NativeType::Inet, Comparison::Addresses(stretches)) => {
                native.by_kind(wanted, name, of_addresses(name, &stretches))
            }
            _ => {
                self.inexact(&format!("its column has the type `{}`", native.name()))
                    .inside
            }
        };
        self.of_null(wanted, column, name).or(compared)
    }

    /// Returns the rows in which a text that is not NULL has the wanted result, without the set operator.
    fn values(
        &self,
        wanted: Wanted<'_>,
        operand: &Operand,
        may_hold_nul: bool,
        keys: &Keys,
    ) -> Node {
        let is = |class| wanted.is(class);
        let (met, not_met) = (is(Class::Met), is(Class::NotMet));
        match wanted.condition.comparison() {
            Comparison::Nothing => Node::from(not_met).and(present(operand)),
            Comparison::Null(empty, other) => {
                let class = |asked: bool| is(if asked { Class::Met } else { Class::NotMet });
                let text = Split::of(
                    Atom::is(operand.clone(), ""),
                    Atom::is_not(operand.clone(), ""),
                );
                text.pick(operand, class(empty), class(other))
            }
            Comparison::Texts(case, patterns) => {
                let split = |case| {
                    let patterns = patterns.iter();
                    Split::any(
                        operand,
                        patterns.map(|pattern| {
                            self.pattern(pattern.parts(), operand, case, may_hold_nul)
                        }),
                    )
                };
                if case == Case::Sensitive {
                    return split(case).pick(operand, met, not_met);
                }
                // Texts between the two differ only in letters whose equality is undefined.
                let (same, alike) = (split(case), split(Case::Ignore));
                let between = same.outside.clone().and(alike.inside.clone());
                Node::any([
                    Node::from(met).and(same.inside),
                    Node::from(is(Class::Undecidable)).and(between),
                    Node::from(not_met).and(alike.outside),
                ])
            }
            Comparison::Booleans(booleans) => {
                let spelled = |value: bool| {
                    self.any_case(if value { "true" } else { "false" }, operand, may_hold_nul)
                };
                let has_variable = booleans.contains(&None);
                let class = |value| match booleans.contains(&Some(value)) {
                    true => Class::Met,
                    false if has_variable => Class::Undecidable,
                    false => Class::NotMet,
                };
                let known = [false, true]
                    .map(|value| Node::from(is(class(value))).and(spelled(value).inside));
                let neither = spelled(false).outside.and(spelled(true).outside);
                Node::any(known).or(Node::from(is(Class::Undecidable)).and(neither))
            }
            Comparison::Binaries(texts) => {
                if may_hold_nul {
                    return self
                        .inexact("its column may contain U+0000, where patterns of a database end")
                        .inside;
                }
                let split = Split::any(
                    operand,
                    texts.iter().map(|text| {
                        Split::of(
                            Atom::is(operand.clone(), text),
                            Atom::is_not(operand.clone(), text),
                        )
                    }),
                );
                let is_base64 = Node::from(Atom::IsBase64(operand.clone()));
                let undecidable = match is(Class::Undecidable) {
                    true => self.inexact("texts that are not base64").inside,
                    false => Node::False,
                };
                Node::from(met)
                    .and(split.inside)
                    .or(Node::from(not_met).and(is_base64).and(split.outside))
                    .or(undecidable)
            }
            Comparison::Arns(patterns) => self.arns(patterns, operand, may_hold_nul, &is),
            Comparison::Numbers(relation, numbers) => {
                let numbers: Vec<String> = numbers.into_iter().map(Number::key).collect();
                let others = [Class::NotANumber, Class::Undecidable];
                self.by_key(
                    wanted,
                    operand,
                    keys.number.as_deref(),
                    "number",
                    &others,
                    |column| of_keys(column, relation, &numbers),
                )
            }
            Comparison::Dates(relation, dates) => {
                let dates: Vec<String> = dates.into_iter().map(Date::key).collect();
                self.by_key(
                    wanted,
                    operand,
                    keys.date.as_deref(),
                    "date",
                    &[Class::Undecidable],
                    |column| of_keys(column, relation, &dates),
                )
            }
            Comparison::Addresses(stretches) => self.by_key(
                wanted,
                operand,
                keys.address.as_deref(),
                "address",
                &[Class::Undecidable],
                |column| of_stretches(column, &stretches),
            ),
        }
    }

    /// Returns the rows in which a text has the wanted result, by the column with its sort key. Texts without a sort
    /// key are of one of the classes `others`.
    fn by_key(
        &self,
        wanted: Wanted<'_>,
        operand: &Operand,
        column: Option<&str>,
        name: &str,
        others: &[Class],
        compared: impl Fn(&str) -> Split,
    ) -> Node {
        let Some(column) = column else {
            return self
                .inexact(&format!(
                    "a text column is compared as a {name}, and has no sort key for it"
                ))
                .inside;
        };
        let key = Operand::Column(column.into());
        let known = compared(column).pick(&key, wanted.is(Class::Met), wanted.is(Class::NotMet));
        let none = present(operand).and(Atom::IsNull(column.into()).into());
        let other = if others.iter().all(|class| wanted.is(*class)) {
            none
        } else if others.iter().any(|class| wanted.is(*class)) {
            none.and(
                self.inexact(&format!(
                    "texts without a valid {name}, or with one that is too large"
                ))
                .inside,
            )
        } else {
            Node::False
        };
        known.or(other)
    }
}

pub(super) fn order_of(relation: Relation) -> Order {
    match relation {
        Relation::Equal => Order::Equal,
        Relation::Less => Order::Less,
        Relation::LessOrEqual => Order::LessOrEqual,
        Relation::Greater => Order::Greater,
        Relation::GreaterOrEqual => Order::GreaterOrEqual,
    }
}

pub(super) fn compare(column: &str, order: Order, scalar: Scalar) -> Split {
    Split::of(
        Atom::Compare(column.into(), order, scalar.clone()),
        Atom::Compare(column.into(), order.opposite(), scalar),
    )
}

/// Returns the rows in which a whole number has this relation to another number, whose next lower whole number is
/// `floor`.
fn of_whole(column: &str, relation: Relation, floor: i128, is_whole: bool) -> Split {
    let operand = Operand::AsText(column.into());
    let Some(order) = order_to_floor(relation, is_whole) else {
        return Split::nowhere(&operand);
    };
    match i64::try_from(floor) {
        Ok(floor) => compare(column, order, Scalar::Integer(floor)),
        Err(_) => beyond(&operand, order, floor > 0),
    }
}

/// Returns the order of a whole number and the next lower whole number of another number, if the number has this
/// relation to the other one. `None` if it cannot have it.
pub(super) fn order_to_floor(relation: Relation, is_whole: bool) -> Option<Order> {
    match (relation, is_whole) {
        (relation, true) => Some(order_of(relation)),
        (Relation::Equal, false) => None,
        (Relation::Less | Relation::LessOrEqual, false) => Some(Order::LessOrEqual),
        (Relation::Greater | Relation::GreaterOrEqual, false) => Some(Order::Greater),
    }
}

/// Returns the rows that have this order to a value that is greater, or less, than all values of the column.
pub(super) fn beyond(operand: &Operand, order: Order, is_greater: bool) -> Split {
    match (order, is_greater) {
        (Order::Less | Order::LessOrEqual, true)
        | (Order::Greater | Order::GreaterOrEqual, false) => Split::everywhere(operand),
        _ => Split::nowhere(operand),
    }
}

fn of_dates(
    column: &str,
    operand: &Operand,
    relation: Relation,
    dates: &[Date],
    unit: i128,
) -> Split {
    let splits = dates.iter().map(|date| {
        let nanoseconds = date.nanoseconds();
        let (floor, rest) = (nanoseconds.div_euclid(unit), nanoseconds.rem_euclid(unit));
        of_whole(column, relation, floor, rest == 0)
    });
    Split::any(operand, splits)
}

fn of_keys(column: &str, relation: Relation, keys: &[String]) -> Split {
    let operand = Operand::Column(column.into());
    let splits = keys
        .iter()
        .map(|key| compare(column, order_of(relation), Scalar::Key(key.as_str().into())));
    Split::any(&operand, splits)
}

fn of_stretches(column: &str, stretches: &[(Ipv6Addr, Ipv6Addr)]) -> Split {
    let operand = Operand::Column(column.into());
    let splits = stretches.iter().map(|(first, last)| {
        let ends = [(Order::GreaterOrEqual, first), (Order::LessOrEqual, last)];
        Split::all(
            &operand,
            ends.map(|(order, end)| {
                compare(column, order, Scalar::Key(key_of_address(*end).into()))
            }),
        )
    });
    Split::any(&operand, splits)
}
