//! Least privilege: exactly the requested permissions are granted, and every document is valid.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::BTreeSet;

use pinpoint_iam::action::{ActionMetadata, ServiceMetadata};
use pinpoint_iam::context::Context;
use pinpoint_iam::eval::{Decision, Evaluation, Policy, PolicyStack, reference};
use pinpoint_iam::mobiletargeting::Action;
use pinpoint_iam::policy::{Document, Partitions, PolicyKind};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::{IdFormat, RequestedResource, ResourceTypeMetadata};
use pinpoint_iam::web::{
    Access, ActionRequirement, BindingSource, Declaration, FieldBinding, MountedRoute, Requirement,
    ResourceBinding, RouteTable,
};
use pinpoint_iam::{Principal, Scope, mobileanalytics, mobiletargeting};
use pinpoint_iam_docs::{LeastPrivilege, LeastPrivilegeBuilder, LeastPrivilegeError};
use proptest::prelude::*;

const SERVICES: [&ServiceMetadata; 2] = [&mobiletargeting::SERVICE, &mobileanalytics::SERVICE];

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

fn every_action() -> Vec<&'static ActionMetadata> {
    SERVICES
        .iter()
        .flat_map(|service| service.actions)
        .collect()
}

/// Returns an ARN of a resource type that an action acts on, in the project `application`.
fn arn(
    action: &ActionMetadata,
    resource_type: &'static ResourceTypeMetadata,
    application: &str,
) -> String {
    let values: Vec<&str> = resource_type
        .fields
        .iter()
        .map(|field| {
            let pin = action
                .pinned
                .iter()
                .find(|(name, _)| *name == field.placeholder);
            match (pin, field.accepts) {
                (Some((_, value)), _) => value,
                (None, IdFormat::OneOf(names)) => names.last().unwrap(),
                (None, _) if field.name == "application_id" => application,
                (None, _) => "x1",
            }
        })
        .collect();
    let part = resource_type.fill(&values).unwrap();
    resource_type.requested(&part, &scope()).to_string()
}

/// Returns all resources that `action` could be checked on in the project `application`.
fn resources(action: &ActionMetadata, application: &str) -> Vec<String> {
    match action.resource_types {
        [] => vec!["*".to_owned()],
        types => types
            .iter()
            .map(|resource_type| arn(action, resource_type, application))
            .collect(),
    }
}

/// A principal with documents.
struct Holder {
    principal: Principal,
    policies: Vec<Policy>,
}

impl Holder {
    fn of(policies: &LeastPrivilege) -> Self {
        Self {
            principal: Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap(),
            policies: policies
                .documents()
                .iter()
                .map(|document| Policy::new("least", document.clone()))
                .collect(),
        }
    }

    fn may(&self, action: &str, resource: &str) -> bool {
        let stack = PolicyStack {
            identity: &self.policies,
            ..PolicyStack::default()
        };
        let context = Context::new();
        let resource = match resource {
            "*" => RequestedResource::All,
            arn => RequestedResource::Arn(pinpoint_iam::Arn::parse(arn).unwrap()),
        };
        let action = RequestedAction::parse(action).unwrap();
        let request = Request::new(&self.principal, action, resource, &context);
        matches!(
            reference::decide(&stack, &request),
            Evaluation::Decided(Decision::Allow(_))
        )
    }
}

