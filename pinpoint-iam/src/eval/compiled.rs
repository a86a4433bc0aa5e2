//! The compiled evaluator, which serves requests.
//!
//! It returns the same evaluations as the [reference](crate::eval::reference) evaluator, including cited statements and
//! missing keys, but does not visit every statement. A policy is compiled once. A decision then walks once along the
//! requested ARN.
//!
//! - **Actions and resources** are searched in a program, the compiled form of policies.
//! - **The rest of a statement**, its principal, variables and conditions, is evaluated by the code of the reference
//!   evaluator, and so is [how policies combine](crate::eval#how-policies-combine).
//!
//! An [`Authorizer`](crate::Authorizer) compiles policies when it loads them. Use [`Compiled`] for other policies, for
//! example in a test, and [`CompiledStore`] for those of a source without an authorizer.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;

pub use crate::program::TooLarge;

use crate::action::ServiceMetadata;
use crate::arn::Scope;
use crate::context::Context;
use crate::eval::batch::RequestBatch;
use crate::eval::combine::CombinedDecision;
use crate::eval::decision::{Evaluation, MissingKeys};
use crate::eval::program_stack::{ProgramSelection, ProgramStack, StatementRef};
use crate::eval::search::SearchAgain;
use crate::eval::snapshot::{Identity, Snapshot, SnapshotGuard, Unavailable};
use crate::eval::statement_id::StatementId;
use crate::policy_stack::{Policy, PolicyStack, PolicyType};
use crate::principal::Principal;
use crate::program::{ActionNames, Program};
use crate::request::{Deployment, Request};
use crate::source::PolicyStore;

/// The compiled policies of a [`PolicyStack`].
///
/// ```
/// use pinpoint_iam::context::Context;
/// use pinpoint_iam::eval::compiled::Compiled;
/// use pinpoint_iam::policy::Document;
/// use pinpoint_iam::request::{Request, RequestedAction};
/// use pinpoint_iam::resource::RequestedResource;
/// use pinpoint_iam::{Arn, Policy, PolicyStack, Principal};
///
/// let document = Document::parse(
///     r#"{"Statement": {"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*"}}"#,
/// )?;
/// let identity = [Policy::new("reader", document)];
/// let compiled = Compiled::of(&PolicyStack { identity: &identity, ..PolicyStack::default() })?;
///
/// let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
/// let arn = Arn::parse("arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1")?;
/// let context = Context::new();
/// let action = RequestedAction::parse("mobiletargeting:GetApp")?;
/// let request = Request::new(&ana, action, RequestedResource::Arn(arn), &context);
/// assert!(compiled.decide(&request).into_decision().is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Compiled {
    /// Identity-based policies, and the permissions boundary if there is one.
    own: Vec<Arc<Program>>,
    session: Option<Program>,
    resource: Option<Program>,
    vpc_endpoint: Option<Program>,
    service_control: Vec<Program>,
    resource_control: Vec<Program>,
}

impl Compiled {
    /// Compiles the policies of `stack`.
    ///
    /// # Errors
    ///
    /// Fails if there are more statements, patterns or bytes of text than 32 bits can count.
    pub fn of(stack: &PolicyStack<'_>) -> Result<Self, TooLarge> {
        let levels = |levels: &[Vec<Policy>]| -> Result<Vec<Program>, TooLarge> {
            levels.iter().map(|level| Program::compile(level)).collect()
        };
        let one = |policy: Option<&Policy>| -> Result<Option<Program>, TooLarge> {
            policy
                .map(|policy| Program::compile(std::slice::from_ref(policy)))
                .transpose()
        };
        let mut own = vec![Arc::new(Program::compile(stack.identity)?)];
        if let Some(boundary) = stack.permissions_boundary {
            own.push(Arc::new(Program::compile(boundary)?));
        }
        Ok(Self {
            own,
            session: stack.session.map(Program::compile).transpose()?,
            resource: one(stack.resource)?,
            vpc_endpoint: one(stack.vpc_endpoint)?,
            service_control: levels(stack.service_control)?,
            resource_control: levels(stack.resource_control)?,
        })
    }

