//! Conditions: what a statement asks of the condition keys of a request.
//!
//! ```
//! use pinpoint_iam::condition::Condition;
//! use pinpoint_iam::context::Context;
//! use pinpoint_iam::eval::Truth;
//! use pinpoint_iam::policy::{Effect, Version};
//!
//! let only_from_the_office = Condition::parse(
//!     "IpAddress",
//!     "aws:SourceIp",
//!     &["203.0.113.5".into()],
//!     true,
//!     Version::V2012_10_17,
//! )?;
//!
//! let mut context = Context::new();
//! context.insert("aws:SourceIp", "203.0.113.6");
//! let outcome = only_from_the_office.evaluate(&context, Effect::Allow);
//! assert_eq!(outcome.truth, Truth::False);
//! assert_eq!(
//!     outcome.reason.to_string(),
//!     "`aws:SourceIp` is `203.0.113.6`, which is in none of `203.0.113.5`",
//! );
//! # Ok::<(), pinpoint_iam::condition::ConditionError>(())
//! ```
//!
//! # How conditions combine
//!
//! One [`Condition`] is one operator with one key and its values. A statement applies when **all** its conditions hold:
//! all operators, and all keys of each operator; a statement without conditions asks nothing.
//! The values of one condition are alternatives: a positive operator holds when the request's value meets **at least one**
//! of them, a negated operator (`…Not…`) when it meets **none**. An empty list of values is met by nothing, so a positive
//! operator never holds and a negated one always does.
//!
//! # Operators
//!
//! | operators | the request's value meets a value of the policy when | letters | absent key |
//! |---|---|---|---|
//! | `StringEquals`, `StringNotEquals` | the texts are the same | case counts | no, **yes** |
//! | `StringEqualsIgnoreCase`, `StringNotEqualsIgnoreCase` | the texts are the same apart from case | ASCII case does not count | no, **yes** |
//! | `StringLike`, `StringNotLike` | the text matches; `*` is any run of characters, `/` and `:` included, `?` any one character | case counts | no, **yes** |
//! | `NumericEquals`, `NumericNotEquals` | the numbers are equal: `10` and `10.0` are | | no, **yes** |
//! | `NumericLessThan`, `NumericLessThanEquals`, `NumericGreaterThan`, `NumericGreaterThanEquals` | the request's number stands so to the policy's | | no |
//! | `DateEquals`, `DateNotEquals` | it is the same point in time, whatever the offset | | no, **yes** |
//! | `DateLessThan`, `DateLessThanEquals`, `DateGreaterThan`, `DateGreaterThanEquals` | the request's time stands so to the policy's | | no |
//! | `Bool` | both are true or both are false | case does not count | no |
//! | `BinaryEquals` | the bytes are the same, both written in base64 | case counts | no |
//! | `IpAddress`, `NotIpAddress` | the address is in the range | case does not count | no, **yes** |
//! | `ArnEquals` = `ArnLike`, `ArnNotEquals` = `ArnNotLike` | each of the six components matches, with `*` and `?` | case counts | no, **yes** |
//! | `Null` | `true`: the key is absent or null; `false`: it has a value that is not empty | case does not count | see left |
//!
//! The last column says whether the operator holds for a key that the request does not have. With `IfExists` at the end
//! of its name every operator holds then, negated or not; for a key that is there, `IfExists` changes nothing.
//! Names of operators are case sensitive. Names of condition keys are not, what stands behind a `/` in them included.
//!
//! The values of a policy are all read when it loads. One that is nothing its operator compares is refused then, as is a
//! condition key with a variable in it, so that a policy never holds a condition that was meant otherwise.
//!
//! ## Values in detail
//!
//! - **Texts** are compared as they are, without Unicode normalisation. Numbers and Booleans of the request count as
//!   their text.
//! - **Numbers** are exact decimals: `-?digits(.digits)?`, with an exponent if need be. We chose to read exponents, on which
//!   AWS is silent. What has more than 28 decimal places or does not fit in 96 bits is refused.
//! - **Dates** are seconds since 1970 (digits alone, up to the largest 64-bit number), or `year`, `year-month`,
//!   `year-month-day`, then perhaps `T` with `hour`, `hour:minute` or `hour:minute:second`, up to nine decimals, then `Z`, an
//!   offset `+hh`, `+hh:mm` (or `-`), or nothing, which is UTC. Months to seconds may have one digit, letters either case;
//!   years go from −292275054 to 292278993. `01T` is the year 1, and `-292275054` is a year and no number of seconds. A
//!   request may bring seconds with up to nine decimals.
//! - **Addresses** are IPv4 or IPv6, in any spelling; without prefix a range is the single address, for IPv6 too, where the
//!   documentation says `/32` of all addresses. Host bits do not matter. A range of IPv4 contains no IPv6 address. An IPv6
//!   address that is mapped from IPv4 is the IPv4 address, and a range of those the range of IPv4.
//! - **ARNs**: a value of the request that is no ARN satisfies neither the positive nor the negated operators, as AWS's
//!   policy simulator was seen to answer. A pattern without six components, `*` for one, is met by nothing. Variables may
//!   stand in any component, and neither they nor wildcards reach over the first five colons. A text that starts like an
//!   ARN but is longer than any, or holds control characters, is undecidable.
//! - **Variables** are filled in for texts and ARNs, in policies of the version 2012-10-17 (see [`pattern`](crate::pattern)).
//!   A value whose variable has no value, because its key is absent, null or multivalued, is met by nothing: a positive
//!   operator does not hold on its account, and a negated one is not kept from holding. In the values of other operators a
//!   `${` is refused, save for `Bool`: AWS's pages contradict each other there, and such a value is undecidable.
//!
//! # Keys with several values, and with none
//!
//! A key is multivalued because of its type: AWS documents `aws:TagKeys` and other keys as such, and whatever a request
//! brings [as a list](crate::context::Context::insert_all) is. The number of values does not matter.
//!
//! - `ForAllValues:` asks that **every** value of the request satisfies the operator. It holds for an absent key, and for a
//!   null one. In an `Allow` statement that is a hole unless a `Null` condition closes it.
//! - `ForAnyValue:` asks that **at least one** value of the request satisfies the operator. It does not hold for an absent
//!   key, nor for a null one, not even with `IfExists`: set operators decide about absent keys themselves.
//! - The negation of an operator stands inside: `ForAnyValue:StringNotEquals` asks for a value that is none of the policy's.
//! - A single value is a set of one.
//! - A key is null when it has no value or only empty texts. We chose so; AWS speaks of "a null data set, such as an empty
//!   string". An empty text among others is a value like any.
//! - `Null` behind a set operator is asked of each value.
//! - Without set operator a **multivalued** key is undecidable, with one value too. A key that is present with **no** value is treated
//!   like an absent one, but whether it exists is anybody's guess: where `IfExists` makes the difference it is undecidable.
//!   A single empty text is a text.
//!
//! # What cannot be decided
//!
//! A value of the request may be nothing that the operator compares: `abc` under `NumericLessThan`, `yes` under `Bool`. Then
//! the condition **counts against the request**: it does not hold in an [`Allow`](Effect::Allow) statement and holds in a
//! [`Deny`](Effect::Deny) statement, for positive and negated operators alike. The same goes for a multivalued key without
//! set operator, and for letters outside ASCII that differ only in case under the operators that ignore case. AWS's
//! documentation describes none of these; [`Finding::Undecidable`] and [`Finding::Multivalued`] report them.
//!
//! One reading goes before this rule: a text that is no number equals no number, so that `NumericNotEquals` holds for it,
//! in an `Allow` too. Whoever grants by `NumericNotEquals` should ask for the key's range as well.
//!
//! # What is not known yet
//!
//! A key may be [unknown](crate::context::Lookup::Unknown), its own or that of a variable. A condition that depends on it is
//! [`Truth::Unknown`]; where the answer is the same for all that the key may turn out to be, absent included, it may be
//! given at once. An answer other than unknown never changes when keys become known.