/// Returns the actions and those of their dependent actions that are in a known catalog.
fn with_dependent_actions(actions: &[&'static ActionMetadata]) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = actions.iter().map(ToString::to_string).collect();
    all.extend(
        actions
            .iter()
            .flat_map(|action| action.dependent_actions)
            .map(|dependent| dependent.action.to_owned()),
    );
    all
}

fn builder(actions: &[&'static ActionMetadata]) -> LeastPrivilegeBuilder {
    LeastPrivilege::builder(&scope()).actions(actions.iter().copied())
}

fn written(policies: &LeastPrivilege) -> Vec<String> {
    policies
        .documents()
        .iter()
        .map(ToString::to_string)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn exactly_what_was_asked_is_granted(
        actions in prop::sample::subsequence(every_action(), 1..127),
        kind in prop::sample::select(vec![
            PolicyKind::IdentityManaged,
            PolicyKind::IdentityInlineUser,
            PolicyKind::Session,
            PolicyKind::ServiceControl,
        ]),
        wildcards: bool,
        only: bool,
    ) {
        let knows_application = actions.iter().any(|action| {
            let mut fields = action.resource_types.iter().flat_map(|resource_type| resource_type.fields);
            fields.any(|field| field.name == "application_id")
        });
        let only = only && knows_application;
        let mut builder = builder(&actions).kind(kind);
        if wildcards {
            builder = builder.with_wildcards();
        }
        if only {
            builder = builder.only("application_id", "a1");
        }
        let policies = builder.build().unwrap();

        for document in policies.documents() {
            prop_assert_eq!(document.validate(kind), Ok(()));
            prop_assert_eq!(&Document::parse(&document.to_string()).unwrap(), document);
        }
        let holder = Holder::of(&policies);
        let granted = with_dependent_actions(&actions);
        for action in every_action() {
            let name = action.to_string();
            for application in ["a1", "b2"] {
                for resource in resources(action, application) {
                    let is_allowed = holder.may(&name, &resource);
                    if !granted.contains(&name) {
                        prop_assert!(!is_allowed, "{} on {} was not asked for", name, resource);
                    } else if actions.contains(&action) {
                        let is_elsewhere = only && resource.contains("apps/b2");
                        prop_assert!(
                            is_allowed != is_elsewhere
                                // A dependent action may be required on more resources than the requested action.
                                || (is_elsewhere && is_dependent_action(&name, &actions)),
                            "{} on {}", name, resource
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_order_of_asking_does_not_matter(
        actions in prop::sample::subsequence(every_action(), 1..40).prop_shuffle(),
        wildcards: bool,
    ) {
        let mut sorted = actions.clone();
        sorted.sort_by_key(|action| action.to_string());
        let build = |actions: &[&'static ActionMetadata]| {
            let builder = builder(actions);
            let builder = if wildcards { builder.with_wildcards() } else { builder };
            builder.build().unwrap()
        };
        prop_assert_eq!(written(&build(&actions)), written(&build(&sorted)));
    }
}

fn is_dependent_action(name: &str, actions: &[&'static ActionMetadata]) -> bool {
    let mut dependent_actions = actions.iter().flat_map(|action| action.dependent_actions);
    dependent_actions.any(|dependent| dependent.action == name)
}

#[test]
fn wildcards_are_written_on_request_only() {
    let all = every_action();
    let plain = builder(&all).build().unwrap();
    for document in plain.documents() {
        for statement in document.statements() {
            for pattern in statement.action().patterns() {
                assert!(!pattern.as_str().contains('*'), "{pattern}");
            }
        }
    }
    let short = builder(&all).with_wildcards().build().unwrap();
    let length = |policies: &LeastPrivilege| written(policies).concat().len();
    assert!(plain.documents().len() > 1, "127 names exceed one policy");
    assert!(length(&short) * 5 < length(&plain) * 4);
}

#[test]
fn dependent_actions_are_granted_on_their_own_resources() {
    let actions = [Action::CreateExportJob, Action::CreateCampaign].map(Action::metadata);
    let policies = builder(&actions)
        .only("application_id", "a1")
        .build()
        .unwrap();
    let holder = Holder::of(&policies);
    let start = "arn:aws:mobiletargeting:us-east-1:123456789012";
    // A campaign that is created with tags is tagged. Its ARN is below that of the project.
    for (action, resource, expected) in [
        (
            "mobiletargeting:TagResource",
            format!("{start}:apps/a1/campaigns/c1"),
            true,
        ),
        (
            "mobiletargeting:TagResource",
            format!("{start}:apps/b2/campaigns/c1"),
            false,
        ),
        (
            "mobiletargeting:TagResource",
            format!("{start}:templates/t1/SMS"),
            false,
        ),
        (
            "iam:PassRole",
            "arn:aws:iam::123456789012:role/export".to_owned(),
            true,
        ),
        (
            "iam:PassRole",
            "arn:aws:iam::999999999999:role/export".to_owned(),
            false,
        ),
    ] {
        assert_eq!(
            holder.may(action, &resource),
            expected,
            "{action} {resource}"
        );
    }
    assert_eq!(policies.remarks().len(), 1);
    assert!(
        policies.remarks()[0]
            .starts_with("`mobiletargeting:CreateExportJob` needs `iam:PassRole` "),
        "{:?}",
        policies.remarks()
    );

    let role = "arn:aws:iam::123456789012:role/export";
    let narrowed = builder(&actions)
        .dependent_resource("iam:PassRole", role)
        .build()
        .unwrap();
    assert_eq!(narrowed.remarks(), [""; 0]);
    let holder = Holder::of(&narrowed);
    assert!(holder.may("iam:PassRole", role));
    assert!(!holder.may("iam:PassRole", &format!("{role}s")));
}

#[test]
fn what_an_action_fixes_is_fixed() {
    let actions = [Action::GetEmailTemplate.metadata()];
    let text = written(&builder(&actions).build().unwrap()).concat();
    assert!(text.contains(":templates/*/EMAIL\""), "{text}");
}

#[test]
fn what_cannot_be_granted_is_an_error() {
    let get_app = [Action::GetApp.metadata()];
    let error = |builder: LeastPrivilegeBuilder| builder.build().unwrap_err().to_string();
    assert_eq!(
        error(builder(&[])),
        "there is no action to grant; add actions, or routes that require some"
    );
    assert_eq!(
        error(builder(&get_app).only("aplication_id", "a1")),
        "no resource of these actions has an id `aplication_id`; did you mean `application_id`?"
    );
    assert_eq!(
        error(builder(&get_app).dependent_resource("iam:PassRole", "*")),
        "none of these actions has the dependent action `iam:PassRole`"
    );
    for id in ["*", "a/b", "${aws:username}", ""] {
        let error = builder(&get_app)
            .only("application_id", id)
            .build()
            .unwrap_err();
        assert!(matches!(error, LeastPrivilegeError::Id(_)), "{id}: {error}");
    }
    let tenants = LeastPrivilege::builder(&Scope::of_tenants("acme", "")).actions(get_app);
    assert!(matches!(
        tenants.build(),
        Err(LeastPrivilegeError::Scope(_))
    ));
    for kind in [
        PolicyKind::Resource,
        PolicyKind::RoleTrust,
        PolicyKind::ResourceControl,
    ] {
        let error = builder(&get_app).kind(kind).build().unwrap_err();
        assert!(
            matches!(error, LeastPrivilegeError::Refused(_)),
            "{kind}: {error}"
        );
    }
    let export = [Action::CreateExportJob.metadata()];
    let error = builder(&export)
        .dependent_resource("iam:PassRole", "role/export")
        .build()
        .unwrap_err();
    assert!(matches!(error, LeastPrivilegeError::Refused(_)), "{error}");
    let long = format!("arn:aws:iam::123456789012:role/{}", "x".repeat(6144));
    let error = builder(&export)
        .dependent_resource("iam:PassRole", &long)
        .build()
        .unwrap_err();
    assert!(
        matches!(error, LeastPrivilegeError::TooLong { .. }),
        "{error}"
    );
}

#[test]
fn a_deployment_may_have_a_partition_of_its_own() {
    let scope = Scope::new("acme", "", "tenant-7");
    let policies = LeastPrivilege::builder(&scope)
        .action(Action::GetApp.metadata())
        .build()
        .unwrap();
    let document = policies.documents().first().unwrap();
    assert!(
        document
            .to_string()
            .contains(r#""arn:acme:mobiletargeting::tenant-7:apps/*""#)
    );
    let partitions = Partitions::of(&scope);
    assert_eq!(
        document.validate_grammar(PolicyKind::IdentityManaged, &partitions),
        Ok(())
    );
}

const fn declaration(requirement: Requirement) -> Declaration {
    Declaration {
        handler: "handler",
        module_path: "api",
        file: "src/api.rs",
        line: 1,
        access: Access::Requires {
            requirement,
            after_body: false,
        },
        path_parameters: &[],
    }
}

const fn on_everything(action: &'static ActionMetadata) -> Requirement {
    Requirement::Action(ActionRequirement {
        action,
        keys: &[],
        dependents: &[],
        resource: ResourceBinding::All,
    })
}

#[test]
fn a_route_with_alternatives_is_granted_the_one_that_adds_least() {
    static EITHER: Declaration = declaration(Requirement::Any(&[
        on_everything(Action::GetReports.metadata()),
        Requirement::All(&[
            on_everything(Action::GetApp.metadata()),
            on_everything(Action::GetSegments.metadata()),
        ]),
    ]));
    static SEGMENTS: Declaration = declaration(Requirement::All(&[
        on_everything(Action::GetApp.metadata()),
        on_everything(Action::GetSegments.metadata()),
    ]));
    static TAGS: Declaration = declaration(Requirement::Action(ActionRequirement {
        action: Action::ListTagsForResource.metadata(),
        keys: &[],
        dependents: &[],
        resource: ResourceBinding::Fields(&[
            FieldBinding {
                field: "application_id",
                from: BindingSource::Parameter("application_id"),
            },
            FieldBinding {
                field: "segment_id",
                from: BindingSource::Parameter("segment_id"),
            },
        ]),
    }));
    let route = |path: &'static str, declaration| MountedRoute {
        method: "GET",
        path: path.into(),
        declaration,
    };
    let grants = |routes: Vec<MountedRoute>| {
        LeastPrivilege::builder(&scope())
            .routes(&RouteTable::new(routes))
            .build()
            .unwrap()
    };

    let alone = grants(vec![route("/either", &EITHER)]);
    assert_eq!(
        alone.remarks(),
        [
            "`GET /either` is served with `mobiletargeting:GetReports`; `mobiletargeting:GetApp` and \
             `mobiletargeting:GetSegments` would do in its place"
        ]
    );
    let text = written(&alone).concat();
    assert!(
        text.contains("GetReports") && !text.contains("GetSegments"),
        "{text}"
    );

    // An action that another route needs in any case does not add anything, regardless of the order of the routes.
    let both = grants(vec![
        route("/either", &EITHER),
        route("/segments", &SEGMENTS),
    ]);
    let text = written(&both).concat();
    assert!(
        !text.contains("GetReports") && text.contains("GetSegments"),
        "{text}"
    );

    // The ids that a handler names determine which of the resource types is used.
    let tags = grants(vec![route("/tags", &TAGS)]);
    let text = written(&tags).concat();
    assert!(
        text.contains("apps/*/segments/*") && !text.contains("campaigns"),
        "{text}"
    );
}
