//! Metrics and spans of checks on both frameworks: what is counted, how often, and that no label depends on a request.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path as FilePath;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::test::{TestRequest, call_service, init_service};
use axum::body::Body;
use axum::extract::Path;
use axum::http::Request;
use axum::routing::{get, post};
use axum::{Json, Router};
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use pinpoint_iam::context::Context;
use pinpoint_iam::decision_log::{DecisionLog, DecisionSink, Record};
use pinpoint_iam::freshness::Revision;
use pinpoint_iam::guard::Tags;
use pinpoint_iam::mobiletargeting::{App, Campaign, GetApp, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::RequestedAction;
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::{
    Fetched, IdentityRecord, Invalidation, PolicyFiles, PolicyRecord, PolicySet, PolicySource,
    PolicyStore, PrincipalFuture, PrincipalRecords, PrincipalRequest, PrincipalSource, SourceError,
    from_fn,
};
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{
    Arn, Authorizer, Invalidator, Policy, Principal, PrincipalCache, Scope, requires,
};
use serde::Deserialize;
use tower::ServiceExt as _;

use crate::log::Spans;

const ANA: &str = "arn:aws:iam::111122223333:user/ana";

/// The labels of a metric, without `authorizer`, as `name=value,name=value`, with its value.
type Series = BTreeMap<(String, String), f64>;

/// Records the metrics of this thread.
struct Recorded {
    snapshotter: Snapshotter,
    _guard: metrics::LocalRecorderGuard<'static>,
}

impl Recorded {
    fn start() -> Self {
        // A recorder for a thread is borrowed for its time; a test leaks one.
        let recorder: &DebuggingRecorder = Box::leak(Box::default());
        Self {
            snapshotter: recorder.snapshotter(),
            _guard: metrics::set_default_local_recorder(recorder),
        }
    }

    /// The current series. The value of a histogram is the number of its samples.
    fn series(&self) -> Series {
        let mut series = Series::new();
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            let (kind, key) = key.into_parts();
            let labels: Vec<String> = key
                .labels()
                .filter(|label| label.key() != "authorizer")
                .map(|label| format!("{}={}", label.key(), label.value()))
                .collect();
            let value = match value {
                DebugValue::Counter(count) => count as f64,
                DebugValue::Gauge(value) => value.into_inner(),
                DebugValue::Histogram(samples) => {
                    assert!(samples.iter().all(|time| time.into_inner() > 0.0));
                    samples.len() as f64
                }
            };
            assert_eq!(
                kind == MetricKind::Gauge,
                !key.name().ends_with("_total") && !key.name().ends_with("_duration_seconds"),
                "{}",
                key.name()
            );
            series.insert((key.name().to_owned(), labels.join(",")), value);
        }
        series
    }

    fn decisions(&self) -> Vec<(String, f64)> {
        decisions_of(self.series())
    }
}

/// The decisions: `service action outcome reason` and their number.
fn decisions_of(series: Series) -> Vec<(String, f64)> {
    let of_label = |label: &str| label.split_once('=').unwrap().1.to_owned();
    series
        .into_iter()
        .filter(|((name, _), _)| name == "pinpoint_iam_decisions_total")
        .map(|((_, labels), count)| {
            let values: Vec<String> = labels.split(',').map(of_label).collect();
            (values.join(" "), count)
        })
        .collect()
}

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(GetApp)]
async fn get_app_on_actix(application_id: actix_web::web::Path<String>) -> String {
    application_id.into_inner()
}

