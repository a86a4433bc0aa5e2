//! The smallest policies that allow certain things and nothing else.

mod error;
mod needed;
mod pack;
mod required;
mod routes;
mod wildcards;

use std::collections::{BTreeMap, BTreeSet};

use self::needed::Needed;
use pinpoint_iam::action::{ActionMetadata, ServiceMetadata};
use pinpoint_iam::arn::Scope;
use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam::web::RouteTable;

pub use self::error::LeastPrivilegeError;
pub(super) use self::required::{
    condition_keys, dependent_pins, dependent_types, fixing_action, resource_types,
};

/// The smallest policies for a set of actions or routes, in one deployment.
///
/// - Every action is granted on the resources that the catalog lists for it, with the partition, region and account of
///   the deployment and `*` for ids, except those that [`only`](LeastPrivilegeBuilder::only) fixes. Actions on the same
///   resources share a statement. A pattern that another one covers is omitted.
/// - Dependent actions are granted too: `CreateExportJob` needs `iam:PassRole`. For routes, these are the ones that the
///   handlers check, see `dependents(..)` of `#[requires]`. [`remarks`](Self::remarks) lists what
///   could be narrowed.
/// - A document that would exceed AWS's quota is split into several.
/// - Actions are written in full. [`with_wildcards`](LeastPrivilegeBuilder::with_wildcards) writes shorter documents.
/// - Every document has been parsed by [`Document::parse`] and validated as a new policy of its kind.
///
/// ```
/// use pinpoint_iam_docs::LeastPrivilege;
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
/// Resources in the documents are as narrow as IAM's patterns permit: `apps/*` also covers everything below a project.
/// That grants nothing else, because an action is only checked on the resource types that it acts on.
#[derive(Clone, Debug, PartialEq)]
pub struct LeastPrivilege {
    documents: Vec<Document>,
    remarks: Vec<String>,
}

/// Builds [`LeastPrivilege`] policies. Created by [`LeastPrivilege::builder`].
#[derive(Clone, Debug)]
pub struct LeastPrivilegeBuilder {
    scope: Scope,
    kind: PolicyKind,
    wildcards: bool,
    fixed: BTreeMap<String, String>,
    dependent_resources: BTreeMap<String, BTreeSet<String>>,
    actions: Vec<&'static ActionMetadata>,
    routes: Vec<RouteTable>,
    services: Vec<&'static ServiceMetadata>,
}

impl LeastPrivilege {
    /// Creates a builder that grants nothing yet, for the scope of a deployment.
    pub fn builder(scope: &Scope) -> LeastPrivilegeBuilder {
        LeastPrivilegeBuilder {
            scope: scope.clone(),
            kind: PolicyKind::IdentityManaged,
            wildcards: false,
            fixed: BTreeMap::new(),
            dependent_resources: BTreeMap::new(),
            actions: Vec::new(),
            routes: Vec::new(),
            services: Vec::new(),
        }
    }

    /// Returns the documents; several if one would exceed the quota of its kind. Together they grant what was
    /// requested.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Returns what a reader could narrow further or should know, one sentence each.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }
}

impl LeastPrivilegeBuilder {
    /// Grants an action on every resource type that it acts on.
    #[must_use]
    pub fn action(mut self, action: &'static ActionMetadata) -> Self {
        self.actions.push(action);
        self
    }

    /// Grants actions on every resource type that they act on.
    #[must_use]
    pub fn actions(mut self, actions: impl IntoIterator<Item = &'static ActionMetadata>) -> Self {
        self.actions.extend(actions);
        self
    }

    /// Grants what every route of a table requires.
    ///
    /// If a requirement is met by one of several actions, one alternative is granted: the one that adds the fewest
    /// actions, or the first of these. If a handler names ids of one resource type, the action is granted on that type
    /// alone.
    #[must_use]
    pub fn routes(mut self, routes: &RouteTable) -> Self {
        self.routes.push(routes.clone());
        self
    }

    /// Adds services with dependent actions (`dependent-actions` in catalogs) of the granted ones.
    ///
    /// The services of the granted actions are known already. A dependent action of another service is granted on the
    /// resources that its catalog lists; if its service is unknown, it is granted on everything that it may act on.
    #[must_use]
    pub fn services(
        mut self,
        services: impl IntoIterator<Item = &'static ServiceMetadata>,
    ) -> Self {
        self.services.extend(services);
        self
    }

    /// Grants access for this value of an id only, instead of `*`: `only("application_id", "a1")`.
    ///
    /// `field` is an argument of the constructors of resource types. It applies to every resource type that has it.
    #[must_use]
    pub fn only(mut self, field: &str, value: &str) -> Self {
        self.fixed.insert(field.to_owned(), value.to_owned());
        self
    }

    /// Grants a dependent action on this resource, instead of on everything that it can act on:
    /// `dependent_resource("iam:PassRole", "arn:aws:iam::123456789012:role/export")`.
    ///
    /// A dependent action may have several resources. [`build`](Self::build) reports an error if one of them is
    /// invalid.
    #[must_use]
    pub fn dependent_resource(mut self, action: &str, arn_pattern: &str) -> Self {
        let resources = self.dependent_resources.entry(action.to_owned());
        resources.or_default().insert(arn_pattern.to_owned());
        self
    }

    /// Sets the kind of policy, which determines quota and rules. The default is [`PolicyKind::IdentityManaged`].
    #[must_use]
    pub const fn kind(mut self, kind: PolicyKind) -> Self {
        self.kind = kind;
        self
    }

    /// Writes `Get*` instead of many names if that makes the document shorter.
    ///
    /// A pattern matches only those actions of the catalog that are granted on the same resources. It may match actions
    /// that are added to the catalog later, so write the documents again when the catalog changes.
    #[must_use]
    pub const fn with_wildcards(mut self) -> Self {
        self.wildcards = true;
        self
    }

    /// Writes the documents.
    ///
    /// # Errors
    ///
    /// If there is nothing to grant; if the scope is incomplete, an id is not valid in an ARN, or a name given to
    /// [`only`](Self::only) or [`dependent_resource`](Self::dependent_resource) does not exist; if policies of the kind
    /// cannot grant permissions, or if a single action and resource exceed its quota.
    pub fn build(self) -> Result<LeastPrivilege, LeastPrivilegeError> {
        self.scope.check().map_err(LeastPrivilegeError::Scope)?;
        let mut needed = Needed::new(
            &self.scope,
            &self.fixed,
            &self.dependent_resources,
            &self.services,
        );
        for action in &self.actions {
            needed.add(action, action.resource_types)?;
        }
        routes::add(&mut needed, &self.routes)?;
        needed.add_dependent_actions()?;
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
