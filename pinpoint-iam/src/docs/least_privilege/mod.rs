//! The smallest policies that let somebody do certain things, and nothing else.

mod error;
mod needed;
mod pack;
mod routes;
mod wildcards;

use std::collections::{BTreeMap, BTreeSet};

use self::needed::Needed;
use crate::action::ActionMetadata;
use crate::arn::Scope;
use crate::policy::{Document, PolicyKind};
use crate::web::RouteTable;

pub use self::error::LeastPrivilegeError;
pub(super) use self::routes::{condition_keys, resource_types};

/// The smallest policies for a set of actions or routes, in one deployment.
///
/// - Every action is granted on what the catalog says it acts on, with the partition, region and account of the deployment
///   and `*` for ids, save those that [`only`](LeastPrivilegeBuilder::only) fixes. Actions on the same resources share a
///   statement; a pattern that another one covers is left out.
/// - Companions are granted too: `CreateExportJob` needs `iam:PassRole`. What could be narrowed is told by
///   [`remarks`](Self::remarks).
/// - A document that would be longer than AWS's quota becomes several.
/// - Actions are written out. [`with_wildcards`](LeastPrivilegeBuilder::with_wildcards) writes shorter documents.
/// - Every document has been read by [`Document::parse`] and checked as a new policy of its kind.
///
/// ```
/// use pinpoint_iam::docs::LeastPrivilege;
/// use pinpoint_iam::mobiletargeting::Action;
/// use pinpoint_iam::Scope;
///
/// let scope = Scope::new("aws", "us-east-1", "123456789012");
/// let policies = LeastPrivilege::builder(&scope)
///     .actions([Action::GetCampaign, Action::GetCampaignVersions, Action::GetApp].map(Action::metadata))
///     .only("application_id", "a1")
///     .build()?;
/// let [document] = policies.documents() else { panic!() };
/// assert_eq!(
///     document.to_string(),
///     concat!(
///         r#"{"Version":"2012-10-17","Statement":["#,
///         r#"{"Effect":"Allow","Action":"mobiletargeting:GetApp","#,
///         r#""Resource":"arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1"},"#,
///         r#"{"Effect":"Allow","Action":["mobiletargeting:GetCampaign","mobiletargeting:GetCampaignVersions"],"#,
///         r#""Resource":"arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/*"}]}"#,
///     ),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What the documents say of resources is as narrow as IAM's patterns are: `apps/*` covers what stands below a project too.
/// That grants nothing else, because an action is only ever asked about the resource types that it acts on.
#[derive(Clone, Debug, PartialEq)]
pub struct LeastPrivilege {
    documents: Vec<Document>,
    remarks: Vec<String>,
}

/// What is to be granted; starts with [`LeastPrivilege::builder`].
#[derive(Clone, Debug)]
pub struct LeastPrivilegeBuilder {
    scope: Scope,
    kind: PolicyKind,
    wildcards: bool,
    fixed: BTreeMap<String, String>,
    companion_resources: BTreeMap<String, BTreeSet<String>>,
    actions: Vec<&'static ActionMetadata>,
    routes: Vec<RouteTable>,
}

impl LeastPrivilege {
    /// Starts with nothing granted, in a deployment's scope.
    pub fn builder(scope: &Scope) -> LeastPrivilegeBuilder {
        LeastPrivilegeBuilder {
            scope: scope.clone(),
            kind: PolicyKind::IdentityManaged,
            wildcards: false,
            fixed: BTreeMap::new(),
            companion_resources: BTreeMap::new(),
            actions: Vec::new(),
            routes: Vec::new(),
        }
    }

    /// The documents; several where one would exceed the quota of its kind. All of them together grant what was asked.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// What a reader could narrow further, or should know: one sentence each.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }
}

impl LeastPrivilegeBuilder {
    /// Grants one more action, on every resource type that it acts on.
    #[must_use]
    pub fn action(mut self, action: &'static ActionMetadata) -> Self {
        self.actions.push(action);
        self
    }

    /// Grants more actions, on every resource type that they act on.
    #[must_use]
    pub fn actions(mut self, actions: impl IntoIterator<Item = &'static ActionMetadata>) -> Self {
        self.actions.extend(actions);
        self
    }

    /// Grants what every route of a table requires.
    ///
    /// Of a requirement that one of several actions meets, one alternative is granted: the one that adds the fewest
    /// actions, and the first of those. Where a handler names ids of one resource type, the action is granted on that
    /// type alone.
    #[must_use]
    pub fn routes(mut self, routes: &RouteTable) -> Self {
        self.routes.push(routes.clone());
        self
    }

    /// Grants for this value of an id only, instead of `*`: `only("application_id", "a1")`.
    ///
    /// `field` is an argument of the constructors of resource types. It holds for every resource type that has it.
    #[must_use]
    pub fn only(mut self, field: &str, value: &str) -> Self {
        self.fixed.insert(field.to_owned(), value.to_owned());
        self
    }

    /// Grants a companion action on this resource, in place of everything that it could be asked about:
    /// `companion_resource("iam:PassRole", "arn:aws:iam::123456789012:role/export")`.
    ///
    /// A companion may have several. What is wrong with one is told by [`build`](Self::build).
    #[must_use]
    pub fn companion_resource(mut self, action: &str, arn_pattern: &str) -> Self {
        let resources = self.companion_resources.entry(action.to_owned());
        resources.or_default().insert(arn_pattern.to_owned());
        self
    }

    /// Writes policies of this kind, for its quota and its rules; [`PolicyKind::IdentityManaged`] unless it is said.
    #[must_use]
    pub const fn kind(mut self, kind: PolicyKind) -> Self {
        self.kind = kind;
        self
    }

    /// Writes `Get*` in place of many names where that makes the document shorter.
    ///
    /// A pattern matches no action of the catalog that is not granted on the same resources. Actions that are added to the
    /// catalog later may match it: write the documents again then.
    #[must_use]
    pub const fn with_wildcards(mut self) -> Self {
        self.wildcards = true;
        self
    }

    /// Writes the documents.
    ///
    /// # Errors
    ///
    /// When there is nothing to grant; when the scope is not complete, an id cannot stand in an ARN, or a name given to
    /// [`only`](Self::only) or [`companion_resource`](Self::companion_resource) is none; when policies of the kind cannot
    /// grant, or a single action and resource exceed its quota.
    pub fn build(self) -> Result<LeastPrivilege, LeastPrivilegeError> {
        self.scope.check().map_err(LeastPrivilegeError::Scope)?;
        let mut needed = Needed::new(&self.scope, &self.fixed, &self.companion_resources);
        for action in &self.actions {
            needed.add(action, action.resource_types)?;
        }
        routes::add(&mut needed, &self.routes)?;
        needed.add_companions()?;
        needed.check_names()?;
        if needed.is_empty() {
            return Err(LeastPrivilegeError::Nothing);
        }
        let remarks = needed.remarks().to_vec();
        let statements = pack::group(&needed, self.wildcards);
        let documents = pack::documents(statements, self.kind, &self.scope)?;
        Ok(LeastPrivilege { documents, remarks })
    }
}
