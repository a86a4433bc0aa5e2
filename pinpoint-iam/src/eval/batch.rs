//! Decisions of many requests that differ only in their resource, or only in their action.

use crate::action::ActionMetadata;
use crate::eval::combine::{AccountRelation, CombinedDecision};
use crate::eval::program_stack::ProgramStack;
use crate::eval::search::{SearchActions, SearchAgain, SearchResources};
use crate::program::ResourcePrefix;
use crate::request::{DeferredKeys, Request, ResourceFacts};
use crate::resource::RequestedResource;

/// Requests of one caller for one action, on several resources.
pub(crate) type ResourceBatch<'b> = RequestBatch<'b, SearchResources<'b>>;

/// Requests of one caller for several actions, on one resource.
pub(crate) type ActionBatch<'b> = RequestBatch<'b, SearchActions<'b>>;

/// Requests that are decided one after another. What they have in common is looked up once.
///
/// Lists use it. They need neither the statement nor the reason of a decision.
pub(crate) struct RequestBatch<'b, S> {
    stack: ProgramStack<'b>,
    request: Request<'b>,
    search: S,
    /// The account relation of a request with this ARN prefix. The search is for resources with this prefix, too.
    sides: Option<(ResourcePrefix<'b>, AccountRelation)>,
}

impl<'b, S: SearchAgain<'b>> RequestBatch<'b, S> {
    /// Starts with the programs of the caller, and with a request as it is decided.
    pub(super) fn new(stack: ProgramStack<'b>, request: Request<'b>) -> Self {
        Self {
            stack,
            request,
            search: S::default(),
            sides: None,
        }
    }

    /// Whether the policies allow the current request; `None` if the decision depends on keys that are not known yet.
    #[inline]
    fn allow(&mut self) -> Option<bool> {
        let prefix = ResourcePrefix::of(self.request.resource_ref());
        let sides = match &self.sides {
            Some((known, sides)) if *known == prefix => sides.of_similar(&self.request),
            _ => {
                let sides = AccountRelation::of(&self.request);
                self.search = S::default();
                self.sides = Some((prefix, sides));
                sides
            }
        };
        self.search.begin();
        let stack = &self.stack;
        match stack.combine_by(&mut self.search, sides, &self.request) {
            CombinedDecision::Allowed(..) | CombinedDecision::AllowedToRoot => Some(true),
            CombinedDecision::ExplicitDeny(..) | CombinedDecision::ImplicitDeny(_) => Some(false),
            CombinedDecision::Indeterminate => None,
        }
    }
}

impl<'b> ResourceBatch<'b> {
    /// Whether the policies allow the action on `resource`, which has these keys.
    pub(crate) fn allow_resource(
        &mut self,
        resource: RequestedResource<'b>,
        facts: ResourceFacts<'b>,
    ) -> Option<bool> {
        self.request.set_resource(resource, facts);
        self.allow()
    }
}

