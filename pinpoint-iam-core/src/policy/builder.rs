//! Documents built in Rust; the compiler checks that actions and resources match.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde_json::{Map, Value, json};

use super::document::Document;
use super::error::ParseError;
use super::validate;
use crate::action::{ActionMetadata, ActsOn, TypedAction};
use crate::arn::Scope;
use crate::effect::Effect;
use crate::resource::{Resource, ResourceSet};

impl Document {
    /// Starts a document for the resources of a deployment.
    ///
    /// ```
    /// use pinpoint_iam::Scope;
    /// use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign, GetCampaign, GetCampaignVersions};
    /// use pinpoint_iam::policy::Document;
    ///
    /// let scope = Scope::new("aws", "us-east-1", "123456789012");
    /// let document = Document::builder(&scope)
    ///     .allow((GetCampaign, GetCampaignVersions))
    ///     .sid("ReadCampaigns")
    ///     .on(Campaign::any_in("a1")?)
    ///     .when("StringEquals", "aws:PrincipalTag/team", ["growth"])
    ///     .deny(DeleteCampaign)
    ///     .on(Campaign::any())
    ///     .build()?;
    /// assert_eq!(document.statements().len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// An action with a resource that it does not act on fails to compile:
    ///
    /// ```compile_fail
    /// # use pinpoint_iam::{Scope, mobiletargeting::{GetCampaign, Segment}, policy::Document};
    /// # let scope = Scope::new("aws", "us-east-1", "123456789012");
    /// Document::builder(&scope).allow(GetCampaign).on(Segment::any());
    /// ```
    pub fn builder(scope: &Scope) -> DocumentBuilder {
        DocumentBuilder {
            scope: scope.clone(),
            statements: Vec::new(),
        }
    }
}

/// A builder for documents, created by [`Document::builder`].
#[derive(Clone, Debug)]
pub struct DocumentBuilder {
    scope: Scope,
    statements: Vec<Draft>,
}

/// A statement to be serialized.
#[derive(Clone, Debug)]
struct Draft {
    sid: Option<String>,
    effect: Effect,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<(String, String, Vec<String>)>,
}

impl DocumentBuilder {
    /// Starts a statement that allows `actions`: one action, or a tuple of up to twelve.
    pub fn allow<A: Actions>(self, actions: A) -> StatementBuilder<A> {
        self.statement(Effect::Allow, &actions)
    }

    /// Starts a statement that denies `actions`: one action, or a tuple of up to twelve.
    pub fn deny<A: Actions>(self, actions: A) -> StatementBuilder<A> {
        self.statement(Effect::Deny, &actions)
    }

    fn statement<A: Actions>(self, effect: Effect, _: &A) -> StatementBuilder<A> {
        let draft = Draft {
            sid: None,
            effect,
            actions: A::metadata().into_iter().map(ToString::to_string).collect(),
            resources: Vec::new(),
            conditions: Vec::new(),
        };
        StatementBuilder {
            document: self,
            draft,
            actions: PhantomData,
        }
    }
}

/// A statement without resources. [`on`](Self::on) must name one before the document can be built.
#[derive(Clone, Debug)]
#[must_use = "the statement is not part of a document yet"]
pub struct StatementBuilder<A> {
    document: DocumentBuilder,
    draft: Draft,
    actions: PhantomData<fn() -> A>,
}

impl<A> StatementBuilder<A> {
    /// Sets the statement's `Sid`: ASCII letters and digits, unique in the document.
    pub fn sid(mut self, sid: &str) -> Self {
        self.draft.sid = Some(sid.to_owned());
        self
    }

    /// Sets the resources of the statement: one resource, or a set such as `Campaign::any_in("a1")`.
    ///
    /// Every action of the statement must act on the type.
    pub fn on<R: Resources>(self, resources: R) -> CompleteStatement<A>
    where
        A: AllActOn<R::Type>,
    {
        CompleteStatement { statement: self }.on(resources)
    }
}

/// A complete statement, to which further resources and conditions can be added.
#[derive(Clone, Debug)]
#[must_use = "the statement is not part of a document yet"]
pub struct CompleteStatement<A> {
    statement: StatementBuilder<A>,
}

impl<A> CompleteStatement<A> {
    /// Adds further resources to the statement.
    pub fn on<R: Resources>(mut self, resources: R) -> Self
    where
        A: AllActOn<R::Type>,
    {
        let pattern = resources.arn_pattern(&self.statement.document.scope);
        self.statement.draft.resources.push(pattern);
        self
    }

    /// Sets the statement's `Sid`: ASCII letters and digits, unique in the document.
    pub fn sid(self, sid: &str) -> Self {
        Self {
            statement: self.statement.sid(sid),
        }
    }