pub(crate) mod arn;
mod binary;
pub(crate) mod boolean;
mod date;
mod error;
mod evaluate;
pub(crate) mod ip_address;
mod matcher;
mod null;
mod numeric;
mod operator;
mod outcome;
#[doc(hidden)]
pub mod samples;
mod string;
mod value;
mod value_match;

use std::fmt;

pub use error::{ConditionError, Part};
pub use operator::{BaseOperator, Operator, SetOperator};
pub use outcome::{Finding, Outcome, Reason};
pub use value::ConditionValue;
pub use value_match::Undecidable;

use crate::context::{ConditionKey, ContextLookup};
use crate::effect::Effect;
use crate::quoted::Quoted;
#[cfg(doc)]
use crate::truth::Truth;
use crate::version::Version;
use matcher::Matcher;

/// One operator with one condition key and the values it is compared with.
///
/// The [module documentation](self) says what each operator does.
#[derive(Clone)]
pub struct Condition {
    operator: Operator,
    key: ConditionKey,
    values: Box<[ConditionValue]>,
    single: bool,
    comparison: Matcher,
}

impl Condition {
    /// Reads the condition `{"operator": {"key": values}}` of a policy of the given version.
    ///
    /// `single` says that the one value was written by itself and not in a list; it only matters for writing the policy
    /// back.
    ///
    /// # Errors
    ///
    /// When there is no such operator, the key has no name or holds a variable, or a value is nothing that the operator
    /// compares. The error names the part that is wrong.
    pub fn parse(
        operator: &str,
        key: &str,
        values: &[ConditionValue],
        single: bool,
        version: Version,
    ) -> Result<Self, ConditionError> {
        let operator = Operator::parse(operator)?;
        if key.is_empty() {
            return Err(ConditionError::new(
                Part::Key,
                "a condition key has no name".to_owned(),
                "name a condition key such as `aws:SourceIp`",
            ));
        }
        if key.contains("${") {
            return Err(ConditionError::new(
                Part::Key,
                format!("{} holds a variable", Quoted(key)),
                "variables are filled in in values only, not in condition keys",
            ));
        }
        Ok(Self {
            operator,
            key: ConditionKey::new(key),
            values: values.into(),
            single,
            comparison: Matcher::parse(operator.base(), values, version)?,
        })
    }