impl<'b> ActionBatch<'b> {
    /// Whether the policies allow `action` on the resource, in a request with these tags.
    pub(crate) fn allow_action(
        &mut self,
        action: &'static ActionMetadata,
        request_tags: DeferredKeys<'b>,
    ) -> Option<bool> {
        self.request.set_action(action, request_tags);
        self.allow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Arn;
    use crate::context::Context;
    use crate::eval::compiled::Compiled;
    use crate::eval::program_stack::StatementRef;
    use crate::mobiletargeting;
    use crate::policy::Document;
    use crate::policy_stack::{Policy, PolicyStack};
    use crate::principal::Principal;
    use crate::request::RequestedAction;

    const IDENTITY: &str = r#"{"Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": [
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a*",
            "arn:aws:mobiletargeting:us-east-1:*:apps/b?"]},
        {"Effect": "Deny", "Action": "mobiletargeting:Delete*", "Resource":
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a2"},
        {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:*:eu-*:*:apps/a1"},
        {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:*:eu-*:123456789012:apps/*"},
        {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:kms:us-east-1:123456789012:*"},
        {"Effect": "Allow", "Action": ["mobiletargeting:GetApps", "mobiletargeting:CreateApp"], "Resource": "*"},
        {"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": [
            "arn:aws:mobiletargeting:*:*:apps/c1", "arn:aws:mobiletargeting:*:*:*1"],
            "Condition": {"StringEquals": {"aws:username": "ana"}}},
        {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:mobiletargeting:us-east-1:*:apps/a*",
            "Condition": {"StringEquals": {"aws:RequestTag/kind": "secret"}}},
        {"Effect": "Deny", "Action": "mobiletargeting:UpdateCampaign", "NotResource": "arn:aws:mobiletargeting:*:*:apps/a1"}
    ]}"#;

    const BOUNDARY: &str = r#"{"Statement": [
        {"Effect": "Allow", "NotAction": "mobiletargeting:GetCampaign", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a9"}
    ]}"#;

    const SESSION: &str = r#"{"Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a?"}
    ]}"#;

    /// Resources whose ARN prefixes differ in every component, and all resources.
    const RESOURCES: [&str; 12] = [
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a2",
        "arn:aws:mobiletargeting:us-east-1:210987654321:apps/a1",
        "arn:aws:mobiletargeting:us-east-1:210987654321:apps/b1",
        "arn:aws:mobiletargeting:eu-west-1:123456789012:apps/a1",
        "arn:aws:mobiletargeting:eu-west-1:123456789012:apps/a2",
        "arn:aws-cn:mobiletargeting:us-east-1:123456789012:apps/a1",
        "arn:aws:kms:us-east-1:123456789012:alias/a1",
        "arn:aws:kms:us-east-1:123456789012:key/a1",
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a9",
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/c1",
        "*",
    ];

    const ACTIONS: [&str; 4] = [
        "mobiletargeting:GetApp",
        "mobiletargeting:DeleteApp",
        "mobiletargeting:GetApps",
        "kms:Decrypt",
    ];

    fn policy(text: &str) -> [Policy; 1] {
        [Policy::new("policy", Document::parse(text).unwrap())]
    }

    fn resource(text: &str) -> RequestedResource<'_> {
        match text {
            "*" => RequestedResource::All,
            arn => RequestedResource::Arn(Arn::parse(arn).unwrap()),
        }
    }

    fn is_allowed(decision: CombinedDecision<StatementRef>) -> Option<bool> {
        match decision {
            CombinedDecision::Allowed(..) | CombinedDecision::AllowedToRoot => Some(true),
            CombinedDecision::ExplicitDeny(..) | CombinedDecision::ImplicitDeny(_) => Some(false),
            CombinedDecision::Indeterminate => None,
        }
    }

    /// Calls `test` with stacks of policies of several types.
    fn with_stacks(test: impl Fn(ProgramStack<'_>, &str)) {
        let (identity, boundary, session) = (policy(IDENTITY), policy(BOUNDARY), policy(SESSION));
        for (limits, permissions_boundary, session) in [
            ("none", None, None),
            ("boundary", Some(&boundary[..]), None),
            ("session", None, Some(&session[..])),
            ("both", Some(&boundary[..]), Some(&session[..])),
        ] {
            let stack = PolicyStack {
                identity: &identity,
                permissions_boundary,
                session,
                ..PolicyStack::default()
            };
            test(Compiled::of(&stack).unwrap().stack(), limits);
        }
    }

    /// Every resource follows every other one, and itself.
    #[test]
    fn resources_of_a_batch_are_decided_as_alone() {
        let principal = Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap();
        let context = Context::new();
        let facts = ResourceFacts {
            keys: None,
            tags: DeferredKeys::FromContext,
        };
        with_stacks(|stack, limits| {
            let mut allowed = 0;
            for action in ACTIONS {
                let action = RequestedAction::parse(action).unwrap();
                let all = RequestedResource::All;
                let request = Request::new(&principal, action, all, &context);
                let mut batch = ResourceBatch::new(stack, request);
                for first in RESOURCES {
                    for text in RESOURCES.into_iter().flat_map(|second| [first, second]) {
                        let alone = stack.combine(&request.with_resource(resource(text)));
                        let alone = is_allowed(alone);
                        let in_batch = batch.allow_resource(resource(text), facts);
                        assert_eq!(in_batch, alone, "{limits}: {action} {text} after {first}");
                        allowed += usize::from(alone == Some(true));
                    }
                }
            }
            assert!(allowed > 0, "{limits}");
        });
    }

    /// The tags of the request are not known yet, and only some of the actions take tags. Every action follows those that
    /// take tags, and those that take none.
    #[test]
    fn actions_of_a_batch_are_decided_as_alone() {
        let principal = Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap();
        let context = Context::new();
        with_stacks(|stack, limits| {
            let mut results = Vec::new();
            for text in RESOURCES {
                let first = RequestedAction::parse("mobiletargeting:GetApp").unwrap();
                let request = Request::new(&principal, first, resource(text), &context);
                let mut batch = ActionBatch::new(stack, request);
                let actions = mobiletargeting::SERVICE.actions.iter();
                for action in actions.clone().chain(actions.rev()) {
                    let tags = DeferredKeys::OfRequestFor(action);
                    let request = Request::new(&principal, action.into(), resource(text), &context)
                        .with_tags(DeferredKeys::FromContext, tags);
                    let alone = is_allowed(stack.combine(&request));
                    let in_batch = batch.allow_action(action, tags);
                    assert_eq!(in_batch, alone, "{limits}: {action} {text}");
                    results.push(alone);
                }
            }
            for result in [Some(true), Some(false), None] {
                assert!(results.contains(&result), "{limits}: {result:?}");
            }
        });
    }
}
