//! The metrics of the process.

use super::harness::{ADMINISTRATOR, ANALYST, Scratch, Service};

const WELCOME: &str = "/v1/apps/demo/campaigns/welcome";

#[test]
fn an_administrator_reads_the_metrics() {
    let scratch = Scratch::new("metrics");
    let service = Service::start(&scratch);
    for _ in 0..3 {
        assert_eq!(service.get(ANALYST, WELCOME).status, 200);
    }
    service
        .call(
            Some(ANALYST),
            "DELETE",
            "/v1/apps/demo/segments/everyone",
            None,
        )
        .assert_error(403, "AccessDeniedException");
    let metrics = service.get(ADMINISTRATOR, "/metrics");
    assert_eq!(metrics.status, 200);
    let kind = metrics.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("text/plain"), "{kind}");
    let text = metrics.body();
    for (name, labels, value) in [
        (
            "pinpoint_iam_decisions_total",
            &[
                "action=\"DeleteSegment\"",
                "outcome=\"deny\"",
                "reason=\"implicit_deny\"",
            ][..],
            "1",
        ),
        (
            "pinpoint_iam_decision_duration_seconds_count",
            &["outcome=\"deny\""],
            "",
        ),
        ("pinpoint_iam_loads_total", &["outcome=\"changed\""], "1"),
        ("pinpoint_iam_loads_total", &["outcome=\"rejected\""], "0"),
        ("pinpoint_iam_policies_state", &["state=\"fresh\""], "1"),
        (
            "pinpoint_iam_policies_age_seconds",
            &["authorizer=\"campaigns\""],
            "",
        ),
    ] {
        let found = text.lines().any(|line| {
            line.starts_with(name)
                && labels.iter().all(|label| line.contains(label))
                && line.ends_with(&format!(" {value}")) | value.is_empty()
        });
        assert!(found, "{name} {labels:?} {value} in\n{text}");
    }
    // Neither callers nor ids.
    for hidden in ["analyst", "demo", "welcome", "everyone", "arn:"] {
        assert!(!text.contains(hidden), "{hidden} in\n{text}");
    }
}

#[test]
fn other_callers_do_not_read_the_metrics() {
    let scratch = Scratch::new("metrics-denied");
    let service = Service::start(&scratch);
    service
        .get(ANALYST, "/metrics")
        .assert_error(403, "AccessDeniedException");
    let nobody = service.call(None, "GET", "/metrics", None);
    nobody.assert_error(401, "MissingAuthenticationTokenException");
}
