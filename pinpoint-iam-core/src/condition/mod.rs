//! Conditions: the requirements of a statement on the condition keys of a request.
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
//! One [`Condition`] is one operator with one key and its values. A statement applies if **all** its conditions hold:
//! all operators, and all keys of each operator. A statement without conditions has no further requirements. The values
//! of one condition are alternatives: a positive operator holds if the request's value matches **at least one** of
//! them, a negated operator (`…Not…`) if it matches **none**. An empty list of values matches nothing, so a positive
//! operator never holds and a negated one always does.
//!
//! # Operators
//!
//! | operators | the request's value matches a value of the policy if | case | absent key |
//! |---|---|---|---|
//! | `StringEquals`, `StringNotEquals` | the strings are equal | case-sensitive | no, **yes** |
//! | `StringEqualsIgnoreCase`, `StringNotEqualsIgnoreCase` | the strings are equal apart from case | ASCII case is ignored | no, **yes** |
//! | `StringLike`, `StringNotLike` | the string matches; `*` is any run of characters, including `/` and `:`, and `?` is any one character | case-sensitive | no, **yes** |
//! | `NumericEquals`, `NumericNotEquals` | the numbers are equal, as `10` and `10.0` are | | no, **yes** |
//! | `NumericLessThan`, `NumericLessThanEquals`, `NumericGreaterThan`, `NumericGreaterThanEquals` | the request's number compares in this way with the policy's | | no |
//! | `DateEquals`, `DateNotEquals` | the points in time are equal; the offset does not matter | | no, **yes** |
//! | `DateLessThan`, `DateLessThanEquals`, `DateGreaterThan`, `DateGreaterThanEquals` | the request's time compares in this way with the policy's | | no |
//! | `Bool` | both are true or both are false | ignored | no |
//! | `BinaryEquals` | the bytes are equal; both are written in base64 | case-sensitive | no |
//! | `IpAddress`, `NotIpAddress` | the address is in the range | ignored | no, **yes** |
//! | `ArnEquals` = `ArnLike`, `ArnNotEquals` = `ArnNotLike` | each of the six components matches, with `*` and `?` | case-sensitive | no, **yes** |
//! | `Null` | `true`: the key is absent or null; `false`: it has a value that is not empty | ignored | see left |
//!
//! The last column shows whether the operator holds for a key that is absent from the request. With `IfExists` at the
//! end of its name, every operator holds for an absent key, negated or not; for a key that is present, `IfExists`
//! changes nothing. Operator names are case-sensitive. Names of condition keys are not, including the part after a `/`.
//!
//! All values of a policy are parsed when it loads. A value that its operator cannot compare is rejected, and so is a
//! condition key that contains a variable, so that a policy never contains a condition whose meaning differs from the
//! intention.
//!
//! ## Values in detail
//!
//! - **Strings** are compared as they are, without Unicode normalization. Numbers and Booleans of the request are
//!   compared as their string forms.
//! - **Numbers** are exact decimals: `-?digits(.digits)?`, with an optional exponent. AWS does not document exponents;
//!   we chose to accept them. Numbers with more than 28 decimal places, or that do not fit in 96 bits, are rejected.
//! - **Dates** are seconds since 1970 (only digits, up to the largest 64-bit number), or `year`, `year-month` or
//!   `year-month-day`, optionally followed by `T` with `hour`, `hour:minute` or `hour:minute:second` with up to nine
//!   decimals, and by `Z`, an offset `+hh` or `+hh:mm` (or `-`), or nothing, which means UTC. Months to seconds may
//!   have one digit; letters may be in either case. Years range from −292275054 to 292278993. `01T` is the year 1, and
//!   `-292275054` is a year, not a number of seconds. Requests may contain seconds with up to nine decimals.
//! - **Addresses** are IPv4 or IPv6, in any notation. A range without a prefix length is the single address, also for
//!   IPv6, although AWS documents `/32` as the default for all addresses. Host bits do not matter. An IPv4 range does
//!   not contain IPv6 addresses. An IPv4-mapped IPv6 address is the IPv4 address, and a range of mapped addresses is
//!   the IPv4 range.
//! - **ARNs**: a value of the request that is not an ARN satisfies neither the positive nor the negated operators, as
//!   we observed with AWS's policy simulator. A pattern without six components, for example `*`, matches nothing. Any
//!   component may contain variables; neither variables nor wildcards match across the first five colons. A string that
//!   starts like an ARN but exceeds the maximum length or contains control characters is undecidable.
//! - **Variables** are filled in for strings and ARNs, in policies of version 2012-10-17 (see
//!   [`pattern`](crate::pattern)). A variable has no value if its key is absent, null or multivalued. A policy value
//!   with such a variable matches nothing: it cannot make a positive operator hold, and it cannot prevent a negated one
//!   from holding. In the values of other operators, `${` is rejected, except for `Bool`: AWS's pages contradict each
//!   other there, and such a value is undecidable.
//! # Keys with several values or none
//!
//! A key is multivalued because of its type: AWS documents `aws:TagKeys` and some other keys as multivalued, and so is
//! every key that a request [inserts as a list](crate::context::Context::insert_all). The number of values does not
//! matter.
//!
//! - `ForAllValues:` requires that **every** value of the request satisfies the operator. It holds for an absent or
//!   null key. In an `Allow` statement this is a hole unless a `Null` condition closes it.
//! - `ForAnyValue:` requires that **at least one** value of the request satisfies the operator. It does not hold for an
//!   absent or null key, even with `IfExists`: set operators define their own result for absent keys.
//! - Negation applies inside the set operator: `ForAnyValue:StringNotEquals` requires a value that matches none of the
//!   policy's values.
//! - A single value is a set of one.
//! - A key is null if it has no value or only empty strings. This is our choice; AWS mentions "a null data set, such as
//!   an empty string". An empty string among other values is an ordinary value.
//! - `Null` with a set operator tests each value.
//! - Without a set operator, a **multivalued** key is undecidable, even with one value. A key that is present with
//!   **no** value is treated like an absent one, but it is ambiguous whether it exists: if `IfExists` makes the
//!   difference, the condition is undecidable. A single empty string is a string.
//!
//! # Undecidable conditions
//!
//! A value of the request may not be comparable by the operator, for example `abc` with `NumericLessThan` or `yes` with
//! `Bool`. Such a condition **counts against the request**: it does not hold in an [`Allow`](Effect::Allow) statement
//! and holds in a [`Deny`](Effect::Deny) statement, for positive and negated operators alike. The same applies to a
//! multivalued key without a set operator, and to letters outside ASCII that differ only in case under operators that
//! ignore case. AWS's documentation describes none of these cases; [`Finding::Undecidable`] and
//! [`Finding::Multivalued`] report them.
//!
//! There is one exception: a string that is not a number does not equal any number, so `NumericNotEquals` holds for it,
//! even in an `Allow`. A statement that grants access by `NumericNotEquals` should also test the range of the key.
//!
//! # Unknown keys
//!
//! A key may be [unknown](crate::context::Lookup::Unknown): either the condition's own key or that of a variable. A
//! condition that depends on an unknown key is [`Truth::Unknown`]. If the result is the same for every value that the
//! key can have, and for an absent key, it may be returned early. A result other than unknown never changes when keys
//! become known.

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
pub mod residual;
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