#[requires(all(GetApp, GetCampaign))]
async fn both(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

#[derive(Deserialize)]
struct Wanted {
    campaign_id: String,
}

/// The first half of the check is made before the body is read.
#[requires(GetCampaign(campaign_id = wanted.campaign_id))]
async fn after_body(Path(application_id): Path<String>, Json(wanted): Json<Wanted>) -> String {
    application_id + &wanted.campaign_id
}

/// Allows to get applications except `secret`, and campaigns whose team is red.
const DOCUMENT: &str = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*"},
        {"Effect": "Deny", "Action": "mobiletargeting:GetApp",
            "Resource": "arn:aws:mobiletargeting:us-east-1:111122223333:apps/secret"},
        {"Effect": "Allow", "Action": "mobiletargeting:GetCampaign", "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}]}"#;

/// The policies of ana, of whom the document is `text`.
fn files(text: &str) -> PolicyFiles {
    let mut files = PolicyFiles::new();
    let attachments = format!(r#"{{"users": {{"{ANA}": {{"policies": ["own.json"]}}}}}}"#);
    files.insert("own.json", text).unwrap();
    files.insert("attachments.json", attachments).unwrap();
    files
}

fn store() -> PolicyStore {
    let document = Document::parse(DOCUMENT).unwrap();
    let mut store = PolicyStore::new();
    let ana = store.identity(ANA).unwrap();
    ana.attach(Policy::new("own", document));
    store
}

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "111122223333")
}

fn authorizer() -> Authorizer {
    Authorizer::builder()
        .scope(scope())
        .source(store())
        .metrics("main")
        .resource_tags(|_: String| async { Ok([("team", "red")].into_iter().collect::<Tags>()) })
        .build()
        .unwrap()
}

fn ana() -> Principal {
    Principal::from_arn(ANA).unwrap()
}

async fn on_axum(authorizer: &Authorizer, path: &str, body: Option<&str>) -> u16 {
    let router: Router = Router::new()
        .route("/apps/{application_id}", get(get_app))
        .route("/apps/{application_id}/campaigns/{campaign_id}", get(both))
        .route("/apps/{application_id}/campaigns", post(after_body))
        .with_state(authorizer.clone());
    let request = match body {
        None => Request::get(path),
        Some(_) => Request::post(path).header("content-type", "application/json"),
    };
    let mut request = request
        .body(Body::from(body.unwrap_or_default().to_owned()))
        .unwrap();
    request.extensions_mut().insert(ana());
    router.oneshot(request).await.unwrap().status().as_u16()
}

async fn on_actix(authorizer: &Authorizer, path: &str) -> u16 {
    use actix_web::HttpMessage as _;
    let app = actix_web::App::new().app_data(authorizer.clone()).route(
        "/apps/{application_id}",
        actix_web::web::get().to(get_app_on_actix),
    );
    let service = init_service(app).await;
    let request = TestRequest::get().uri(path).to_request();
    request.extensions_mut().insert(ana());
    call_service(&service, request).await.status().as_u16()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn expected(decisions: &[(&str, u32)]) -> Vec<(String, f64)> {
    let decisions = decisions.iter();
    decisions
        .map(|(decision, count)| (format!("mobiletargeting {decision}"), f64::from(*count)))
        .collect()
}

#[test]
fn decisions_of_both_frameworks_are_counted_by_action_outcome_and_reason() {
    let counted = expected(&[
        ("GetApp allow statement", 2),
        ("GetApp deny explicit_deny", 1),
    ]);
    let recorded = Recorded::start();
    let authorizer = authorizer();
    runtime().block_on(async {
        for (app, status) in [("a1", 200), ("a2", 200), ("secret", 403)] {
            assert_eq!(
                on_axum(&authorizer, &format!("/apps/{app}"), None).await,
                status
            );
        }
    });
    assert_eq!(recorded.decisions(), counted);
    drop(recorded);

    let recorded = Recorded::start();
    actix_web::rt::System::new().block_on(async {
        for (app, status) in [("a1", 200), ("a2", 200), ("secret", 403)] {
            assert_eq!(on_actix(&authorizer, &format!("/apps/{app}")).await, status);
        }
    });
    // Reading the series resets them.
    let series = recorded.series();
    assert_eq!(decisions_of(series.clone()), counted);
    let of = |outcome: &str| {
        let name = "pinpoint_iam_decision_duration_seconds".to_owned();
        series.get(&(name, format!("outcome={outcome}"))).copied()
    };
    assert_eq!((of("allow"), of("deny")), (Some(2.0), Some(1.0)));
}

/// A check is repeated with fetched tags, and after the body is read.
#[test]
fn a_repeated_check_is_counted_once() {
    let authorizer = authorizer();
    let cases = [
        (
            "fetched tags: the first check needs them",
            "/apps/a1/campaigns/c1",
            None,
            &[
                ("GetApp allow statement", 1),
                ("GetCampaign allow statement", 1),
            ][..],
        ),
        (
            "a body: the first half is not a decision",
            "/apps/a1/campaigns",
            Some(r#"{"campaign_id": "c1"}"#),
            &[("GetCampaign allow statement", 1)][..],
        ),
    ];
    for (why, path, body, counted) in cases {
        let recorded = Recorded::start();
        let status = runtime().block_on(on_axum(&authorizer, path, body));
        assert_eq!(status, 200, "{why}");
        assert_eq!(recorded.decisions(), expected(counted), "{why}");
    }
}

#[test]
fn a_denial_before_the_body_is_counted() {
    let store = PolicyStore::new();
    let authorizer = Authorizer::builder()
        .scope(scope())
        .source(store)
        .metrics("main")
        .build()
        .unwrap();
    let recorded = Recorded::start();
    let body = Some(r#"{"campaign_id": "c1"}"#);
    let status = runtime().block_on(on_axum(&authorizer, "/apps/a1/campaigns", body));
    assert_eq!(status, 403);
    let counted = expected(&[("GetCampaign deny implicit_deny", 1)]);
    assert_eq!(recorded.decisions(), counted);
}

#[test]
fn lists_and_undecided_checks_are_counted() {
    let recorded = Recorded::start();
    let authorizer = authorizer();
    let (caller, context) = (ana(), Context::new());
    let guard = authorizer.guard(&caller, &context);
    let app = |id: &str| App::new(id).unwrap();
    let allowed = runtime().block_on(guard.filter(GetApp, vec![app("a1"), app("secret")]));
    assert_eq!(allowed.unwrap(), [app("a1")]);
    runtime()
        .block_on(guard.allowed_actions(&app("a1")))
        .unwrap();
    // Without waiting, the tags are not known.
    let campaign = Campaign::new("a1", "c1").unwrap();
    assert!(guard.check(GetCampaign, &campaign).is_err());
    let counted = expected(&[
        ("* list ", 1),
        ("GetApp list ", 1),
        ("GetCampaign undecided indeterminate", 1),
    ]);
    assert_eq!(recorded.decisions(), counted);
}

#[test]
fn without_a_name_nothing_is_recorded() {
    let recorded = Recorded::start();
    let authorizer = Authorizer::builder().scope(scope()).source(store()).build();
    let authorizer = authorizer.unwrap();
    assert_eq!(
        runtime().block_on(on_axum(&authorizer, "/apps/a1", None)),
        200
    );
    authorizer.report_metrics();
    assert_eq!(recorded.series(), Series::new());
}

/// Ids, callers, actions, tags and revisions that differ in every request do not create series.
#[test]
fn hostile_requests_create_no_series() {
    let series = |number: u32| {
        let recorded = Recorded::start();
        let authorizer = authorizer();
        for index in 0..number {
            let id = format!("{index:x}");
            let status = runtime().block_on(on_axum(&authorizer, &format!("/apps/{id}"), None));
            assert_eq!(status, 200);
            let caller = Principal::from_arn(&format!("arn:aws:iam::111122223333:user/{id}"));
            let (caller, context) = (caller.unwrap(), Context::new());
            let guard = authorizer.guard(&caller, &context);
            assert!(
                guard
                    .check(GetApp, &App::new(id.as_str()).unwrap())
                    .is_err()
            );
            let action = format!("mobiletargeting:Get{id}");
            let arn = format!("arn:aws:mobiletargeting:us-east-1:111122223333:apps/{id}");
            let action = RequestedAction::parse(&action).unwrap();
            let resource = RequestedResource::Arn(Arn::parse(&arn).unwrap());
            let request = pinpoint_iam::Request::new(&caller, action, resource, &context);
            assert!(!authorizer.decide(&request).is_allowed());
            authorizer.replace(store()).unwrap();
            authorizer.report_metrics();
        }
        recorded.series()
    };
    let (few, many) = (series(1), series(40));
    assert_eq!(
        few.keys().collect::<Vec<_>>(),
        many.keys().collect::<Vec<_>>()
    );
    let other = (
        "pinpoint_iam_decisions_total".to_owned(),
        "service=other,action=other,outcome=deny,reason=implicit_deny".to_owned(),
    );
    assert_eq!(many.get(&other), Some(&40.0));
}

struct NoPrincipals;

impl PrincipalSource for NoPrincipals {
    fn name(&self) -> String {
        "principals".to_owned()
    }

    fn policies_of<'a>(&'a self, request: PrincipalRequest<'a>) -> PrincipalFuture<'a> {
        let fails = request.identities.iter().any(|arn| arn.ends_with("/fails"));
        Box::pin(async move {
            match fails {
                true => Err(SourceError::of_file("principals".as_ref(), "no connection")),
                false => Ok(PrincipalRecords::new(Revision::new("1"))),
            }
        })
    }
}

/// Principals that have a policy of their own and a shared one.
struct Shared {
    /// Reports a change while the user `moves` is read, once.
    invalidator: Arc<Mutex<Option<Invalidator>>>,
}

impl PrincipalSource for Shared {
    fn name(&self) -> String {
        "shared".to_owned()
    }

    fn policies_of<'a>(&'a self, request: PrincipalRequest<'a>) -> PrincipalFuture<'a> {
        let is = |name: &str| request.identities.iter().any(|arn| arn.ends_with(name));
        let policy =
            |name: &str, document: &str| PolicyRecord::managed(name, "v1").with_document(document);
        let mut records = PrincipalRecords::new(Revision::new("1"));
        for arn in request.identities {
            // White space counts as memory, and not for AWS's limit of a policy.
            let spaces = if is("/large") { 8_000 } else { 0 };
            let own = format!("{DOCUMENT}{}", " ".repeat(spaces));
            let mut record = IdentityRecord::new(arn);
            record.policies = vec![policy(arn, &own), policy("shared", DOCUMENT)];
            records.identities.push(record);
        }
        let result = match is("/fails") {
            true => Err(SourceError::of_file("shared".as_ref(), "no connection")),
            false => Ok(records),
        };
        if is("/moves")
            && let Some(invalidator) = self.invalidator.lock().unwrap().take()
        {
            assert!(invalidator.invalidate(&Invalidation::Everything));
        }
        Box::pin(async { result })
    }
}

#[test]
fn each_figure_of_the_cache_has_its_own_metric() {
    let recorded = Recorded::start();
    let invalidator = Arc::new(Mutex::new(None));
    let source = Shared {
        invalidator: Arc::clone(&invalidator),
    };
    let authorizer = Authorizer::builder()
        .scope(scope())
        .principal_source(source, PrincipalCache::new().max_bytes(256 << 10))
        .metrics("cache")
        .build()
        .unwrap();
    *invalidator.lock().unwrap() = Some(authorizer.invalidator());
    let load = |name: &str| {
        let arn = format!("arn:aws:iam::111122223333:user/{name}");
        let principal = Principal::from_arn(&arn).unwrap();
        runtime().block_on(authorizer.load(&principal))
    };
    assert!(load("large") && load("large") && load("moves"));
    assert!(!load("fails") && !load("fails") && !load("fails"));
    assert!(load("a") && load("b") && load("c") && load("d"));
    for _ in 0..9 {
        assert!(load("moves"));
    }
    for _ in 0..7 {
        authorizer.invalidate(&Invalidation::Group("none".to_owned()));
    }
    authorizer.report_metrics();
    let series = recorded.series();
    let counts = authorizer.principal_cache_counts();
    assert!(counts.entry_bytes > 1_000 && counts.managed_bytes > 1_000);
    assert_ne!(counts.entry_bytes, counts.managed_bytes);
    // All are different, so that a metric with another figure is noticed.
    for (name, labels, expected) in [
        ("look_ups_total", "result=hit", 9),
        ("look_ups_total", "result=miss", 10),
        ("loads_total", "", 11),
        ("load_failures_total", "", 3),
        ("loads_superseded_total", "", 1),
        ("invalidations_total", "", 8),
        ("cache_overflows_total", "", 2),
        ("cache_entries", "kind=principals", 5),
        ("cache_entries", "kind=managed_policies", 6),
        ("cache_bytes", "kind=principals", counts.entry_bytes),
        ("cache_bytes", "kind=managed_policies", counts.managed_bytes),
    ] {
        let key = (format!("pinpoint_iam_principal_{name}"), labels.to_owned());
        assert_eq!(
            series.get(&key),
            Some(&(expected as f64)),
            "{name} {labels}"
        );
    }
}

/// Loads by polls, `refresh`, `reload` and `replace`, the age of the policies, caches, and the decision log.
#[test]
fn reports_are_exact() {
    let recorded = Recorded::start();
    let clock = SimulatedClock::new();
    let set = PolicySet::from_files(Revision::new("r1"), files(DOCUMENT));
    let reply = Arc::new(Mutex::new(Ok(Fetched::Changed(set))));
    let replies = Arc::clone(&reply);
    let source = from_fn("store", move |_| {
        let reply: Result<Fetched, SourceError> = replies.lock().unwrap().clone();
        async { reply }
    });
    let log = DecisionLog::builder()
        .sample_allows(2)
        .start(|_: &Record<'_>| {})
        .unwrap();
    let built = Authorizer::builder()
        .scope(scope())
        .async_source(source)
        .max_age(Duration::from_secs(600))
        .clock(clock.clone())
        .metrics("polled")
        .decision_log(log.clone())
        .build_async();
    let (polled, mut refresher) = runtime().block_on(built).unwrap();
    for _ in 0..4 {
        assert_eq!(runtime().block_on(on_axum(&polled, "/apps/a1", None)), 200);
    }
    let becomes = |next| *reply.lock().unwrap() = next;
    becomes(Ok(Fetched::Unchanged));
    runtime().block_on(polled.refresh()).unwrap();
    becomes(Err(SourceError::of_file("store".as_ref(), "down")));
    runtime().block_on(polled.refresh()).unwrap_err();
    let broken = PolicySet::from_files(Revision::new("r2"), files("{"));
    becomes(Ok(Fetched::Changed(broken)));
    clock.advance(Duration::from_secs(400));
    // The poll reports by itself.
    runtime().block_on(refresher.next()).unwrap().unwrap_err();
    let polled_series = recorded.series();
    let value = |series: &Series, name: &str, labels: &str| {
        let key = (format!("pinpoint_iam_{name}"), labels.to_owned());
        series.get(&key).copied()
    };
    for (name, labels, expected) in [
        ("loads_total", "outcome=changed", 1.0),
        ("loads_total", "outcome=unchanged", 1.0),
        ("loads_total", "outcome=unavailable", 1.0),
        ("loads_total", "outcome=rejected", 1.0),
        ("loads_total", "outcome=superseded", 0.0),
        ("policies_age_seconds", "", 400.0),
        ("policies_state", "state=fresh", 0.0),
        ("policies_state", "state=stale", 1.0),
        ("policies_state", "state=expired", 0.0),
    ] {
        assert_eq!(
            value(&polled_series, name, labels),
            Some(expected),
            "{name} {labels}"
        );
    }
    clock.advance(Duration::from_secs(200));
    for _ in 0..4 {
        assert_eq!(runtime().block_on(on_axum(&polled, "/apps/a1", None)), 503);
    }
    assert!(log.flush(Duration::from_secs(60)));
    polled.report_metrics();
    let expired = recorded.series();
    assert_eq!(
        value(&expired, "policies_state", "state=expired"),
        Some(1.0)
    );
    // Denials are not sampled.
    for (outcome, expected) in [("written", 6.0), ("sampled_out", 2.0), ("lost", 0.0)] {
        let labels = format!("outcome={outcome}");
        let counted = value(&expired, "decision_log_records_total", &labels);
        assert_eq!(counted, Some(expected), "{outcome}");
    }

    let on_demand = Authorizer::builder()
        .scope(scope())
        .principal_source(NoPrincipals, PrincipalCache::new())
        .metrics("on demand")
        .build()
        .unwrap();
    let fails = Principal::from_arn("arn:aws:iam::111122223333:user/fails").unwrap();
    runtime().block_on(async {
        assert!(on_demand.load(&ana()).await);
        assert!(on_demand.load(&ana()).await);
        assert!(!on_demand.load(&fails).await);
    });
    on_demand.report_metrics();
    let series = recorded.series();
    for (name, labels, expected) in [
        ("principal_look_ups_total", "result=hit", 1.0),
        ("principal_look_ups_total", "result=miss", 2.0),
        ("principal_loads_total", "", 2.0),
        ("principal_load_failures_total", "", 1.0),
        ("principal_cache_entries", "kind=principals", 1.0),
    ] {
        assert_eq!(
            value(&series, name, labels),
            Some(expected),
            "{name} {labels}"
        );
    }

    let reloaded = authorizer();
    reloaded.reload().unwrap();
    reloaded.replace(store()).unwrap();
    assert!(polled.reload().is_err(), "it is polled");
    reloaded.report_metrics();

    // All metrics were emitted, and the guide has exactly these.
    let all = [polled_series, expired, series, recorded.series()];
    let emitted: BTreeSet<String> = all
        .iter()
        .flat_map(Series::keys)
        .map(|(name, _)| name.clone())
        .collect();
    let guide = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/src/running.md");
    let guide = fs::read_to_string(guide).unwrap();
    let rows = guide
        .lines()
        .filter_map(|line| line.strip_prefix("| `pinpoint_iam_"));
    let documented: BTreeSet<String> = rows
        .map(|row| format!("pinpoint_iam_{}", row.split_once('`').unwrap().0))
        .collect();
    assert_eq!(emitted, documented);
}

/// Policies that can be read until the flag is set.
struct Breakable(Arc<AtomicBool>);

impl PolicySource for Breakable {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(SourceError::of_file("store".as_ref(), "broken")),
            false => Ok(store()),
        }
    }
}

/// A sink that waits, and then fails.
struct Failing(Receiver<()>);

impl DecisionSink for Failing {
    fn write(&mut self, _: &Record<'_>) -> io::Result<()> {
        let _ = self.0.recv();
        Err(io::Error::other("no space"))
    }
}

#[test]
fn what_fails_is_reported() {
    let recorded = Recorded::start();
    let is_broken = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = channel();
    let log = DecisionLog::builder()
        .capacity(1)
        .start(Failing(receiver))
        .unwrap();
    let authorizer = Authorizer::builder()
        .scope(scope())
        .source(Breakable(Arc::clone(&is_broken)))
        .metrics("main")
        .decision_log(log.clone())
        .build()
        .unwrap();
    authorizer.reload().unwrap();
    is_broken.store(true, Ordering::Relaxed);
    authorizer.reload().unwrap_err();
    authorizer.replace(store()).unwrap();
    let (caller, context) = (ana(), Context::new());
    let guard = authorizer.guard(&caller, &context);
    for _ in 0..3 {
        assert!(guard.check(GetApp, &App::new("a1").unwrap()).is_ok());
    }
    drop(sender);
    assert!(log.flush(Duration::from_secs(60)));
    authorizer.report_metrics();
    let series = recorded.series();
    for (name, outcome, expected) in [
        ("loads_total", "changed", 2.0),
        ("loads_total", "rejected", 1.0),
        ("decision_log_records_total", "written", 0.0),
        ("decision_log_records_total", "failed", 1.0),
        ("decision_log_records_total", "lost", 2.0),
        ("decision_log_records_total", "sampled_out", 0.0),
    ] {
        let key = (format!("pinpoint_iam_{name}"), format!("outcome={outcome}"));
        assert_eq!(series.get(&key), Some(&expected), "{name} {outcome}");
    }
}

#[test]
fn a_check_is_a_span_with_its_result() {
    let spans = Spans::start();
    let authorizer = authorizer();
    tracing::subscriber::with_default(spans.clone(), || {
        let status = runtime().block_on(on_axum(&authorizer, "/apps/a1", None));
        assert_eq!(status, 200);
        let status = runtime().block_on(on_axum(&authorizer, "/apps/secret", None));
        assert_eq!(status, 403);
    });
    let expected = [
        "check service=\"mobiletargeting\" action=\"GetApp\" outcome=\"allow\" reason=\"statement\"",
        "check service=\"mobiletargeting\" action=\"GetApp\" outcome=\"deny\" reason=\"explicit_deny\"",
    ];
    assert_eq!(spans.recorded(), expected);
}
