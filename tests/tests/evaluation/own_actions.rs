//! Actions of a catalog that is not built in, decided by the compiled evaluator.
//!
//! The tables of such a service are created by its first request. The results equal those of the reference, requests do
//! not allocate after the first, and an action with false metadata does not gain any permission.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use allocation_counter::measure;
use pinpoint_iam::action::{ActionMetadata, ServiceMetadata};
use pinpoint_iam::context::Context;
use pinpoint_iam::mobiletargeting::{self, App, GetApp};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{AllResources, Authorizer, Decision, Policy, Principal, Scope, TypedAction};

/// A catalog that is not built in.
#[allow(dead_code, missing_docs, reason = "generated, and used in part")]
pub(crate) mod shelf {
    include!("../../../catalog/tests/golden/shelf.rs");
}

use shelf::{LendBook, Loan, ReadRules};

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

fn authorizer(statements: &str) -> Authorizer {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let mut store = PolicyStore::new();
    store
        .identity(ANA)
        .unwrap()
        .attach(Policy::new("policy", Document::parse(&text).unwrap()));
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

fn statement(effect: &str, element: &str, actions: &str) -> String {
    format!(r#"{{"Effect": "{effect}", "{element}": {actions}, "Resource": "*"}}"#)
}

fn allows(authorizer: &Authorizer, action: RequestedAction<'_>) -> bool {
    let (ana, context) = (Principal::from_arn(ANA).unwrap(), Context::new());
    let request = Request::new(&ana, action, RequestedResource::All, &context);
    let decision = authorizer.decide(&request);
    // The explanation comes from the reference evaluator.
    let explained = authorizer.explain(&request);
    let allowed = matches!(decision, Decision::Allow(_));
    assert_eq!(
        (allowed, decision.to_string()),
        (explained.allowed, explained.decision),
        "{action}"
    );
    allowed
}

#[test]
fn own_actions_are_decided_as_the_reference_decides_them() {
    let patterns = [
        r#""*""#,
        r#""shelf:*""#,
        r#""SHELF:read*""#,
        r#""shelf:LendBook""#,
        r#"["shelf:lendbook", "shelf:ReadCar?"]"#,
        r#""mobiletargeting:*""#,
        r#""shel*:ReadRules""#,
    ];
    let (mut allowed, mut asked) = (0, 0);
    for allow in patterns {
        for (effect, element) in [
            ("Allow", "Action"),
            ("Allow", "NotAction"),
            ("Deny", "Action"),
            ("Deny", "NotAction"),
        ] {
            for deny in patterns {
                let statements = [
                    statement("Allow", "Action", allow),
                    statement(effect, element, deny),
                ];
                let authorizer = authorizer(&statements.join(","));
                let own = shelf::SERVICE.actions;
                let built_in = mobiletargeting::SERVICE.actions.iter().take(3);
                for action in own.iter().chain(built_in) {
                    // With the typed action, as handlers do, and with the name of the action.
                    let typed = allows(&authorizer, RequestedAction::from(action));
                    let name = action.to_string();
                    let named = allows(&authorizer, RequestedAction::parse(&name).unwrap());
                    assert_eq!(typed, named, "{action}: {statements:?}");
                    allowed += usize::from(typed);
                    asked += 1;
                }
            }
        }
    }
    assert!(
        allowed > 100 && asked - allowed > 100,
        "{allowed} of {asked}"
    );
}

#[test]
fn the_order_of_services_does_not_matter() {
    let statements = statement(
        "Allow",
        "Action",
        r#"["shelf:ReadRules", "mobiletargeting:GetApp"]"#,
    );
    let authorizer = authorizer(&statements);
    let (ana, context) = (Principal::from_arn(ANA).unwrap(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let app = App::new("a1").unwrap();
    let loan = Loan::new("b1", "print", "ada").unwrap();
    for _ in 0..3 {
        assert!(guard.check(GetApp, &app).is_ok());
        assert!(guard.check(ReadRules, &AllResources).is_ok());
        assert!(guard.check(LendBook, &loan).is_err());
        assert!(other::ask(&authorizer).is_empty());
    }
}

/// A second service with its own prefix, written manually.
mod other {
    use super::*;

    pub(super) static SERVICE: ServiceMetadata = ServiceMetadata {
        prefix: "other",
        actions: &ACTIONS,
        ..shelf_service()
    };

    const fn shelf_service() -> ServiceMetadata {
        ServiceMetadata {
            prefix: "",
            name: "Other",
            documentation: None,
            partitions: &[],
            event_sources: &[],
            actions: &[],
            resource_types: &[],
            condition_keys: &[],
            sources: &[],
        }
    }

    /// The same names as those of the other service, two of them equal, with arbitrary indices.
    static ACTIONS: [ActionMetadata; 4] = [
        action("ReadRules", 3),
        action("LendBook", 0),
        action("lendbook", 200),
        action("ReadCard", 3),
    ];

    pub(super) const fn action(name: &'static str, index: u16) -> ActionMetadata {
        ActionMetadata {
            service: &SERVICE,
            index,
            name,
            ..*LendBook::METADATA
        }
    }

    /// Returns the actions of this service that are allowed.
    pub(super) fn ask(authorizer: &Authorizer) -> Vec<&'static str> {
        let actions = ACTIONS.iter();
        let allowed = actions.filter(|action| allows(authorizer, RequestedAction::from(*action)));
        allowed.map(|action| action.name).collect()
    }
}

#[test]
fn an_action_of_another_service_is_another_action() {
    let own = statement("Allow", "Action", r#""shelf:*""#);
    assert!(other::ask(&authorizer(&own)).is_empty());
    let others = authorizer(&statement("Allow", "Action", r#""other:ReadRules""#));
    assert_eq!(other::ask(&others), ["ReadRules"]);
    assert!(!allows(
        &others,
        RequestedAction::from(action_called("ReadRules"))
    ));
    for stranger in [
        "shelf:ReadRulez",
        "shelf:ReadRules2",
        "mobiletargeting:ReadRules",
        "shelf2:ReadRules",
    ] {
        let allowing = authorizer(&statement("Allow", "Action", r#""shelf:ReadRules""#));
        assert!(
            !allows(&allowing, RequestedAction::parse(stranger).unwrap()),
            "{stranger}"
        );
    }
}

fn action_called(name: &str) -> &'static ActionMetadata {
    let mut actions = shelf::SERVICE.actions.iter();
    actions.find(|action| action.name == name).unwrap()
}

/// Metadata whose index is not its position. The name determines the decision, regardless of the index.
static FORGED: [ActionMetadata; 5] = [
    other::action("LendBook", 1),
    other::action("LendBook", 2),
    other::action("lendbook", 2),
    other::action("ReadRules", 0),
    other::action("ReadRules", 1),
];

#[test]
fn metadata_that_points_elsewhere_lifts_no_deny() {
    let denying = |name: &str| {
        let deny = statement("Deny", "Action", &format!(r#""other:{name}""#));
        let allow = statement("Allow", "Action", r#""other:*""#);
        authorizer(&format!("{allow},{deny}"))
    };
    for (name, denied) in [
        ("LendBook", "lendbook"),
        ("ReadRules", "readrules"),
        ("lendBOOK", "lendbook"),
    ] {
        let authorizer = denying(name);
        for action in FORGED.iter().chain(other::SERVICE.actions) {
            let is_denied = action.name.eq_ignore_ascii_case(denied);
            let allowed = allows(&authorizer, RequestedAction::from(action));
            assert_eq!(allowed, !is_denied, "{action} {}", action.index);
        }
    }
}

#[test]
fn nothing_is_allocated_from_the_second_request_on() {
    let statements = [
        statement(
            "Allow",
            "Action",
            r#"["shelf:Lend*", "mobiletargeting:GetApp"]"#,
        ),
        statement("Deny", "Action", r#""shelf:ReadCard""#),
    ];
    let authorizer = authorizer(&statements.join(","));
    let (ana, context) = (Principal::from_arn(ANA).unwrap(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let (app, loan) = (
        App::new("a1").unwrap(),
        Loan::new("b1", "print", "ada").unwrap(),
    );
    let ask = || {
        assert!(guard.check(LendBook, &loan).is_ok());
        assert!(guard.check(GetApp, &app).is_ok());
        for name in ["ReadCard", "ReadRules"] {
            let action = RequestedAction::from(action_called(name));
            let request = Request::new(&ana, action, RequestedResource::All, &context);
            assert!(matches!(authorizer.decide(&request), Decision::Deny(_)));
        }
    };
    assert_ne!(
        measure(ask).count_total,
        0,
        "the tables were not made by the first request"
    );
    for _ in 0..100 {
        assert_eq!(measure(ask).count_total, 0);
    }
}
