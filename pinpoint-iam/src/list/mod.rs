//! Turns the policies of a caller into a condition over the columns of a table, for lists and searches.
//!
//! A handler that lists or searches must not load every row to check whether the caller may see it. [`constrain`]
//! evaluates the caller's policies for *all* rows at once. The parts that depend on the caller, the action and the
//! request are decided; the parts that depend on the resource become a [`Predicate`] for the `WHERE` clause.
//!
//! ```
//! use pinpoint_iam::context::Context;
//! use pinpoint_iam::list::{BindValue, Column, Columns, Constraint, Dialect, constrain};
//! use pinpoint_iam::policy::Document;
//! use pinpoint_iam::request::{Request, RequestedAction};
//! use pinpoint_iam::resource::RequestedResource;
//! use pinpoint_iam::{Policy, PolicyStack, Principal};
//!
//! let document = Document::parse(r#"{"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Action": "archive:GetDocument", "Resource": "arn:aws:archive:us-east-1:111122223333:folders/f1/*"},
//!     {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"archive:Classification": "secret"}}}
//! ]}"#)?;
//! let policies = [Policy::new("reader", document)];
//! let stack = PolicyStack { identity: &policies, ..PolicyStack::default() };
//! let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
//! let context = Context::new();
//! let action = RequestedAction::parse("archive:GetDocument")?;
//! let request = Request::new(&principal, action, RequestedResource::All, &context);
//!
//! let columns = Columns::of_components(["partition", "service", "region", "account", "resource"])
//!     .key("archive:Classification", Column::text("class"));
//! let Constraint::Where(predicate) = constrain(&stack, &request, &columns)? else {
//!     panic!("some documents are allowed");
//! };
//! let (sql, binds) = predicate.to_sql(Dialect::Sqlite, 1)?;
//! assert!(sql.contains("(`class` IS NULL OR `class` COLLATE BINARY <> ?"), "{sql}");
//! assert!(binds.contains(&BindValue::Text("secret".to_owned())));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is exact
//!
//! - [`Constraint::Where`] selects exactly the rows that the evaluator allows one by one.
//! - [`Constraint::Candidates`] selects all of them and may select others, so each row has to be checked. It names
//!   every part of a statement that columns cannot express, and the reason.
//! - [`Constraint::All`] and [`Constraint::Nothing`] are exact as well.
//!
//! If the result depends on a key of the *request* that is unknown, [`constrain`] returns an error, never a list that
//! is too short or too long. If the name of a column is not valid in SQL, [`Predicate::to_sql`] returns an error.
//!
//! # How it works
//!
//! Lists are a mode of the [reference evaluator](crate::eval::reference): the same code visits the policies, matches
//! principals and actions, evaluates conditions, and combines the policy types. Where it combines `true` and `false`
//! for a single request, it combines conditions over columns for a list.
//!
//! A row is selected if some `Allow` *certainly* matches and every `Deny` *certainly does not*. If a part cannot be
//! decided for a row, its effect determines how it is written: a text that is not a number does not match
//! `NumericLessThan` in an `Allow`, and matches it in a `Deny`. A predicate consists of *and* and *or*, without *not*:
//! in SQL, a comparison with NULL is UNKNOWN, which selects no row, and neither does its negation.
//!
//! # Values
//!
//! Every value is bound. The text of a statement depends only on the shape of the policies and on the names of the
//! columns. Names come only from [`Columns`] and are quoted.

mod atom;
mod cache;
mod check;
mod columns;
mod condition;
mod error;
pub mod keys;
mod native;
mod node;
mod predicate;
mod resource;
mod row;
mod sql;
mod text;
mod typed;
#[cfg(feature = "testing")]
mod verify;

