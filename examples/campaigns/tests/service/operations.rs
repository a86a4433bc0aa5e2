//! Results of the operations, in Pinpoint's formats.

use serde_json::{Value, json};

use super::harness::{ADMINISTRATOR, Answer, Scratch, Service};

/// Sends a body as the administrator, and returns the response of a request that must succeed.
fn send(service: &Service, method: &str, path: &str, status: u16, body: Option<&Value>) -> Value {
    let body = body.map(ToString::to_string);
    let answer = service.call(Some(ADMINISTRATOR), method, path, body.as_deref());
    assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
    answer.json()
}

fn missing(service: &Service, path: &str) {
    service
        .get(ADMINISTRATOR, path)
        .assert_error(404, "NotFoundException");
}

fn id_of(record: &Value) -> String {
    let id = record["Id"].as_str().unwrap();
    assert_eq!(id.len(), 32, "{id}");
    assert!(
        id.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
        "{id}"
    );
    id.to_owned()
}

#[test]
fn deleting_an_application_deletes_its_contents() {
    let scratch = Scratch::new("application");
    let service = Service::start(&scratch);
    let body = json!({ "Name": "Shop", "tags": { "team": "growth" } });
    let created = send(&service, "POST", "/v1/apps", 201, Some(&body));
    let id = id_of(&created);
    assert_eq!(
        created["Arn"],
        format!("arn:aws:mobiletargeting:us-east-1:123456789012:apps/{id}")
    );
    assert_eq!(
        (&created["Name"], &created["tags"]),
        (&json!("Shop"), &json!({ "team": "growth" }))
    );

    let path = format!("/v1/apps/{id}");
    assert_eq!(send(&service, "GET", &path, 200, None), created);
    let listed = send(&service, "GET", "/v1/apps", 200, None);
    assert!(
        listed["Item"].as_array().unwrap().contains(&created),
        "{listed}"
    );

    let segment = send(
        &service,
        "POST",
        &format!("{path}/segments"),
        201,
        Some(&json!({ "Name": "All" })),
    );
    let segment_path = format!("{path}/segments/{}", id_of(&segment));
    assert_eq!(send(&service, "GET", &segment_path, 200, None), segment);

    assert_eq!(send(&service, "DELETE", &path, 200, None), created);
    for path in [
        &path,
        &segment_path,
        &format!("{path}/segments"),
        &format!("{path}/settings"),
    ] {
        missing(&service, path);
    }
}

#[test]
fn an_update_keeps_the_settings_that_it_omits() {
    let scratch = Scratch::new("settings");
    let service = Service::start(&scratch);
    let path = "/v1/apps/demo/settings";
    assert_eq!(
        send(&service, "GET", path, 200, None),
        json!({ "ApplicationId": "demo" })
    );
    send(
        &service,
        "PUT",
        path,
        200,
        Some(&json!({ "Limits": { "Daily": 3 } })),
    );
    send(
        &service,
        "PUT",
        path,
        200,
        Some(&json!({ "QuietTime": { "Start": "22:00", "End": "07:00" } })),
    );
    let settings = send(&service, "GET", path, 200, None);
    assert_eq!(settings["Limits"], json!({ "Daily": 3 }));
    assert_eq!(settings["QuietTime"]["End"], "07:00");
    assert!(settings["LastModifiedDate"].is_string());
}

