//! The fixes that follow from the code and the place of a finding.

use std::net::IpAddr;
use std::ops::Range;

use ipnet::{IpNet, Ipv4Net};
use pinpoint_iam_core::json::Type;

use crate::checker::Checker;
use crate::finding::{Finding, Fix};
use crate::grammar;
use crate::layout::Layout;
use crate::read::{Condition, Policy, Value};
use crate::rule::Rule;
use crate::rules::{
    address, condition, document, lint, of_catalog, principal, redundant, statement, value,
};

/// Rules that are resolved by removing the element at the place of the finding from its list.
static REMOVED: [&Rule; 9] = [
    &redundant::REDUNDANT_ACTION,
    &redundant::REDUNDANT_RESOURCE,
    &redundant::REDUNDANT_STATEMENT,
    &principal::REDUNDANT_PRINCIPAL,
    &value::DUPLICATE_VALUE,
    &lint::NULL_RESOURCE,
    &address::PRIVATE_IP_ADDRESS_SUBSET,
    &address::PRIVATE_NOT_IP_ADDRESS_SUBSET,
    &of_catalog::ENDED_ACTION,
];

/// Adds fixes to the findings that have none.
pub(crate) fn add(policy: &Policy<'_>, check: &Checker<'_>, findings: &mut [Finding]) {
    if findings.is_empty() {
        return;
    }
    let fixes = Fixes {
        policy,
        check,
        layout: Layout::of(check.source),
    };
    for finding in findings {
        if finding.fix.is_none() {
            finding.fix = fixes.of(finding.code, finding.span.start);
        }
    }
}

struct Fixes<'a> {
    policy: &'a Policy<'a>,
    check: &'a Checker<'a>,
    layout: Layout,
}