pub use cache::ConstraintCache;
pub use columns::{Column, Columns, Meaning, TimeUnit};
pub use error::ListError;
pub use predicate::{Candidates, Constraint, InexactPart, Predicate};
pub use row::{Cell, OwnedCell, Row, RowError};
pub use sql::{BindValue, Dialect, SqlSink};
pub use typed::{
    BoolColumn, DateColumn, IpAddressColumn, KeyColumns, KeyedColumns, ListColumn, NumericColumn,
    ResourceColumns, StringColumn, WithResourcePolicies,
};

#[cfg(feature = "testing")]
pub(crate) use verify::shown;

use crate::arn::Arn;
use crate::condition::Condition;
use crate::context::ConditionKey;
use crate::eval::combine::{AccountRelation, Logic, RESOURCES_THAT_MUST_ALLOW};
use crate::eval::compiled::Compiled;
use crate::eval::principal_element::PrincipalSpecificity;
use crate::eval::statement::{
    PrincipalPart, action_part, doubtful_pattern, principal_part, undecidable,
};
use crate::eval::walk::{Matched, Place, ReferenceEvaluation};
use crate::eval::{PolicyStack, PolicyType, Truth};
use crate::policy::{Effect, Statement};
use crate::request::Request;
use crate::resource::RequestedResource;
use std::collections::BTreeSet;

use atom::{Atom, Operand};
use cache::Facts;
use columns::Segment;
use condition::Wanted;
use node::Node;
use resource::Templates;
use text::Split;

/// The maximum number of atoms of a predicate. Databases limit statements, and every row is compared with each atom.
const MOST_ATOMS: usize = 4_096;

/// Returns the rows of a table on which the caller may perform the request's action.
///
/// The resource of the request is ignored, because `columns` describes the resource of each row. Policies that are
/// attached to single resources are not part of the result, see [`Columns::with_resource_policies`].
///
/// # Errors
///
/// Fails if the result depends on a key of the request that is unknown.
pub fn constrain(
    stack: &PolicyStack<'_>,
    request: &Request<'_>,
    columns: &Columns,
) -> Result<Constraint, ListError> {
    let has_boundary = stack.permissions_boundary.is_some();
    let facts = Facts::of(request, columns);
    constrained(&facts, has_boundary, |trace| {
        ReferenceEvaluation::through(stack, request, |_, statement, place, policy_type| {
            trace(statement, place, policy_type)
        })
    })
}

/// Like [`constrain`], for compiled policies: visits only the statements that cover the request's action.
///
/// # Errors
///
/// Those of [`constrain`].
pub fn constrain_compiled(
    policies: &Compiled,
    request: &Request<'_>,
    columns: &Columns,
) -> Result<Constraint, ListError> {
    cache::evaluate(&policies.stack(), &Facts::of(request, columns))
}

/// Evaluates a statement for all rows.
type Trace<'t, 'a> = &'t mut dyn FnMut(&'a Statement, Place<'a>, PolicyType) -> StatementRows;

