//! The condition operators and their names.

use std::cmp::Ordering;
use std::fmt;

use super::error::{ConditionError, Part};
use crate::quoted::Quoted;
use crate::suggest::nearest;

/// A condition operator with its modifiers: `StringLike`, `ForAnyValue:StringEquals`, `BoolIfExists`.
///
/// Names are case-sensitive. See
/// [condition operators](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operator {
    set: Option<SetOperator>,
    base: BaseOperator,
    if_exists: bool,
}

impl Operator {
    /// Parses the name of an operator.
    ///
    /// # Errors
    ///
    /// Returns an error if the operator does not exist, and for `Null` with `IfExists`, because `Null` is already
    /// defined for an absent key.
    pub fn parse(name: &str) -> Result<Self, ConditionError> {
        let (set, rest) = SetOperator::split(name);
        let (base, if_exists) = match rest.strip_suffix(IF_EXISTS) {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let Some(base) = BaseOperator::ALL
            .iter()
            .find(|known| known.as_str() == base)
        else {
            return Err(unknown(name));
        };
        if *base == BaseOperator::Null && if_exists {
            return Err(ConditionError::new(
                Part::Operator,
                format!("`Null` does not go with `{IF_EXISTS}`"),
                "`Null` looks at the key itself, absent or not; write `Null`",
            ));
        }
        Ok(Self {
            set,
            base: *base,
            if_exists,
        })
    }

    /// The set operator, if there is one.
    pub const fn set(&self) -> Option<SetOperator> {
        self.set
    }

    /// The operator without its set operator and without `IfExists`.
    pub const fn base(&self) -> BaseOperator {
        self.base
    }

    /// Whether the name ends in `IfExists`.
    pub const fn if_exists(&self) -> bool {
        self.if_exists
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(set) = self.set {
            write!(formatter, "{}:", set.as_str())?;
        }
        formatter.write_str(self.base.as_str())?;
        if self.if_exists {
            formatter.write_str(IF_EXISTS)?;
        }
        Ok(())
    }
}

/// The way in which an operator treats a key with several values.
///
/// See [multivalued context keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetOperator {
    /// Every value of the request must satisfy the operator.
    ForAllValues,
    /// At least one value of the request must satisfy the operator.
    ForAnyValue,
}

impl SetOperator {
    /// The name: `ForAllValues`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForAllValues => "ForAllValues",
            Self::ForAnyValue => "ForAnyValue",
        }
    }

    /// Splits a set operator and its colon off the start of an operator's name.
    fn split(name: &str) -> (Option<Self>, &str) {
        for set in [Self::ForAllValues, Self::ForAnyValue] {
            if let Some(rest) = name
                .strip_prefix(set.as_str())
                .and_then(|rest| rest.strip_prefix(':'))
            {
                return (Some(set), rest);
            }
        }
        (None, name)
    }
}

