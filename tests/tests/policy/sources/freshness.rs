//! The age of policies: what is denied when they expire, on every path to a decision, and what confirms them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::DenyReason;
use pinpoint_iam::freshness::FreshnessState;
use pinpoint_iam::guard::DeniedReason;
use pinpoint_iam::list::KeyedColumns;
use pinpoint_iam::mobiletargeting::{App, Campaign, GetApp, GetCampaign, columns};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::{Directory, PolicySource, PolicyStore, SourceError};
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{
    Arn, Authorizer, BuildError, Decision, Denied, Evaluation, Guard, Policy, Principal, Scope,
    requires,
};

use super::temporary::TemporaryDirectory;
use super::user;

const MINUTE: Duration = Duration::from_secs(60);

fn allowing(action: &str) -> PolicyStore {
    let document = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "mobiletargeting:{action}", "Resource": "*"}}}}"#
    );
    let policy = Policy::new("own", Document::parse(&document).unwrap());
    let mut store = PolicyStore::new();
    let ana = "arn:aws:iam::111122223333:user/ana";
    store.identity(ana).unwrap().attach(policy.clone());
    store.group("readers").attach(policy);
    store
}

fn built(source: impl PolicySource + 'static, clock: &SimulatedClock) -> Authorizer {
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .source(source)
        .max_age(10 * MINUTE)
        .clock(clock.clone())
        .build()
        .unwrap()
}

fn state(authorizer: &Authorizer) -> (String, u64, FreshnessState) {
    let freshness = authorizer.freshness();
    let revision = freshness.revision.to_string();
    (revision, freshness.age.as_secs(), freshness.state)
}

/// Returns whether the policies allow ana to get an application.
fn reads(authorizer: &Authorizer) -> bool {
    super::decide(authorizer, &user("ana"), "GetApp", "apps/a1").is_allowed()
}

fn assert_expired<T: std::fmt::Debug>(what: &str, outcome: Result<T, Denied>) {
    let Err(denied) = outcome else {
        panic!("{what}: {outcome:?}");
    };
    assert_eq!(denied.status(), 503, "{what}");
    assert!(
        matches!(denied.reason(), DeniedReason::PoliciesExpired),
        "{what}: {denied:?}"
    );
    assert_eq!(
        denied.to_string(),
        "The request could not be authorized for now.",
        "{what}"
    );
}

/// With an empty list, the check is about all campaigns at once.
#[requires(each(GetCampaign(resource = campaigns)), guard = guard)]
async fn every_campaign(guard: &Guard<'_>, campaigns: &[Campaign]) -> Result<usize, Denied> {
    Ok(campaigns.len())
}

/// Asks for a decision in every way that there is. All are denied because the policies have expired.
async fn assert_everything_is_denied(guard: &Guard<'_>, principal: &Principal) {
    let app = App::new("a1").unwrap();
    let campaign = Campaign::new("a1", "c1").unwrap();
    assert_expired("check", guard.check(GetApp, &app));
    assert_expired("authorize", guard.authorize(GetApp, &app));
    let arn = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1";
    assert_expired("check_arn", guard.check_arn(GetApp, arn));
    assert_expired("authorize_arn", guard.authorize_arn(GetApp, arn));
    assert_expired("is_allowed", guard.is_allowed(GetApp, &app).await);
    assert_expired("filter", guard.filter(GetApp, vec![app.clone()]).await);
    assert_expired("allowed_actions", guard.allowed_actions(&campaign).await);
    let mapping = columns::Campaign {
        application_id: "app",
        campaign_id: "id",
        tags: KeyedColumns::nowhere(),
    };
    assert_expired("constraint", guard.constraint(GetCampaign, &mapping).await);
    let campaigns = [campaign];
    for campaigns in [&campaigns[..], &[]] {
        assert_expired("each", every_campaign(guard, campaigns).await);
    }
    let explanation = guard.explain(GetApp, &app);
    assert!(!explanation.allowed);
    assert!(explanation.decision.contains("expired"), "{explanation}");

    let authorizer = guard.authorizer();
    let context = Context::new();
    let arn = RequestedResource::Arn(Arn::parse(arn).unwrap());
    for resource in [arn, RequestedResource::All] {
        let action = RequestedAction::parse("mobiletargeting:GetApp").unwrap();
        let request = Request::new(principal, action, resource, &context);
        let Decision::Deny(by) = authorizer.decide(&request) else {
            panic!("{resource}");
        };
        assert_eq!(*by.reason(), DenyReason::PoliciesExpired);
        assert!(!by.is_explicit());
        assert!(matches!(
            authorizer.evaluate(&request),
            Evaluation::Decided(Decision::Deny(_))
        ));
        let explanation = authorizer.explain(&request);
        assert!(!explanation.allowed);
        assert!(explanation.decision.contains("expired"), "{explanation}");
    }
}