    /// The operator.
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// The condition key.
    pub const fn key(&self) -> &ConditionKey {
        &self.key
    }

    /// The values, as the policy writes them.
    pub fn values(&self) -> &[ConditionValue] {
        &self.values
    }

    /// Whether the one value was written by itself and not in a list.
    pub const fn is_single(&self) -> bool {
        self.single
    }

    /// Every condition key that the answer may depend on: the condition's own, then those of variables in its values.
    pub fn keys(&self) -> impl Iterator<Item = &ConditionKey> {
        let variables = self
            .comparison
            .patterns()
            .flat_map(|pattern| pattern.variables())
            .map(|variable| variable.key());
        std::iter::once(&self.key).chain(variables)
    }

    /// Whether the condition holds, given what is known of the request, in a statement of this effect.
    ///
    /// The effect only matters where the condition [cannot be decided](self#what-cannot-be-decided).
    pub fn evaluate<'a>(
        &'a self,
        facts: &'a (impl ContextLookup + ?Sized),
        effect: Effect,
    ) -> Outcome<'a> {
        evaluate::evaluate(self, facts, effect)
    }
}

/// Two conditions are equal when a policy writes them the same way, apart from the case of the key.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            operator,
            key,
            values,
            single,
            comparison: _,
        } = self;
        *operator == other.operator
            && *key == other.key
            && *values == other.values
            && *single == other.single
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Condition")
            .field("operator", &format_args!("{}", self.operator))
            .field("key", &self.key)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}