    /// Adds a condition: an operator such as `StringEquals`, a condition key, and the values it is compared with.
    ///
    /// All conditions of a statement must hold. [`build`](Self::build) reports invalid conditions.
    pub fn when<V: Into<String>>(
        mut self,
        operator: &str,
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        let condition = (operator.to_owned(), key.to_owned(), values);
        self.statement.draft.conditions.push(condition);
        self
    }

    /// Starts the next statement, which allows `actions`.
    pub fn allow<B: Actions>(self, actions: B) -> StatementBuilder<B> {
        self.finish().allow(actions)
    }

    /// Starts the next statement, which denies `actions`.
    pub fn deny<B: Actions>(self, actions: B) -> StatementBuilder<B> {
        self.finish().deny(actions)
    }

    /// Builds the document.
    ///
    /// # Errors
    ///
    /// Returns an error if [`Document::validate`] rejects a `Sid` in policies of users, groups and roles, if
    /// [`Document::parse`] rejects a condition, or if an operator has the same condition key twice.
    pub fn build(self) -> Result<Document, BuildError> {
        let statements = self.finish().statements;
        let statements: Result<Vec<Value>, BuildError> =
            statements.iter().map(Draft::to_json).collect();
        let document = json!({ "Version": "2012-10-17", "Statement": statements? });
        let document =
            Document::parse(&document.to_string()).map_err(|error| BuildError::of(&error))?;
        match validate::sid_faults(&document).first() {
            Some(fault) => Err(BuildError::of(fault)),
            None => Ok(document),
        }
    }

    fn finish(self) -> DocumentBuilder {
        let StatementBuilder {
            mut document,
            draft,
            actions: _,
        } = self.statement;
        document.statements.push(draft);
        document
    }
}

impl Draft {
    fn to_json(&self) -> Result<Value, BuildError> {
        let mut statement = Map::new();
        if let Some(sid) = &self.sid {
            statement.insert("Sid".to_owned(), json!(sid));
        }
        statement.insert("Effect".to_owned(), json!(self.effect.name()));
        statement.insert("Action".to_owned(), json!(self.actions));
        statement.insert("Resource".to_owned(), json!(self.resources));
        let mut operators: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for (operator, key, values) in &self.conditions {
            let keys = operators.entry(operator).or_default();
            if keys.insert(key.clone(), json!(values)).is_some() {
                return Err(BuildError(format!(
                    "duplicate condition key `{key}` below `{operator}`; put all values into one list"
                )));
            }
        }
        if !operators.is_empty() {
            statement.insert("Condition".to_owned(), json!(operators));
        }
        Ok(Value::Object(statement))
    }
}

/// One action, or a tuple of actions.
pub trait Actions {
    /// The catalog's metadata for the actions, in order.
    fn metadata() -> Vec<&'static ActionMetadata>;
}

/// One resource, or a set of resources, of one type.
pub trait Resources {
    /// The resource type.
    type Type: Resource;

    /// The pattern for the `Resource` element of a policy.
    fn arn_pattern(self, scope: &Scope) -> String;
}

impl<R: Resource> Resources for R {
    type Type = R;

    fn arn_pattern(self, scope: &Scope) -> String {
        ResourceSet::from(self).arn_pattern(scope)
    }
}

impl<R: Resource> Resources for ResourceSet<R> {
    type Type = R;

    fn arn_pattern(self, scope: &Scope) -> String {
        Self::arn_pattern(&self, scope)
    }
}

/// Actions that all act on the resource type `R`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not act on `{R}`",
    label = "not a resource type of every action of this statement",
    note = "the documentation of each action lists its resource types"
)]
pub trait AllActOn<R: Resource>: Actions {}

impl<A: TypedAction> Actions for A {
    fn metadata() -> Vec<&'static ActionMetadata> {
        vec![A::METADATA]
    }
}

#[diagnostic::do_not_recommend]
impl<A: ActsOn<R>, R: Resource> AllActOn<R> for A {}

macro_rules! tuples_of_actions {
    ($(($($action:ident),+))+) => {
        $(
            impl<$($action: TypedAction),+> Actions for ($($action,)+) {
                fn metadata() -> Vec<&'static ActionMetadata> {
                    vec![$($action::METADATA),+]
                }
            }

            #[diagnostic::do_not_recommend]
            impl<R: Resource, $($action: ActsOn<R>),+> AllActOn<R> for ($($action,)+) {}
        )+
    };
}

tuples_of_actions! {
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
    (A, B, C, D, E, F)
    (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
    (A, B, C, D, E, F, G, H, I)
    (A, B, C, D, E, F, G, H, I, J)
    (A, B, C, D, E, F, G, H, I, J, K)
    (A, B, C, D, E, F, G, H, I, J, K, L)
}

/// The reason why a document could not be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError(String);

impl BuildError {
    fn of(error: &ParseError) -> Self {
        Self(error.explanation())
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}
