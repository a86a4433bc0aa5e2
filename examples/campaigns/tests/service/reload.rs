//! Policies that change while the service runs.

use std::fs;
use std::time::Instant;

use serde_json::Value;

use super::harness::{ADMINISTRATOR, ANALYST, Connection, PATIENCE, Scratch, Service, options};

const WELCOME: &str = "/v1/apps/demo/campaigns/welcome";

/// Asks again until the service has read the changed policies.
fn until(what: &str, is_true: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn changed_policies_are_used_and_invalid_ones_are_reported() {
    let scratch = Scratch::new("reload");
    let policies = scratch.policies();
    let mut options = options(&scratch);
    options.extend(["--policies".into(), policies.clone().into()]);
    let mut service = Service::start_with(&scratch, options);
    let admin = service.admin_address();
    let freshness = || -> Value {
        let mut connection = Connection::to(admin);
        connection.write("GET /freshness HTTP/1.1\r\nHost: test\r\n\r\n");
        let answer = connection.answer();
        assert_eq!(answer.status, 200);
        answer.json()
    };
    let first = freshness();
    assert_eq!(first["state"], "fresh");
    assert_eq!(first["fetches"]["changed"], 1);
    assert_eq!(service.get(ANALYST, WELCOME).status, 200);

    let attachments = policies.join("attachments.json");
    let text = fs::read_to_string(&attachments).unwrap();
    let detached = text.replace("read-only-access.json", "one-journey-analytics.json");
    assert_ne!(text, detached);
    // A file is replaced as a whole, so that the service never reads a part of it.
    let next = scratch.write("next.json", &detached);
    fs::rename(next, &attachments).unwrap();
    until("a removed policy", || {
        service.get(ANALYST, WELCOME).status == 403
    });
    // A fetch is counted after its policies are in use, so that the answer above may come before the count.
    until("a counted fetch", || freshness()["fetches"]["changed"] == 2);
    let second = freshness();
    assert_ne!(second["revision"], first["revision"]);

    // An invalid document: its user is denied, the others are not, and the policies are not confirmed.
    let broken = scratch.write("broken.json", "{");
    fs::rename(broken, policies.join("one-journey-analytics.json")).unwrap();
    until("a rejected set", || {
        freshness()["fetches"]["rejected"].as_u64() > Some(0)
    });
    service
        .get(ANALYST, WELCOME)
        .assert_error(503, "ServiceUnavailableException");
    assert_eq!(service.get(ADMINISTRATOR, WELCOME).status, 200);
    assert_eq!(freshness()["revision"], second["revision"]);
}