/// Returns the constraint by the statements that `walk` visits.
fn constrained<'a>(
    facts: &Facts<'_>,
    has_boundary: bool,
    walk: impl FnOnce(Trace<'_, 'a>) -> ReferenceEvaluation<'a, StatementRows>,
) -> Result<Constraint, ListError> {
    let Facts {
        request, columns, ..
    } = *facts;
    let templates = resource::templates(&columns.components);
    let mut visited = Vec::new();
    let evaluation = walk(&mut |statement, (policy, index), policy_type| {
        let lister = Lister {
            facts,
            columns,
            templates: &templates,
            number: visited.len(),
            part: Part::Resource,
        };
        visited.push((policy, policy_type, statement));
        StatementRows {
            index,
            effect: statement.effect(),
            rows: lister.statement(request, statement, policy_type, has_boundary),
            closeness: match principal_part(statement, policy_type, has_boundary, request) {
                PrincipalPart::Named(closeness) => Some(closeness),
                _ => None,
            },
        }
    });
    let findings = evaluation.findings();
    let mut node = Node::False;
    for (rows, sides) in relations(request, columns) {
        node = node.or(rows.and(findings.is_allowed(sides).holds));
    }
    // The action acts on no other rows, whatever the policies are.
    let acted_on = Node::all(columns.fixed.iter().map(|(column, values)| {
        Node::from(Atom::In(Operand::Column(column.clone()), values.clone()))
    }));
    let mut node = node.and(acted_on.clone()).simplified();
    if must_have_resource_policy(request) {
        node = node.and(Node::Inexact(NO_STATEMENT, OWN_POLICY.into()));
    }
    if columns.has_resource_policies {
        // A resource-based policy can allow what no other policy allows.
        node = acted_on
            .clone()
            .and(Node::Inexact(NO_STATEMENT, RESOURCE_POLICIES.into()));
    }
    let mut atoms = 0;
    node.visit(&mut |_| atoms += 1);
    if atoms > MOST_ATOMS {
        let reason = format!("the policies need more than {MOST_ATOMS} comparisons");
        node = acted_on.and(Node::Inexact(NO_STATEMENT, reason.into()));
    }
    let mut unknown = None;
    node.visit(&mut |leaf| {
        if let (Node::Unknown(key), None) = (leaf, &unknown) {
            unknown = Some(key.clone());
        }
    });
    match unknown {
        Some(key) => Err(ListError::unknown(key)),
        None => Ok(Constraint::of(node, |number| visited.get(number).copied())),
    }
}

/// The number of an inexact part that is not part of a statement.
const NO_STATEMENT: usize = usize::MAX;

const OWN_POLICY: &str = "the policy of a KMS key or role must allow as well";
const RESOURCE_POLICIES: &str = "resources may have policies of their own";

/// Whether the action's service has resources whose own policy must allow as well, even in the same account.
fn must_have_resource_policy(request: &Request<'_>) -> bool {
    RESOURCES_THAT_MUST_ALLOW
        .iter()
        .any(|kind| kind.has_action(request.action()))
}

/// Divides the rows into those of the caller's account and others. The relation determines whose policies decide.
fn relations(request: &Request<'_>, columns: &Columns) -> Vec<(Node, AccountRelation)> {
    let relation = |account: &str| {
        let text = format!("arn:x:x:x:{account}:x");
        let resource = Arn::parse(&text).map_or(RequestedResource::All, RequestedResource::Arn);
        AccountRelation::of(&request.with_resource(resource))
    };
    let [_, _, _, account, _] = &columns.components;
    let column = match account.as_slice() {
        [Segment::Column(column, _)] => column,
        [Segment::Text(account)] => return vec![(Node::True, relation(account))],
        _ => return vec![(Node::True, relation(""))],
    };
    let Some(own) = request.principal().account() else {
        return vec![(Node::True, relation(""))];
    };
    // An ARN without an account belongs to the account of the scope or, without a scope, to the caller's.
    let (unnamed, same, other) = (relation(""), relation(own), relation("another account"));
    if unnamed == same && same == other {
        return vec![(Node::True, same)];
    }
    let operand = Operand::Column(column.clone());
    let mut own_accounts = BTreeSet::from([own.into()]);
    let mut relations = Vec::new();
    if unnamed == same {
        own_accounts.insert("".into());
    } else if unnamed != other {
        relations.push((Atom::is(operand.clone(), "").into(), unnamed));
    }
    let is_own = Atom::In(operand.clone(), own_accounts.clone());
    relations.push((is_own.into(), same));
    let mut is_other = Node::from(Atom::NotIn(operand.clone(), own_accounts));
    if unnamed != same && unnamed != other {
        is_other = is_other.and(Atom::is_not(operand, "").into());
    }
    relations.push((is_other, other));
    relations
}

/// The rows that a statement matches, or those that it does not match.
struct StatementRows {
    index: usize,
    effect: Effect,
    rows: Rows,
    closeness: Option<PrincipalSpecificity>,
}