macro_rules! base_operators {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// A condition operator without a set operator and without `IfExists`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum BaseOperator {
            $($(#[doc = $doc])* $name,)*
        }

        impl BaseOperator {
            /// Every operator.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name, as written in policies.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

base_operators! {
    /// The string equals one of the values. Case-sensitive, without wildcards.
    StringEquals,
    /// The string equals none of the values. Case-sensitive, without wildcards.
    StringNotEquals,
    /// The string equals one of the values, ignoring case.
    StringEqualsIgnoreCase,
    /// The string equals none of the values, ignoring case.
    StringNotEqualsIgnoreCase,
    /// The string matches one of the values, in which `*` and `?` are wildcards. Case-sensitive.
    StringLike,
    /// The string matches none of the values, in which `*` and `?` are wildcards. Case-sensitive.
    StringNotLike,
    /// The number equals one of the values.
    NumericEquals,
    /// The number equals none of the values.
    NumericNotEquals,
    /// The number is less than one of the values.
    NumericLessThan,
    /// The number is less than or equal to one of the values.
    NumericLessThanEquals,
    /// The number is greater than one of the values.
    NumericGreaterThan,
    /// The number is greater than or equal to one of the values.
    NumericGreaterThanEquals,
    /// The time equals one of the values.
    DateEquals,
    /// The time equals none of the values.
    DateNotEquals,
    /// The time is before one of the values.
    DateLessThan,
    /// The time is before or equal to one of the values.
    DateLessThanEquals,
    /// The time is after one of the values.
    DateGreaterThan,
    /// The time is after or equal to one of the values.
    DateGreaterThanEquals,
    /// The Boolean equals one of the values.
    Bool,
    /// The bytes equal one of the values; both are in base64.
    BinaryEquals,
    /// The address is in one of the ranges.
    IpAddress,
    /// The address is in none of the ranges.
    NotIpAddress,
    /// The same as [`ArnLike`](Self::ArnLike).
    ArnEquals,
    /// The ARN matches one of the values, component by component.
    ArnLike,
    /// The same as [`ArnNotLike`](Self::ArnNotLike).
    ArnNotEquals,
    /// The value is an ARN and matches none of the values.
    ArnNotLike,
    /// The key is absent (`true`), or present with a value that is not empty (`false`).
    Null,
}

impl BaseOperator {
    /// Whether the operator requires that the request's value matches *none* of the policy's values.
    ///
    /// A negated operator holds for an absent key; the others, apart from [`Null`](Self::Null), do not.
    pub const fn is_negated(self) -> bool {
        matches!(
            self,
            Self::StringNotEquals
                | Self::StringNotEqualsIgnoreCase
                | Self::StringNotLike
                | Self::NumericNotEquals
                | Self::DateNotEquals
                | Self::NotIpAddress
                | Self::ArnNotEquals
                | Self::ArnNotLike
        )
    }

    /// The verb that explanations put between a value of the request and the matching value of the policy.
    pub(super) const fn verb(self) -> &'static str {
        match self {
            Self::StringEquals
            | Self::StringNotEquals
            | Self::NumericEquals
            | Self::NumericNotEquals
            | Self::Bool
            | Self::BinaryEquals
            | Self::Null => "equals",
            Self::StringEqualsIgnoreCase | Self::StringNotEqualsIgnoreCase => {
                "equals, apart from case,"
            }
            Self::StringLike
            | Self::StringNotLike
            | Self::ArnEquals
            | Self::ArnLike
            | Self::ArnNotEquals
            | Self::ArnNotLike => "matches",
            Self::NumericLessThan => "is less than",
            Self::NumericLessThanEquals => "is at most",
            Self::NumericGreaterThan => "is greater than",
            Self::NumericGreaterThanEquals => "is at least",
            Self::DateEquals | Self::DateNotEquals => "is the same time as",
            Self::DateLessThan => "is before",
            Self::DateLessThanEquals => "is not after",
            Self::DateGreaterThan => "is after",
            Self::DateGreaterThanEquals => "is not before",
            Self::IpAddress | Self::NotIpAddress => "is in",
        }
    }
}

/// The required order of two values.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    /// Whether the relation holds for two values with this ordering; the request's value is on the left.
    pub const fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

const IF_EXISTS: &str = "IfExists";

fn unknown(name: &str) -> ConditionError {
    let (set, rest) = SetOperator::split(name);
    let known: Vec<String> = BaseOperator::ALL
        .iter()
        .flat_map(|base| [(base, ""), (base, IF_EXISTS)])
        .map(|(base, suffix)| format!("{}{suffix}", base.as_str()))
        .collect();
    let hint = match (nearest(rest, known.iter().map(String::as_str)), set) {
        (Some(known), Some(set)) => format!("did you mean `{}:{known}`?", set.as_str()),
        (Some(known), None) => format!("did you mean `{known}`?"),
        (None, _) => {
            "operators are named like `StringEquals`, `ForAnyValue:StringLike` or `BoolIfExists`"
                .to_owned()
        }
    };
    ConditionError::new(
        Part::Operator,
        format!("unknown condition operator {}", Quoted(name)),
        hint,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_read_back_in_every_form() {
        for base in BaseOperator::ALL {
            for prefix in ["", "ForAllValues:", "ForAnyValue:"] {
                for suffix in ["", "IfExists"] {
                    let name = format!("{prefix}{}{suffix}", base.as_str());
                    match Operator::parse(&name) {
                        Ok(operator) => assert_eq!(operator.to_string(), name),
                        Err(_) => {
                            assert!(*base == BaseOperator::Null && !suffix.is_empty(), "{name}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn relations_hold_as_they_are_named() {
        use Ordering::{Equal, Greater, Less};
        let table = [
            (Relation::Equal, [false, true, false]),
            (Relation::Less, [true, false, false]),
            (Relation::LessOrEqual, [true, true, false]),
            (Relation::Greater, [false, false, true]),
            (Relation::GreaterOrEqual, [false, true, true]),
        ];
        for (relation, expected) in table {
            assert_eq!(
                [Less, Equal, Greater].map(|it| relation.holds(it)),
                expected
            );
        }
    }
}