impl Fixes<'_> {
    fn of(&self, code: &str, at: usize) -> Option<Fix> {
        let is = |rule: &Rule| rule.code == code;
        if REMOVED.iter().any(|rule| is(rule)) {
            return Some(removal(self.layout.element_removal(at)?));
        }
        if is(&lint::DOCUMENT_ID) || is(&statement::EMPTY_SID_VALUE) {
            return Some(removal(self.layout.member_removal(at)?));
        }
        if is(&statement::UNSUPPORTED_SID) {
            return self.sid(at);
        }
        if is(&grammar::EMPTY_OBJECT_CONDITION) {
            return Some(removal(self.layout.removal_with_object(at)?));
        }
        if is(&condition::REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION) {
            let (condition, _) = self.value(at)?;
            return Some(removal(self.layout.removal_with_object(condition.key.at)?));
        }
        if is(&document::MISSING_VERSION) {
            return self.version();
        }
        if is(&document::OLD_VERSION) {
            return self.check.string_fix(at, "2012-10-17");
        }
        if is(&lint::STAR_COLON_STAR) {
            return self.check.string_fix(at, "*");
        }
        if is(&lint::IMPROVE_IP_RANGE) || is(&lint::MAPPED_RANGE) {
            return self.check.string_fix(at, &range(&self.value(at)?.1.text)?);
        }
        if is(&value::INVALID_DATE_VALUE) {
            let (_, value) = self.value(at)?;
            let time = jiff::Timestamp::from_second(value.text.parse().ok()?).ok()?;
            return Some(Fix::new(
                format!("write `{time}`"),
                self.span(value),
                format!("\"{time}\""),
            ));
        }
        if is(&value::REDUNDANT_CONDITION_VALUE_NUM) {
            return self.decisive_limit(at);
        }
        self.operator(code, at)
    }

    /// Removes the characters that a `Sid` cannot contain, unless another statement would have the same one.
    fn sid(&self, at: usize) -> Option<Fix> {
        let statements = &self.policy.statements;
        let sids = || statements.iter().filter_map(|found| found.sid.as_ref());
        let plain = statement::plain_sid(&sids().find(|sid| sid.at == at)?.text);
        let is_taken = sids().any(|sid| sid.at != at && statement::plain_sid(&sid.text) == plain);
        if plain.is_empty() || is_taken {
            return None;
        }
        self.check.string_fix(at, &plain)
    }

    /// Inserts the version as the first member, with the white space of the member after it.
    fn version(&self) -> Option<Fix> {
        let at = self.policy.at + 1;
        let rest = self.check.source.get(at..)?;
        let space = rest.get(..rest.len() - rest.trim_ascii_start().len())?;
        let (space, colon) = match space {
            "" if rest.starts_with("\"Statement\":{") || rest.starts_with("\"Statement\":[") => {
                ("", ":")
            }
            "" => (" ", ": "),
            space => (space, ": "),
        };
        let start = at + (rest.len() - rest.trim_ascii_start().len());
        Some(Fix::new(
            "write `Version`",
            start..start,
            format!("\"Version\"{colon}\"2012-10-17\",{space}"),
        ))
    }

    /// Keeps the value of a numeric condition that decides.
    fn decisive_limit(&self, at: usize) -> Option<Fix> {
        let condition = self.conditions().find(|condition| condition.key.at == at)?;
        let decisive = value::decisive_limit(condition)?;
        let (first, last) = (condition.values.first()?, condition.values.last()?);
        let written = self.check.source.get(self.span(decisive))?;
        Some(Fix::new(
            format!("keep `{}` alone", decisive.text),
            self.span(first).start..self.span(last).end,
            written,
        ))
    }

    /// Renames an operator.
    fn operator(&self, code: &str, at: usize) -> Option<Fix> {
        let is = |rule: &Rule| rule.code == code;
        let of_key = || self.conditions().find(|condition| condition.key.at == at);
        let name = |condition: &Condition<'_>| condition.operator.text.clone().into_owned();
        // Rules about an operator apply to all its keys, those about a key to this one only.
        let (condition, new, is_about_key) = if is(&lint::IF_EXISTS_OF_SET) {
            let condition = of_key()?;
            let new = name(condition).strip_suffix("IfExists")?.to_owned();
            (condition, new, false)
        } else if is(&lint::NULL_WITH_QUALIFIER) {
            (of_key()?, "Null".to_owned(), false)
        } else if is(&grammar::NULL_WITH_IF_EXISTS) {
            let mut conditions = self.conditions();
            let condition = conditions.find(|condition| condition.operator.at == at)?;
            (condition, "Null".to_owned(), false)
        } else if is(&lint::SET_OF_SINGLE) || is(&lint::FORALLVALUES_WITH_SINGLE_VALUED_KEY) {
            let condition = of_key()?;
            let new = name(condition).split_once(':')?.1.to_owned();
            (condition, new, true)
        } else if is(&lint::BOOL_WITHOUT_IF_EXISTS) {
            let condition = of_key()?;
            (condition, format!("{}IfExists", name(condition)), true)
        } else if is(&value::WILDCARD_WITHOUT_LIKE_OPERATOR) {
            let (condition, _) = self.value(at)?;
            let base = condition.parsed?.base();
            let new = name(condition).replace(base.as_str(), value::like(base));
            (condition, new, true)
        } else {
            return None;
        };
        let others = || {
            let statement = self.policy.statement_at(at);
            let conditions = statement.into_iter().flat_map(|found| &found.conditions);
            conditions.filter(|other| other.key.at != condition.key.at)
        };
        let has_other_key = others().any(|other| other.operator.at == condition.operator.at);
        // Two members with the same name would be an error.
        let is_taken = others().any(|other| other.operator.text == new);
        if is_taken || (is_about_key && has_other_key) {
            return None;
        }
        self.check.string_fix(condition.operator.at, &new)
    }

    fn conditions(&self) -> impl Iterator<Item = &Condition<'_>> {
        let statements = self.policy.statements.iter();
        statements.flat_map(|statement| &statement.conditions)
    }

    /// The value at `at`, with its condition.
    fn value(&self, at: usize) -> Option<(&Condition<'_>, &Value<'_>)> {
        self.conditions().find_map(|condition| {
            let mut values = condition.values.iter();
            Some((condition, values.find(|value| value.at == at)?))
        })
    }

    fn span(&self, value: &Value<'_>) -> Range<usize> {
        match value.json {
            Type::Text => self.check.token(value.at),
            // Others are their own text.
            _ => value.at..value.at + value.text.len(),
        }
    }
}

fn removal(span: Range<usize>) -> Fix {
    Fix::new("remove it", span, "")
}

/// A range without the bits after its prefix; a range of IPv4-mapped addresses as one of IPv4.
fn range(text: &str) -> Option<String> {
    let range: IpNet = text.parse().ok()?;
    let IpAddr::V6(address) = range.addr() else {
        return Some(range.trunc().to_string());
    };
    let Some(address) = address.to_ipv4_mapped() else {
        return Some(range.trunc().to_string());
    };
    // A shorter prefix contains addresses other than the mapped ones.
    let length = range.prefix_len().checked_sub(96)?;
    Some(Ipv4Net::new(address, length).ok()?.trunc().to_string())
}