/// The rows for which something is certainly true, and those for which it is certainly false.
///
/// Only one of the two is computed for a statement: where an `Allow` matches, or where a `Deny` does not.
#[derive(Clone, Debug)]
struct Rows {
    holds: Node,
    fails: Node,
}

impl From<Truth> for Rows {
    fn from(truth: Truth) -> Self {
        Self {
            holds: (truth == Truth::True).into(),
            fails: (truth == Truth::False).into(),
        }
    }
}

impl Logic for Rows {
    fn and(self, other: Self) -> Self {
        Self {
            holds: self.holds.and(other.holds),
            fails: self.fails.or(other.fails),
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            holds: self.holds.or(other.holds),
            fails: self.fails.and(other.fails),
        }
    }

    fn negate(self) -> Self {
        Self {
            holds: self.fails,
            fails: self.holds,
        }
    }

    fn is_true(&self) -> bool {
        self.holds == Node::True
    }
}

impl Matched for StatementRows {
    type Logic = Rows;

    fn index(&self) -> usize {
        self.index
    }

    fn effect(&self) -> Effect {
        self.effect
    }

    fn matches(&self) -> Rows {
        self.rows.clone()
    }

    fn closeness(&self) -> Option<PrincipalSpecificity> {
        self.closeness
    }
}

/// Evaluates a part of a statement for all rows.
#[derive(Clone, Copy)]
struct Lister<'l> {
    facts: &'l Facts<'l>,
    columns: &'l Columns,
    templates: &'l Templates,
    /// The number of the statement among those that are visited.
    number: usize,
    part: Part<'l>,
}

/// The part of the statement that is evaluated.
#[derive(Clone, Copy)]
enum Part<'l> {
    Resource,
    Condition(&'l Condition),
}

impl Lister<'_> {
    fn statement(
        self,
        request: &Request<'_>,
        statement: &Statement,
        policy_type: PolicyType,
        has_boundary: bool,
    ) -> Rows {
        let effect = statement.effect();
        let wanted = match effect {
            Effect::Allow => Truth::True,
            Effect::Deny => Truth::False,
        };
        let principal = principal_part(statement, policy_type, has_boundary, request).truth(effect);
        let action = Truth::from(action_part(statement, request).matches);
        let known = principal.and(action);
        // An `Allow` matches if all parts match; a `Deny` does not match if one part does not.
        let with = |node: Node, part: Node| match effect {
            Effect::Allow => node.and(part),
            Effect::Deny => node.or(part),
        };
        let mut node = Node::from(known == wanted);
        if known != Truth::False {
            let resource = match statement.resource() {
                None if policy_type == PolicyType::Resource => (Truth::True == wanted).into(),
                None => (undecidable(effect) == wanted).into(),
                // A pattern whose meaning is uncertain counts against the caller.
                Some(element) if doubtful_pattern(statement, element).is_some() => Node::False,
                Some(element) => self.resource(element, wanted),
            };
            node = with(node, resource);
            for condition in statement.conditions() {
                let lister = Lister {
                    part: Part::Condition(condition),
                    ..self
                };
                node = with(
                    node,
                    lister.condition(Wanted {
                        condition,
                        effect,
                        truth: wanted,
                    }),
                );
            }
        }
        let node = node.simplified();
        match effect {
            Effect::Allow => Rows {
                holds: node,
                fails: Node::False,
            },
            Effect::Deny => Rows {
                holds: Node::False,
                fails: node,
            },
        }
    }

    /// Whether each row has its own value for the key.
    fn is_row_key(&self, key: &ConditionKey) -> bool {
        self.facts.is_row_key(key)
    }

    fn inexact(&self, reason: &str) -> Split {
        let reason = match self.part {
            Part::Resource => reason.to_owned(),
            Part::Condition(condition) => {
                format!(
                    "`{}` of `{}`: {reason}",
                    condition.operator(),
                    condition.key()
                )
            }
        };
        Split::both(Node::Inexact(self.number, reason.into()))
    }
}
