//! A decision does not allocate, for any result and any kind of statement.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime};

use allocation_counter::measure;
use pinpoint_iam::context::Context;
use pinpoint_iam::eval::DenyReason;
use pinpoint_iam::freshness::Revision;
use pinpoint_iam::mobiletargeting::{Campaign, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::RequestedAction;
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::{
    IdentityRecord, PolicyRecord, PolicyStore, PrincipalFuture, PrincipalRecords, PrincipalRequest,
    PrincipalSource,
};
use pinpoint_iam::{
    Arn, Authorizer, Decision, Evaluation, Policy, Principal, PrincipalCache, Request, Scope,
};
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";
const ANA: &str = "arn:aws:iam::123456789012:user/ana";

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", ACCOUNT)
}

fn arn(resource: &str) -> String {
    format!("arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:{resource}")
}

/// Returns statements for every kind of index entry, conditions of every family, and a list that is looked up by
/// action.
fn statements() -> Vec<Value> {
    let on = |effect: &str, actions: Value, resource: &str| json!({"Effect": effect, "Action": actions, "Resource": arn(resource)});
    let all_conditions = json!({
        "StringEquals": {"aws:PrincipalTag/team": "campaigns"},
        "StringLike": {"aws:UserAgent": ["console/*", "app/*"]},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"},
        "DateLessThan": {"aws:CurrentTime": "2026-07-01T00:00:00Z"},
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/ana"},
        "Null": {"aws:PrincipalTag/team": "false"},
    });
    let mut statements = vec![
        on("Allow", json!("mobiletargeting:GetApp"), "apps/a1"),
        on(
            "Allow",
            json!(["mobiletargeting:*Campaign"]),
            "apps/a1/campaigns/*",
        ),
        on(
            "Deny",
            json!("mobiletargeting:Update*"),
            "apps/a1/campaigns/frozen",
        ),
        on(
            "Allow",
            json!("mobiletargeting:GetCampaignDateRangeKpi"),
            "apps/*/campaigns/*/kpis/open?",
        ),
        json!({
            "Effect": "Deny", "NotAction": "mobiletargeting:*",
            "NotResource": [arn("apps/a1*"), arn("apps/a2*"), arn("apps/a3*")],
        }),
        json!({
            "Effect": "Allow", "Action": "mobiletargeting:GetApp",
            "Resource": [arn("apps/a2"), arn("apps/?2")], "Condition": all_conditions,
        }),
        json!({
            "Effect": "Allow", "Action": "mobiletargeting:GetApp",
            "Resource": arn("apps/${aws:username}*"),
        }),
    ];
    // A list with more than a few entries is looked up by action.
    let actions = ["mobiletargeting:GetSegment", "mobiletargeting:GetJourney"];
    let alternating = actions.into_iter().cycle().take(20);
    statements.extend(alternating.map(|action| on("Allow", json!(action), "apps/a3*")));
    statements
}

fn authorizer() -> Authorizer {
    let policy = |name, statements: Value| {
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        Policy::new(name, Document::parse(&text).unwrap())
    };
    let mut store = PolicyStore::new();
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let ana = store.identity(ANA).unwrap();
    ana.attach(policy("own", statements().into()));
    ana.attach(policy(
        "other",
        json!({"Effect": "Deny", "Action": "*", "Resource": arn("apps/closed/*")}),
    ));
    ana.set_permissions_boundary(policy("boundary", everything));
    Authorizer::builder()
        .scope(scope())
        .source(store)
        .build()
        .unwrap()
}

fn context() -> Context {
    let mut context = Context::new();
    fill(&mut context);
    context
}

fn fill(context: &mut Context) {
    context.insert_text("aws:UserAgent", "console/1.0");
    context.insert("aws:MultiFactorAuthPresent", true);
    context.insert("aws:MultiFactorAuthAge", 600);
    context.insert(
        "aws:SourceIp",
        std::net::IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
    );
    context.insert(
        "aws:CurrentTime",
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000),
    );
}

fn caller() -> Principal {
    Principal::from_arn(ANA)
        .unwrap()
        .with_tag("team", "campaigns")
}

/// Makes a first decision. It allocates the thread's slot that records which snapshot is being read.
fn warm_up(authorizer: &Authorizer, caller: &Principal, context: &Context) {
    let action = RequestedAction::parse("mobiletargeting:GetReports").unwrap();
    let request = Request::new(caller, action, RequestedResource::All, context);
    assert!(!authorizer.decide(&request).is_allowed());
}

/// The result of a request.
#[derive(Debug, PartialEq)]
enum Outcome {
    Allowed,
    ExplicitDeny,
    ImplicitDeny,
    Other,
}
use Outcome::{Allowed, ExplicitDeny, ImplicitDeny, Other};