    /// Decides `request`.
    pub fn decide(&self, request: &Request<'_>) -> Evaluation {
        let stack = self.stack();
        let cite = |policy_type, found| stack.cite(policy_type, found);
        Evaluation::of(stack.combine(request), cite, || stack.needs(request))
    }

    pub(crate) fn stack(&self) -> ProgramStack<'_> {
        let chosen = |numbers| ProgramSelection {
            programs: &self.own,
            numbers,
        };
        ProgramStack {
            identity: chosen(&[0]),
            permissions_boundary: (self.own.len() > 1).then_some(chosen(&[1])),
            session: self.session.as_ref(),
            resource: self.resource.as_ref(),
            vpc_endpoint: self.vpc_endpoint.as_ref(),
            service_control: &self.service_control,
            resource_control: &self.resource_control,
        }
    }
}

/// The compiled policies of all users, roles and groups of a [`PolicyStore`].
///
/// Unlike an [`Authorizer`](crate::Authorizer), it neither knows catalogs nor rules for keys without a value: a condition
/// key that the context does not contain is absent. It is for requests whose facts are complete, such as a
/// [`RecordedRequest`](../../decision_log/struct.RecordedRequest.html).
///
/// ```
/// use pinpoint_iam::context::Context;
/// use pinpoint_iam::eval::compiled::CompiledStore;
/// use pinpoint_iam::policy::Document;
/// use pinpoint_iam::request::{Request, RequestedAction};
/// use pinpoint_iam::resource::RequestedResource;
/// use pinpoint_iam::source::PolicyStore;
/// use pinpoint_iam::{Policy, Principal, Scope};
///
/// let document = Document::parse(
///     r#"{"Statement": {"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*"}}"#,
/// )?;
/// let mut store = PolicyStore::new();
/// store
///     .identity("arn:aws:iam::123456789012:user/ana")?
///     .attach(Policy::new("reader", document));
/// let policies = CompiledStore::of(store, Scope::new("aws", "us-east-1", "123456789012"))?;
///
/// let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
/// let context = Context::new();
/// let action = RequestedAction::parse("mobiletargeting:GetApps")?;
/// let request = Request::new(&ana, action, RequestedResource::All, &context);
/// assert!(policies.decide(&request)?.into_decision().is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CompiledStore {
    snapshot: ArcSwap<Snapshot>,
    scope: Scope,
}

impl CompiledStore {
    /// Compiles the policies of `store`. Requests without a [scope](Request::in_scope) of their own have this one.
    ///
    /// # Errors
    ///
    /// Fails if there are more statements, patterns or bytes of text than 32 bits can count.
    pub fn of(store: PolicyStore, scope: Scope) -> Result<Self, TooLarge> {
        Ok(Self {
            snapshot: ArcSwap::from_pointee(Snapshot::of(store, &[])?),
            scope,
        })
    }

    /// Resolves the action patterns of the policies for these services. Requests for their actions are then decided faster,
    /// also if the actions were [parsed](crate::request::RequestedAction::parse) and not taken from the catalog, and in the
    /// same way.
    #[must_use]
    pub fn with_services(
        self,
        services: impl IntoIterator<Item = &'static ServiceMetadata>,
    ) -> Self {
        let snapshot = self.snapshot.load();
        for service in services {
            let names = Arc::new(ActionNames::of(service));
            let programs = snapshot.programs().iter();
            programs.for_each(|program| program.prepare(&names));
        }
        drop(snapshot);
        self
    }

    /// Decides `request` with the policies of its principal, and of the groups and roles that were
    /// [added](crate::Principal::with_groups) to it.
    ///
    /// # Errors
    ///
    /// Fails if the session policies of the principal are too large to be compiled.
    pub fn decide(&self, request: &Request<'_>) -> Result<Evaluation, TooLarge> {
        let deployment = Deployment {
            scope: &self.scope,
            absence: None,
        };
        let lease = SnapshotGuard::new(self.snapshot.load());
        decide(lease, request, deployment)
    }
}

impl fmt::Debug for CompiledStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("CompiledStore");
        shown.field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// Decides `request`, whose principal is not enriched yet, with the policies of a snapshot.
