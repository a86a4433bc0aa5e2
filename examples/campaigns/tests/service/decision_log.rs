//! The log of all decisions.

use std::fs;
use std::time::Instant;

use serde_json::Value;

use super::harness::{
    ADMINISTRATOR, ANALYST, PATIENCE, Scratch, Service, options, program, refused_to_start,
};

const WELCOME: &str = "/v1/apps/demo/campaigns/welcome";

#[test]
fn decisions_are_logged_with_the_statement_that_made_them() {
    let scratch = Scratch::new("decision-log");
    let log = scratch.path().join("decisions.log");
    let mut options = options(&scratch);
    options.extend(["--decision-log".into(), log.clone().into()]);
    let service = Service::start_with(&scratch, options);
    assert_eq!(service.get(ADMINISTRATOR, WELCOME).status, 200);
    let deleted = service.call(Some(ANALYST), "DELETE", WELCOME, None);
    assert_eq!(deleted.status, 403);
    // The start message decides the same two requests of each caller.
    let is_of_analyst =
        |line: &&str| line.contains("DeleteCampaign") && line.contains("user/analyst");
    let is_complete = |text: &str| text.lines().filter(is_of_analyst).count() == 2;
    let start = Instant::now();
    let text = loop {
        // The file is created at the start, and a part of a line may be written.
        let text = fs::read_to_string(&log).unwrap();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        if is_complete(whole) {
            break whole.to_owned();
        }
        assert!(start.elapsed() < PATIENCE, "{text}");
        std::thread::yield_now();
    };
    let records: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let find = |caller: &str, action: &str| {
        let arn = format!("arn:aws:iam::123456789012:user/{caller}");
        let is_it = |record: &&Value| {
            record["principal"]["arn"] == arn
                && record["action"] == format!("mobiletargeting:{action}")
        };
        records
            .iter()
            .rfind(is_it)
            .unwrap_or_else(|| panic!("{text}"))
    };
    let read = find("administrator", "GetCampaign");
    assert_eq!(read["outcome"], "allow");
    assert_eq!(read["statement"]["policy"], "administrator.json");
    let denied = find("analyst", "DeleteCampaign");
    assert_eq!(denied["outcome"], "deny");
    assert_eq!(denied["reason"], "implicit_deny");
    assert_eq!(
        denied["resource"],
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/demo/campaigns/welcome"
    );
}

#[test]
fn a_log_that_cannot_be_opened_is_reported() {
    let scratch = Scratch::new("decision-log-missing");
    let mut options = options(&scratch);
    let log = scratch.path().join("missing/decisions.log");
    options.extend(["--decision-log".into(), log.into()]);
    let (code, stderr) = refused_to_start(program(options));
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("cannot log decisions in"), "{stderr}");
}