#[test]
fn decisions_allocate_nothing() {
    let (authorizer, caller, context) = (authorizer(), caller(), context());
    warm_up(&authorizer, &caller, &context);
    for (action, resource, expected) in [
        ("GetApp", "apps/a1", Allowed),
        ("GetCampaign", "apps/a1/campaigns/c1", Allowed),
        ("getcampaign", "apps/a1/campaigns/c1", Allowed),
        ("UpdateCampaign", "apps/a1/campaigns/frozen", ExplicitDeny),
        ("DeleteCampaign", "apps/a9/campaigns/c1", ImplicitDeny),
        (
            "GetCampaignDateRangeKpi",
            "apps/a7/campaigns/c1/kpis/opens",
            Allowed,
        ),
        (
            "GetCampaignDateRangeKpi",
            "apps/a7/campaigns/c1/kpis/sends",
            ImplicitDeny,
        ),
        ("GetApp", "apps/a2", Allowed),
        ("GetApp", "apps/b2", Allowed),
        ("GetApp", "apps/c22", ImplicitDeny),
        ("GetApp", "apps/ana", Allowed),
        ("GetSegment", "apps/a3/segments/s1", Allowed),
        ("DeleteSegment", "apps/a3/segments/s1", ImplicitDeny),
        ("GetSegment", "apps/closed/segments/s1", ExplicitDeny),
        ("NoSuchAction", "apps/a1", ImplicitDeny),
    ] {
        let (action, resource) = (format!("mobiletargeting:{action}"), arn(resource));
        let decide = || {
            let action = RequestedAction::parse(&action).unwrap();
            let resource = RequestedResource::Arn(Arn::parse(&resource).unwrap());
            let answer = authorizer.evaluate(&Request::new(&caller, action, resource, &context));
            match black_box(&answer) {
                Evaluation::Decided(Decision::Allow(_)) => Allowed,
                Evaluation::Decided(Decision::Deny(by)) => match by.reason() {
                    DenyReason::ExplicitDeny(_) => ExplicitDeny,
                    DenyReason::ImplicitDeny(_) => ImplicitDeny,
                    _ => Other,
                },
                Evaluation::Indeterminate(_) => Other,
            }
        };
        let mut found = Other;
        // The first decision of its kind is also measured, because policies are compiled when they are loaded.
        let counted = measure(|| found = decide());
        assert_eq!(found, expected, "{action} on {resource}");
        assert_eq!(counted.count_total, 0, "{action} on {resource}");
    }
}

/// A server that reuses the context of an earlier request fills it without allocations.
#[test]
fn a_reused_context_allocates_nothing() {
    let (authorizer, caller, mut context) = (authorizer(), caller(), context());
    warm_up(&authorizer, &caller, &context);
    context.clear();
    fill(&mut context);
    let resource = arn("apps/a2");
    let mut is_allowed = false;
    let counted = measure(|| {
        context.clear();
        fill(&mut context);
        let action = RequestedAction::parse("mobiletargeting:GetApp").unwrap();
        let resource = RequestedResource::Arn(Arn::parse(&resource).unwrap());
        let request = Request::new(&caller, action, resource, &context);
        is_allowed = authorizer.decide(&request).is_allowed();
    });
    assert!(is_allowed);
    assert_eq!(counted.count_total, 0);
    // A context that is not reused has only a list and the text, in memory of its own.
    let counted = measure(|| fill(&mut Context::with_capacity(8)));
    assert_eq!(counted.count_total, 2);
}

/// The resource is created from ids beforehand, as in a service that checks twice.
#[test]
fn a_guard_that_lets_in_allocates_nothing() {
    let (authorizer, caller, context) = (authorizer(), caller(), context());
    warm_up(&authorizer, &caller, &context);
    let campaign = Campaign::new("a1", "c1").unwrap();
    let mut is_allowed = false;
    let counted = measure(|| {
        let guard = authorizer.guard(&caller, &context);
        is_allowed = guard.check(GetCampaign, &campaign).is_ok();
    });
    assert!(is_allowed);
    assert_eq!(counted.count_total, 0);
}

/// A source that has one user.
struct OneUser;

impl PrincipalSource for OneUser {
    fn name(&self) -> String {
        "one user".to_owned()
    }

    fn policies_of<'a>(&'a self, _: PrincipalRequest<'a>) -> PrincipalFuture<'a> {
        Box::pin(async {
            let text = json!({"Version": "2012-10-17", "Statement": statements()}).to_string();
            let mut ana = IdentityRecord::new(ANA);
            let policy = PolicyRecord::managed("own", "v1");
            ana.policies.push(policy.with_document(text));
            let mut records = PrincipalRecords::new(Revision::new("1"));
            records.identities.push(ana);
            Ok(records)
        })
    }
}

/// Neither the look-up of a principal on demand allocates, nor the decisions of the request after it.
#[tokio::test]
async fn policies_on_demand_in_the_cache_are_used_without_allocations() {
    let authorizer = Authorizer::builder()
        .scope(scope())
        .principal_source(OneUser, PrincipalCache::new())
        .build()
        .unwrap();
    let (caller, context) = (caller(), context());
    assert!(authorizer.load(&caller).await);
    warm_up(&authorizer, &caller, &context);
    let campaign = Campaign::new("a1", "c1").unwrap();
    let mut is_allowed = false;
    let counted = measure(|| {
        let guard = authorizer.guard(&caller, &context);
        let both = (
            guard.check(GetCampaign, &campaign),
            guard.check(GetCampaign, &campaign),
        );
        is_allowed = both.0.is_ok() && both.1.is_ok();
    });
    assert!(is_allowed);
    assert_eq!(counted.count_total, 0);
    let counts = authorizer.principal_cache_counts();
    assert_eq!((counts.loads, counts.failures), (1, 0));
}

/// The counter detects allocations.
#[test]
fn what_allocates_is_noticed() {
    let counted = measure(|| {
        black_box(String::from("text"));
    });
    assert_eq!(counted.count_total, 1);
}