#[tokio::test]
async fn expired_policies_deny_on_every_path() {
    let clock = SimulatedClock::new();
    let authorizer = built(allowing("*"), &clock);
    let callers = [
        user("ana"),
        Principal::from_arn("arn:aws:iam::111122223333:root").unwrap(),
        user("eve").with_groups(["readers"]),
        user("unknown"),
    ];
    for principal in &callers {
        let context = Context::new();
        // This guard uses the policies from before they expire.
        let guard = authorizer.guard(principal, &context);
        let allowed = guard.check(GetApp, &App::new("a1").unwrap()).is_ok();
        assert_eq!(allowed, principal != &callers[3]);
        clock.advance(10 * MINUTE);
        assert_everything_is_denied(&guard, principal).await;
        assert_everything_is_denied(&authorizer.guard(principal, &context), principal).await;
        authorizer.reload().unwrap();
        // The old state remains expired: its source has not confirmed that it is current.
        assert_expired("old", guard.check(GetApp, &App::new("a1").unwrap()));
        assert!(reads(&authorizer));
    }
}

#[test]
fn the_age_grows_until_a_load_succeeds() {
    let clock = SimulatedClock::new();
    let authorizer = built(allowing("GetApp"), &clock);
    let second = Duration::from_secs(1);
    assert_eq!(state(&authorizer), ("1".into(), 0, FreshnessState::Fresh));
    clock.advance(5 * MINUTE - second);
    assert_eq!(state(&authorizer), ("1".into(), 299, FreshnessState::Fresh));
    clock.advance(second);
    assert_eq!(state(&authorizer), ("1".into(), 300, FreshnessState::Stale));
    clock.advance(5 * MINUTE - second);
    assert_eq!(state(&authorizer), ("1".into(), 599, FreshnessState::Stale));
    assert!(reads(&authorizer));
    clock.advance(second);
    // Without a look at the freshness in between: the alarm alone has expired the policies.
    assert!(!reads(&authorizer));
    assert_eq!(
        state(&authorizer),
        ("1".into(), 600, FreshnessState::Expired)
    );
    authorizer.reload().unwrap();
    assert_eq!(state(&authorizer), ("2".into(), 0, FreshnessState::Fresh));
    assert!(reads(&authorizer));
    // The limits apply again.
    clock.advance(10 * MINUTE);
    assert!(!reads(&authorizer));
}

#[test]
fn a_failed_load_does_not_confirm_the_policies() {
    let directory = TemporaryDirectory::with(&[("attachments.json", "{}")]);
    let clock = SimulatedClock::new();
    let authorizer = built(Directory::open(directory.path()).unwrap(), &clock);
    clock.advance(MINUTE);
    directory.write("attachments.json", "{");
    authorizer.reload().unwrap_err();
    assert_eq!(state(&authorizer).1, 60);
    clock.advance(9 * MINUTE);
    assert_eq!(state(&authorizer).2, FreshnessState::Expired);
}

/// A source that takes a minute for each load.
struct Slow(SimulatedClock, AtomicBool);

impl PolicySource for Slow {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        if self.1.load(Ordering::Relaxed) {
            self.0.advance(MINUTE);
        }
        Ok(allowing("GetApp"))
    }
}