#[test]
fn a_campaign_is_created_changed_and_deleted() {
    let scratch = Scratch::new("campaign");
    let service = Service::start(&scratch);
    let body = json!({
        "Name": "Autumn",
        "SegmentId": "everyone",
        "Schedule": { "StartTime": "IMMEDIATE" },
        "MessageConfiguration": { "DefaultMessage": { "Body": "Hello" } },
        "tags": { "season": "autumn" },
    });
    let created = send(
        &service,
        "POST",
        "/v1/apps/demo/campaigns",
        201,
        Some(&body),
    );
    let id = id_of(&created);
    assert_eq!(
        created["Arn"],
        format!("arn:aws:mobiletargeting:us-east-1:123456789012:apps/demo/campaigns/{id}")
    );
    for (member, value) in body.as_object().unwrap() {
        assert_eq!(&created[member], value, "{member}");
    }
    assert_eq!(created["State"], json!({ "CampaignStatus": "SCHEDULED" }));
    assert_eq!(
        (&created["Version"], &created["SegmentVersion"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(created["CreationDate"], created["LastModifiedDate"]);

    let path = format!("/v1/apps/demo/campaigns/{id}");
    assert_eq!(send(&service, "GET", &path, 200, None), created);

    let change =
        json!({ "IsPaused": true, "Description": "Leaves fall", "tags": { "season": "winter" } });
    let updated = send(&service, "PUT", &path, 200, Some(&change));
    assert_eq!(updated["State"], json!({ "CampaignStatus": "PAUSED" }));
    assert_eq!(
        (&updated["Description"], &updated["Version"]),
        (&json!("Leaves fall"), &json!(2))
    );
    for kept in [
        "Name",
        "Schedule",
        "MessageConfiguration",
        "CreationDate",
        "Arn",
        "tags",
    ] {
        assert_eq!(updated[kept], created[kept], "{kept}");
    }
    assert_eq!(send(&service, "GET", &path, 200, None), updated);

    let deleted = send(&service, "DELETE", &path, 200, None);
    assert_eq!(deleted["State"], json!({ "CampaignStatus": "DELETED" }));
    missing(&service, &path);
    for method in ["DELETE", "PUT"] {
        let answer = service.call(Some(ADMINISTRATOR), method, &path, Some("{}"));
        answer.assert_error(404, "NotFoundException");
    }
}

#[test]
fn deleting_a_segment_marks_its_campaigns_as_deleted() {
    let scratch = Scratch::new("segment");
    let service = Service::start(&scratch);
    let dimensions = json!({ "Demographic": { "Platform": { "Values": ["ios"], "DimensionType": "INCLUSIVE" } } });
    let body = json!({ "Name": "iOS", "Dimensions": dimensions });
    let created = send(&service, "POST", "/v1/apps/demo/segments", 201, Some(&body));
    let id = id_of(&created);
    assert_eq!(
        (&created["SegmentType"], &created["Dimensions"]),
        (&json!("DIMENSIONAL"), &dimensions)
    );

    let path = format!("/v1/apps/demo/segments/{id}");
    let updated = send(
        &service,
        "PUT",
        &path,
        200,
        Some(&json!({ "Name": "Apple" })),
    );
    assert_eq!(
        (&updated["Name"], &updated["Version"]),
        (&json!("Apple"), &json!(2))
    );
    assert_eq!(updated["Dimensions"], dimensions);

    let body = json!({ "Name": "For iOS", "SegmentId": id, "SegmentVersion": 1 });
    let campaign = send(
        &service,
        "POST",
        "/v1/apps/demo/campaigns",
        201,
        Some(&body),
    );
    assert_eq!(campaign["SegmentVersion"], 1);
    let campaign = format!("/v1/apps/demo/campaigns/{}", id_of(&campaign));

    assert_eq!(send(&service, "DELETE", &path, 200, None), updated);
    missing(&service, &path);
    assert_eq!(
        send(&service, "GET", &campaign, 200, None)["State"]["CampaignStatus"],
        "DELETED"
    );
    let untouched = send(
        &service,
        "GET",
        "/v1/apps/demo/campaigns/welcome",
        200,
        None,
    );
    assert_eq!(untouched["State"]["CampaignStatus"], "SCHEDULED");
}

#[test]
fn lists_are_paginated() {
    let scratch = Scratch::new("pages");
    let service = Service::start(&scratch);
    for number in 0..3 {
        send(
            &service,
            "POST",
            "/v1/apps/demo/segments",
            201,
            Some(&json!({ "Name": format!("S{number}") })),
        );
    }
    let whole = send(&service, "GET", "/v1/apps/demo/segments", 200, None);
    assert_eq!(
        (whole["Item"].as_array().unwrap().len(), &whole["NextToken"]),
        (4, &Value::Null)
    );
    let (mut collected, mut path, mut pages) = (
        Vec::new(),
        "/v1/apps/demo/segments?page-size=3".to_owned(),
        0,
    );
    loop {
        let page = send(&service, "GET", &path, 200, None);
        collected.extend(page["Item"].as_array().unwrap().clone());
        pages += 1;
        match page["NextToken"].as_str() {
            Some(token) => path = format!("/v1/apps/demo/segments?page-size=3&token={token}"),
            None => break,
        }
    }
    assert_eq!((Value::from(collected), pages), (whole["Item"].clone(), 2));
    let other = send(
        &service,
        "POST",
        "/v1/apps",
        201,
        Some(&json!({ "Name": "Other" })),
    );
    let path = format!("/v1/apps/{}/segments", id_of(&other));
    assert_eq!(
        send(&service, "GET", &path, 200, None),
        json!({ "Item": [] }),
        "no segment of another application"
    );
}

#[test]
fn metrics_and_reports_have_pinpoints_formats() {
    let scratch = Scratch::new("metrics");
    let service = Service::start(&scratch);
    let range = "?start-time=2026-07-01T00:00:00Z&end-time=2026-07-02T00:00:00Z";
    let get = |path: &str| send(&service, "GET", path, 200, None);
    let zero = json!({ "Rows": [{
        "GroupedBys": [],
        "Values": [{ "Key": "UniqueDeliveries", "Type": "Double", "Value": "0.0" }],
    }] });
    for (owner, member, id) in [
        ("/v1/apps/demo", "ApplicationId", "demo"),
        ("/v1/apps/demo/campaigns/welcome", "CampaignId", "welcome"),
        (
            "/v1/apps/demo/journeys/onboarding",
            "JourneyId",
            "onboarding",
        ),
    ] {
        let answer = get(&format!("{owner}/kpis/daterange/unique-deliveries{range}"));
        let mut expected = json!({
            "ApplicationId": "demo",
            "KpiName": "unique-deliveries",
            "KpiResult": zero,
            "StartTime": "2026-07-01T00:00:00Z",
            "EndTime": "2026-07-02T00:00:00Z",
        });
        expected[member] = json!(id);
        assert_eq!(answer, expected);
        let answer: Answer = service.get(
            ADMINISTRATOR,
            &format!("{owner}x/kpis/daterange/unique-deliveries"),
        );
        answer.assert_error(404, "NotFoundException");
    }

    let journey = get("/v1/apps/demo/journeys/onboarding/execution-metrics");
    assert_eq!(
        (
            &journey["JourneyId"],
            &journey["Metrics"]["ENDPOINT_ENTERED"]
        ),
        (&json!("onboarding"), &json!("0"))
    );
    let activity = get("/v1/apps/demo/journeys/onboarding/activities/one-week/execution-metrics");
    assert_eq!(
        (&activity["ActivityType"], &activity["JourneyActivityId"]),
        (&json!("WAIT"), &json!("one-week"))
    );
    missing(
        &service,
        "/v1/apps/demo/journeys/onboarding/activities/none/execution-metrics",
    );

    let report = json!({ "ApplicationId": "demo", "Name": "Demo project", "Campaigns": 2, "Journeys": 1, "Segments": 1 });
    assert_eq!(get("/v1/reports"), json!({ "Item": [report] }));
}