///
/// # Errors
///
/// Fails if the session policies of the principal are too large to be compiled.
pub(crate) fn decide(
    lease: SnapshotGuard,
    request: &Request<'_>,
    deployment: Deployment<'_>,
) -> Result<Evaluation, TooLarge> {
    let decided = {
        let programs = CallerPrograms::of(lease.snapshot(), request.principal(), deployment)?;
        programs.map(|programs| {
            let stack = programs.stack();
            let request = programs.decided(request);
            match stack.combine(&request) {
                CombinedDecision::Indeterminate => {
                    Err(Evaluation::Indeterminate(stack.needs(&request)))
                }
                // Session policies belong to the principal.
                conclusion @ (CombinedDecision::Allowed(PolicyType::Session, _)
                | CombinedDecision::ExplicitDeny(PolicyType::Session, _)) => {
                    let cite = |policy_type, found| stack.cite(policy_type, found);
                    Err(Evaluation::of(conclusion, cite, MissingKeys::none))
                }
                conclusion => Ok(conclusion),
            }
        })
    };
    Ok(match decided {
        Err(why) => Evaluation::unavailable(why),
        Ok(Err(evaluation)) => evaluation,
        // Statements of the snapshot are cited through its guard.
        Ok(Ok(conclusion)) => {
            let cite = |policy_type, found: StatementRef| {
                StatementId::leased(policy_type, lease, found.program, found.statement)
            };
            Evaluation::of(conclusion, cite, MissingKeys::none)
        }
    })
}

/// What all requests of one principal have in common: its programs in a snapshot, and what is added to each request.
pub(crate) struct CallerPrograms<'p> {
    snapshot: &'p Snapshot,
    /// The numbers of the identity-based programs.
    numbers: Cow<'p, [u32]>,
    /// The entry whose permissions boundary applies.
    bounded: &'p Identity,
    session: Option<&'p Program>,
    /// The principal, enriched if a policy uses a key that the policy source provides.
    principal: Cow<'p, Principal>,
    tags: &'p Context,
    deployment: Deployment<'p>,
}

impl<'p> CallerPrograms<'p> {
    /// The programs of `principal`, which is not enriched yet. Returns why its policies are unavailable, if they are.
    ///
    /// # Errors
    ///
    /// Fails if the session policies of the principal are too large to be compiled.
    #[inline]
    pub(crate) fn of(
        snapshot: &'p Snapshot,
        principal: &'p Principal,
        deployment: Deployment<'p>,
    ) -> Result<Result<Self, Unavailable>, TooLarge> {
        let identity = snapshot.identity(principal);
        if let Some(why) = snapshot.unavailability(principal, identity) {
            return Ok(Err(why));
        }
        let session = principal.session_program()?;
        let asks_for_completed_keys = identity.needs_enrichment()
            || session.is_some_and(Program::needs_enrichment)
            || snapshot.additions_need_enrichment(principal);
        let policies = identity.policies();
        Ok(Ok(Self {
            snapshot,
            numbers: snapshot.identity_programs(principal, identity),
            bounded: match principal.has_additions() {
                true => snapshot.boundary_of(principal, identity),
                false => identity,
            },
            session,
            principal: match asks_for_completed_keys {
                true => policies.enrich(principal),
                false => Cow::Borrowed(principal),
            },
            tags: policies.tags(),
            deployment,
        }))
    }

    /// The programs.
    #[inline]
    pub(crate) fn stack(&self) -> ProgramStack<'_> {
        ProgramStack {
            session: self.session,
            identity: ProgramSelection {
                programs: self.snapshot.programs(),
                numbers: &self.numbers,
            },
            ..ProgramStack::of(self.snapshot, self.bounded)
        }
    }

    /// The request as it is decided. Its principal is the one to whom the programs belong.
    #[inline]
    pub(crate) fn decided<'b>(&'b self, request: &Request<'b>) -> Request<'b> {
        request.decided_for(self.deployment, &self.principal, self.tags)
    }

    /// Prepares many requests that differ from `request` only in the resource or in the action.
    pub(crate) fn batch<'b, S: SearchAgain<'b>>(
        &'b self,
        request: &Request<'b>,
    ) -> RequestBatch<'b, S> {
        RequestBatch::new(self.stack(), self.decided(request))
    }
}