#[test]
fn the_age_counts_from_the_start_of_a_load() {
    let clock = SimulatedClock::new();
    let authorizer = built(Slow(clock.clone(), AtomicBool::new(true)), &clock);
    assert_eq!(state(&authorizer).1, 60);
    clock.advance(MINUTE);
    authorizer.reload().unwrap();
    assert_eq!(state(&authorizer).1, 60);
}

#[test]
fn stale_policies_decide_and_are_reported() {
    let clock = SimulatedClock::new();
    let builder = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .source(allowing("GetApp"))
        .stale_after(MINUTE)
        .serve_stale_forever()
        .clock(clock.clone());
    let authorizer = builder.build().unwrap();
    clock.advance(MINUTE);
    assert_eq!(state(&authorizer).2, FreshnessState::Stale);
    clock.advance(1_000_000 * MINUTE);
    assert_eq!(state(&authorizer).2, FreshnessState::Stale);
    assert!(reads(&authorizer));
}

#[test]
fn policies_without_limits_do_not_age() {
    let authorizer = super::authorizer(allowing("GetApp"));
    assert_eq!(authorizer.freshness().state, FreshnessState::Fresh);
    assert_eq!(authorizer.freshness().revision.as_str(), "1");
}

#[test]
fn the_system_clock_expires_policies_without_a_request() {
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .source(allowing("GetApp"))
        .max_age(Duration::from_millis(1))
        .build()
        .unwrap();
    let start = Instant::now();
    while reads(&authorizer) {
        assert!(start.elapsed() < MINUTE, "nothing has expired");
        std::thread::yield_now();
    }
    assert!(authorizer.freshness().age >= Duration::from_millis(1));
}

#[test]
fn contradictory_settings_are_rejected() {
    let builder = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .source(PolicyStore::new())
        .max_age(MINUTE)
        .serve_stale_forever();
    let error = builder.build().unwrap_err();
    assert_eq!(error, BuildError::ContradictoryMaxAge);
}

#[test]
fn replaced_policies_are_used_and_loaded_again() {
    let clock = SimulatedClock::new();
    let authorizer = built(allowing("GetApp"), &clock);
    let ana = user("ana");
    let context = Context::new();
    let guard = authorizer.guard(&ana, &context);
    clock.advance(MINUTE);
    authorizer.replace(allowing("SendMessages")).unwrap();
    assert!(!reads(&authorizer));
    assert_eq!(state(&authorizer), ("2".into(), 0, FreshnessState::Fresh));
    // A request that has started keeps its policies, until these expire.
    let app = App::new("a1").unwrap();
    guard.check(GetApp, &app).unwrap();
    // The store of the builder would give a revoked permission back.
    authorizer.reload().unwrap();
    assert!(!reads(&authorizer));
    assert_eq!(state(&authorizer).0, "3");
    clock.advance(9 * MINUTE);
    assert_expired("old", guard.check(GetApp, &app));
    assert_eq!(state(&authorizer).2, FreshnessState::Stale);
}

#[test]
fn a_rejected_replacement_changes_nothing() {
    let clock = SimulatedClock::new();
    let authorizer = built(allowing("GetApp"), &clock);
    clock.advance(MINUTE);
    let mut store = allowing("*");
    let document = Document::parse(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}}"#,
    );
    let ana = "arn:aws:iam::111122223333:user/ana";
    let policy = Policy::new("limit", document.unwrap());
    store.identity(ana).unwrap().attach(policy);
    let error = authorizer.replace(store).unwrap_err();
    assert!(matches!(error, BuildError::KeysWithoutSource(_)), "{error}");
    assert_eq!(state(&authorizer), ("1".into(), 60, FreshnessState::Fresh));
    let sends = super::decide(
        &authorizer,
        &user("ana"),
        "SendMessages",
        "apps/a1/messages",
    );
    assert!(reads(&authorizer) && !sends.is_allowed());
    authorizer.reload().unwrap();
    assert!(reads(&authorizer));
}
