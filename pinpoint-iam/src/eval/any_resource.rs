//! The evaluation of a request for every resource of a template at once, for the access matrix of `pinpoint-iam-docs`.

use crate::action::ActionMetadata;
use crate::arn::Scope;
use crate::context::Context;
use crate::eval::snapshot::Snapshot;
use crate::eval::statement::{ResourcePart, UNKNOWN_RESOURCE};
use crate::eval::walk::ReferenceEvaluation;
use crate::eval::{Evaluation, Truth};
use crate::pattern::nfa::Nfa;
use crate::policy::Statement;
use crate::policy_stack::PolicyType;
use crate::principal::Principal;
use crate::program::TooLarge;
use crate::request::{Deployment, Request};
use crate::resource::RequestedResource;
use crate::source::PolicyStore;

/// The policies of a source, as an authorizer assigns them to principals with their groups and roles.
#[derive(Debug)]
pub struct LoadedPolicies(Snapshot);

impl LoadedPolicies {
    /// Prepares the policies of `store`.
    ///
    /// # Errors
    ///
    /// Fails if the policies are too large to be compiled.
    pub fn of(store: PolicyStore) -> Result<Self, TooLarge> {
        Snapshot::of(store, &[]).map(Self)
    }
}

/// A request for an action on every resource whose ARN has given components, or on `*`.
#[derive(Clone, Copy, Debug)]
pub struct AnyResource<'a> {
    /// The action.
    pub action: &'static ActionMetadata,
    /// One of the resources, or `*`.
    pub example: RequestedResource<'a>,
    /// The components of the ARNs; `None` for `*`.
    pub components: Option<&'a [Nfa; 5]>,
    /// The scope of the deployment.
    pub scope: &'a Scope,
}

/// The result of [`AnyResource::evaluate`].
#[derive(Debug)]
pub struct AnyResourceEvaluation {
    /// The evaluation with a context in which every key is unknown. It is indeterminate if it depends on the resource.
    pub evaluation: Evaluation,
    /// Further attributes of this principal that the evaluation depends on, such as tags, as text for comparison.
    pub principal: Vec<String>,
}

/// A statement that matches, or that may match.
#[derive(Clone, Copy)]
pub struct PossibleMatch<'a> {
    /// The type of its policy.
    pub policy_type: PolicyType,
    /// The statement.
    pub statement: &'a Statement,
    /// Whether it matches: [`Truth::True`] or [`Truth::Unknown`].
    pub matches: Truth,
    /// Whether it is unknown only because its resource element matches some of the resources.
    pub depends_on_resource: bool,
    /// The request, whose keys fill the variables of patterns.
    pub request: &'a Request<'a>,
}

impl AnyResource<'_> {
    /// Evaluates the request with the policies of `principal`, and calls `visit` for each statement that may match if
    /// the evaluation is indeterminate.
    ///
    /// The policies are those with which an authorizer decides: also those of groups and roles that were added to
    /// `principal`. If different permissions boundaries apply to it, all requests are denied.
    pub fn evaluate(
        &self,
        policies: &LoadedPolicies,
        principal: &Principal,
        mut visit: impl FnMut(PossibleMatch<'_>),
    ) -> AnyResourceEvaluation {
        let context = Context::unknown();
        let mut request = Request::new(principal, self.action.into(), self.example, &context);
        if let Some(components) = self.components {
            request = request.with_any_of(components);
        }
        let LoadedPolicies(snapshot) = policies;
        let tags = snapshot.identity(principal).policies().tags();
        let deployment = Deployment {
            scope: self.scope,
            absence: None,
        };
        snapshot.with_policies(&request, deployment, |stack, request, unavailability| {
            let statements = ReferenceEvaluation::of(stack, request);
            let evaluation = match unavailability {
                None => statements.answer(),
                Some(why) => Evaluation::unavailable(why),
            };
            if matches!(evaluation, Evaluation::Indeterminate(_)) {
                for layer in &statements.layers {
                    for (_, statement) in layer.traces() {
                        if statement.matches == Truth::False {
                            continue;
                        }
                        let is_open = matches!(statement.resource, ResourcePart::Unknown(_));
                        visit(PossibleMatch {
                            policy_type: layer.policy_type,
                            statement: statement.statement,
                            matches: statement.matches,
                            depends_on_resource: is_open && statement.matches == Truth::Unknown,
                            request,
                        });
                    }
                }
            }
            let principal = request.principal();
            let tags = tags.iter();
            let principal = tags
                .map(|(key, values)| format!("{key} = {values:?}"))
                .chain([format!(
                    "{principal} {:?} {:?}",
                    principal.unique_id(),
                    principal.role_arn()
                )])
                .collect();
            AnyResourceEvaluation {
                evaluation,
                principal,
            }
        })
    }
}

/// Whether `key` represents the resource that is unknown, not a condition key.
pub fn is_unknown_resource(key: &crate::context::ConditionKey) -> bool {
    *key == *UNKNOWN_RESOURCE
}