/// One operator with one condition key and the values that it is compared with.
///
/// The [module documentation](self) describes each operator.
#[derive(Clone)]
pub struct Condition {
    operator: Operator,
    key: ConditionKey,
    values: Box<[ConditionValue]>,
    single: bool,
    comparison: Matcher,
}

impl Condition {
    /// Parses the condition `{"operator": {"key": values}}` of a policy of the given version.
    ///
    /// `single` means that the value was written without a list. It only affects how the policy is serialized.
    ///
    /// # Errors
    ///
    /// Returns an error if the operator does not exist, if the key has no name or contains a variable, or if the
    /// operator cannot compare a value. The error names the part that is wrong.
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
                format!("{} contains a variable", Quoted(key)),
                "use variables only in values, not in condition keys",
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

    /// The values, as written in the policy.
    pub fn values(&self) -> &[ConditionValue] {
        &self.values
    }

    /// Whether the value was written without a list.
    pub const fn is_single(&self) -> bool {
        self.single
    }

    /// Every condition key that the result can depend on: the condition's own key, then those of variables in its
    /// values.
    pub fn keys(&self) -> impl Iterator<Item = &ConditionKey> {
        let variables = self
            .comparison
            .patterns()
            .flat_map(|pattern| pattern.variables())
            .map(|variable| variable.key());
        std::iter::once(&self.key).chain(variables)
    }

    /// Evaluates the condition for what is known about the request, in a statement with this effect.
    ///
    /// The effect only matters if the condition is [undecidable](self#undecidable-conditions).
    pub fn evaluate<'a>(
        &'a self,
        facts: &'a (impl ContextLookup + ?Sized),
        effect: Effect,
    ) -> Outcome<'a> {
        evaluate::evaluate(self, facts, effect)
    }
}

/// Two conditions are equal if a policy writes them in the same way, apart from the case of the key.
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
