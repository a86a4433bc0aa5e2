//! A service writes its decisions, and a replay decides them again.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{env, fs, thread};

use axum::Router;
use axum::body::Body;
use axum::extract::Path as PathParameters;
use axum::http::{Request, StatusCode};
use pinpoint_iam::decision_log::{DecisionLog, JsonLines, WhenFull};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, requires, routes};
use pinpoint_iam_replay::{Change, LogFile, Policies, Progress, Replay};
use tower::ServiceExt as _;

const HOUR: Duration = Duration::from_secs(3_600);
const THREADS: u64 = 4;
const REQUESTS: u64 = 400;

#[requires(GetCampaign)]
async fn get_campaign(
    PathParameters((application_id, campaign_id)): PathParameters<(String, String)>,
) {
    let _ = (application_id, campaign_id);
}

#[requires(DeleteCampaign)]
async fn delete_campaign(
    PathParameters((application_id, campaign_id)): PathParameters<(String, String)>,
) {
    let _ = (application_id, campaign_id);
}

/// Ana may do everything, but keeps the campaigns of `a1`, and may not see those of `a2` with an old browser.
fn store(keeps: bool) -> PolicyStore {
    const KEEP: &str = r#"{"Sid": "Keep", "Effect": "Deny", "Action": "mobiletargeting:Delete*",
        "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/*"},"#;
    const REST: &str = r#"{"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "mobiletargeting:Get*", "Condition": {"StringLike": {"aws:UserAgent": "old*"}},
        "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a2/*"}"#;
    let statements = format!("{}{REST}", if keeps { KEEP } else { "" });
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let mut store = PolicyStore::new();
    let ana = store
        .identity("arn:aws:iam::123456789012:user/ana")
        .unwrap();
    ana.attach(Policy::new("ana", Document::parse(&document).unwrap()));
    store
}

fn log_path() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory.join("decisions.log")
}

#[test]
fn a_replay_finds_exactly_what_a_removed_deny_has_denied() {
    let path = log_path();
    let log = DecisionLog::builder()
        .capacity(64)
        .when_full(WhenFull::Wait(HOUR))
        .start(JsonLines::open(&path).unwrap().rotation(100_000, 1_000))
        .unwrap();
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store(true))
        .decision_log(log.clone())
        .build()
        .unwrap();
    let router: Router = routes![get_campaign, delete_campaign]
        .with_state(authorizer)
        .unwrap();
    let (kept, hidden) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (router, kept, hidden) = (&router, &kept, &hidden);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .build()
                    .unwrap();
                for request in 0..REQUESTS {
                    let id = number * REQUESTS + request;
                    let app = id % 3;
                    let is_old = id % 5 < 2;
                    let method = if id % 7 < 3 { "DELETE" } else { "GET" };
                    let caller = if id.is_multiple_of(11) { "ben" } else { "ana" };
                    let arn = format!("arn:aws:iam::123456789012:user/{caller}");
                    let request = Request::builder()
                        .method(method)
                        .uri(format!("/v1/apps/a{app}/campaigns/c{id}"))
                        .header("user-agent", if is_old { "old browser" } else { "browser" })
                        .extension(Principal::from_arn(&arn).unwrap())
                        .body(Body::empty())
                        .unwrap();
                    let response = runtime.block_on(router.clone().oneshot(request)).unwrap();
                    let is_kept = caller == "ana" && method == "DELETE" && app == 1;
                    let is_hidden = caller == "ana" && method == "GET" && app == 2 && is_old;
                    let is_denied = is_kept || is_hidden || caller == "ben";
                    assert_eq!(response.status() == StatusCode::FORBIDDEN, is_denied);
                    kept.fetch_add(u64::from(is_kept), Ordering::Relaxed);
                    hidden.fetch_add(u64::from(is_hidden), Ordering::Relaxed);
                }
            });
        }
    });
    assert!(log.flush(HOUR));
    let (kept, hidden) = (kept.into_inner(), hidden.into_inner());
    assert!(kept > 100 && hidden > 100);

    let files = fs::read_dir(path.parent().unwrap()).unwrap();
    let files: Vec<LogFile> = files
        .map(|file| LogFile::at(file.unwrap().path()).unwrap())
        .collect();
    assert!(files.len() > 2, "{files:?}");
    let replay = |old, new| {
        let policies = |store| Policies::of_store(store).unwrap();
        Replay::new(policies(old), policies(new)).run(&files, 2, &Progress::default())
    };
    let total = THREADS * REQUESTS;

    // The same policies change nothing, and decide as the service has decided.
    let report = replay(store(true), store(true));
    assert_eq!(report.counts.records, total);
    assert_eq!(report.counts.unchanged, total);
    assert_eq!(report.decided_differently, 0);

    let report = replay(store(true), store(false));
    assert_eq!(report.counts.newly_allowed, kept);
    assert_eq!(report.counts.unchanged, total - kept);
    let keep = report.old_statements.iter();
    let keep: Vec<_> = keep
        .filter(|(statement, _)| statement.sid.as_deref() == Some("Keep"))
        .collect();
    assert!(
        matches!(keep.as_slice(), [(_, counts)] if counts.newly_allowed == kept && counts.records == kept)
    );
    let example = report.examples[&Change::NewlyAllowed].first().unwrap();
    assert_eq!(example.action, "mobiletargeting:DeleteCampaign");
    assert!(
        example.resource.contains("apps/a1/campaigns/c"),
        "{example:?}"
    );

    // The reverse, with the policies that have not decided the requests.
    let report = replay(store(false), store(true));
    assert_eq!(report.counts.newly_denied, kept);
    assert_eq!(report.decided_differently, kept);
    assert_eq!(report.counts.unchanged, total - kept);
}
