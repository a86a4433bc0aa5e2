//! Access of callers to routes.

use std::fmt::Write as _;

use pinpoint_iam::mobiletargeting::SERVICE;

use super::harness::{
    ADMINISTRATOR, ANALYST, CAMPAIGN_ANALYST, ListedRoute, Scratch, Service, options,
};

const KPI: &str = "/kpis/daterange/unique-deliveries";
const WELCOME: &str = "/v1/apps/demo/campaigns/welcome";

#[test]
fn the_analyst_reads_a_campaign_but_cannot_delete_it() {
    let scratch = Scratch::new("analyst");
    let service = Service::start(&scratch);
    assert_eq!(service.get(ANALYST, WELCOME).status, 200);

    let refusal = service.call(Some(ANALYST), "DELETE", WELCOME, None);
    refusal.assert_error(403, "AccessDeniedException");
    assert_eq!(
        refusal.text("Message"),
        "User: arn:aws:iam::123456789012:user/analyst is not authorized to perform: mobiletargeting:DeleteCampaign on \
         resource: arn:aws:mobiletargeting:us-east-1:123456789012:apps/demo/campaigns/welcome because no identity-based \
         policy allows the mobiletargeting:DeleteCampaign action"
    );
    assert_eq!(
        service.get(ANALYST, WELCOME).status,
        200,
        "the campaign still exists"
    );
}

#[test]
fn a_denied_caller_does_not_learn_that_its_body_is_invalid() {
    let scratch = Scratch::new("broken-body");
    let service = Service::start(&scratch);
    let post = |token| {
        service.call(
            Some(token),
            "POST",
            "/v1/apps/demo/campaigns",
            Some("{\"Name\": "),
        )
    };
    post(ANALYST).assert_error(403, "AccessDeniedException");
    post(ADMINISTRATOR).assert_error(400, "BadRequestException");
}

#[test]
fn a_denied_caller_gets_a_response_before_its_body_is_sent() {
    let scratch = Scratch::new("unread-body");
    let service = Service::start(&scratch);
    let begin = |token: &str| {
        let mut connection = service.connect();
        connection.write(&format!(
            "POST /v1/apps HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nContent-Length: 15\r\n\r\n"
        ));
        connection
    };
    assert_eq!(begin(ANALYST).answer().status, 403);
    let mut allowed = begin(ADMINISTRATOR);
    allowed.write("{\"Name\": \"Ana\"}");
    assert_eq!(allowed.answer().status, 201);
}

#[test]
fn wildcards_of_the_read_only_policy_grant_the_campaign_kpi() {
    let scratch = Scratch::new("wildcard");
    let service = Service::start(&scratch);
    let answer = service.get(ANALYST, &format!("{WELCOME}{KPI}"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text("CampaignId"), "welcome");
}

#[test]
fn access_to_one_campaign_does_not_include_another() {
    let scratch = Scratch::new("neighbour");
    let service = Service::start(&scratch);
    let get = |path: &str| service.get(CAMPAIGN_ANALYST, path);
    assert_eq!(get(&format!("{WELCOME}{KPI}")).status, 200);
    for path in [
        format!("/v1/apps/demo/campaigns/summer-sale{KPI}"),
        format!("/v1/apps/other/campaigns/welcome{KPI}"),
        format!("/v1/apps/demo/campaigns/welcome2{KPI}"),
        format!("/v1/apps/demo{KPI}"),
        WELCOME.to_owned(),
    ] {
        get(&path).assert_error(403, "AccessDeniedException");
    }
}

#[test]
fn a_denial_does_not_reveal_whether_the_resource_exists() {
    let scratch = Scratch::new("existence");
    let service = Service::start(&scratch);
    for campaign in ["summer-sale", "no-such-campaign"] {
        service
            .get(
                CAMPAIGN_ANALYST,
                &format!("/v1/apps/demo/campaigns/{campaign}{KPI}"),
            )
            .assert_error(403, "AccessDeniedException");
    }
    service
        .get(ANALYST, "/v1/apps/demo/campaigns/no-such-campaign")
        .assert_error(404, "NotFoundException");
}

#[test]
fn requests_without_a_known_token_are_rejected() {
    let scratch = Scratch::new("nobody");
    let service = Service::start(&scratch);
    let twice = format!("Authorization: Bearer {ANALYST}\r\nAuthorization: Bearer {ANALYST}\r\n");
    for headers in [
        "",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer \r\n",
        "Authorization: Bearer demo-analyst-92b7e036\r\n",
        "Authorization: Bearer demo-analyst-92b7e03\r\n",
        "Authorization: Bearer demo-analyst-92b7e0355\r\n",
        "Authorization: Basic ZGVtby1hbmFseXN0LTkyYjdlMDM1\r\n",
        "Authorization: demo-analyst-92b7e035\r\n",
        &twice,
    ] {
        let answer = service.send("GET", WELCOME, headers, None);
        assert_eq!(answer.status, 401, "{headers}");
        assert!(answer.header("x-amzn-errortype").is_some(), "{headers}");
    }
}

/// The callers of the grid, each with its policy.
const CALLERS: [(&str, &str); 7] = [
    ("administrator", "administrator.json"),
    ("full-access", "full-access.json"),
    ("read-only", "read-only-access.json"),
    ("analytics", "all-analytics.json"),
    ("project", "one-project-analytics.json"),
    ("campaign", "one-campaign-analytics.json"),
    ("journey", "one-journey-analytics.json"),
];

/// Compares the status of every route for every caller with `access.txt`. A status of 403 is a denial.
#[test]
fn every_route_responds_to_every_caller_as_its_policies_decide() {
    let scratch = Scratch::new("grid");
    let policies = scratch.policies();
    let arn = |name: &str| format!("arn:aws:iam::123456789012:user/{name}");
    let token = |name: &str| format!("token-of-the-caller-{name}");
    let (mut callers, mut users) = (String::new(), serde_json::Map::new());
    // One more caller is known, but has no policies.
    for (name, policy) in CALLERS.iter().copied().chain([("nothing", "")]) {
        let (arn, token) = (arn(name), token(name));
        writeln!(
            callers,
            "[[caller]]\nname = '{name}'\ntoken = '{token}'\nprincipal = '{arn}'"
        )
        .unwrap();
        if !policy.is_empty() {
            users.insert(arn, serde_json::json!({ "policies": [policy] }));
        }
    }
    let config = scratch.write("callers.toml", &callers);
    scratch.write(
        "policies/attachments.json",
        &serde_json::json!({ "users": users }).to_string(),
    );
    let mut options = options(&scratch);
    options.extend([
        "--config".into(),
        config.into(),
        "--policies".into(),
        policies.into(),
    ]);
    let mut service = Service::start_with(&scratch, options);

    let names: Vec<&str> = CALLERS
        .iter()
        .map(|(name, _)| *name)
        .chain(["nothing", "nobody"])
        .collect();
    let mut grid = format!("{:WIDTH$}{}\n", "", names.join(" "));
    for ListedRoute {
        method,
        path,
        action,
    } in &service.routes()
    {
        let in_catalog = SERVICE.action(action).and_then(|action| action.route);
        assert_eq!(
            in_catalog.is_none(),
            ["/metrics", "/v1/reports"].contains(&path.as_str()),
            "{path}"
        );
        let mut row = format!("{:<WIDTH$}", format!("{method} {path}"));
        for name in &names {
            let target = target(&service, &token("administrator"), method, path);
            let token = (*name != "nobody").then(|| token(name));
            let answer = service.call(
                token.as_deref(),
                method,
                &target,
                (method != "GET").then_some(BODY),
            );
            if let (Some(route), true) = (in_catalog, answer.status < 300) {
                assert_eq!(answer.status, route.success_status, "{route}");
            }
            write!(row, "{:<width$}", answer.status, width = name.len() + 1).unwrap();
        }
        grid.push_str(row.trim_end());
        grid.push('\n');
    }
    let expected = include_str!("access.txt");
    assert!(grid == expected, "the grid is\n{grid}");
}

/// The width of the first column of the grid.
const WIDTH: usize = 104;

/// A body that is valid for every operation with a body.
pub(crate) const BODY: &str = r#"{"Name": "One of the grid", "SegmentId": "everyone"}"#;

/// Returns the path of a route with the demo's ids, or with that of a new record if the route deletes it.
pub(crate) fn target(service: &Service, administrator: &str, method: &str, path: &str) -> String {
    let create = |collection: &str| {
        service
            .call(Some(administrator), "POST", collection, Some(BODY))
            .text("Id")
    };
    match (method, path) {
        ("DELETE", "/v1/apps/{application-id}") => format!("/v1/apps/{}", create("/v1/apps")),
        ("DELETE", "/v1/apps/{application-id}/campaigns/{campaign-id}") => {
            format!(
                "/v1/apps/demo/campaigns/{}",
                create("/v1/apps/demo/campaigns")
            )
        }
        ("DELETE", "/v1/apps/{application-id}/segments/{segment-id}") => {
            format!(
                "/v1/apps/demo/segments/{}",
                create("/v1/apps/demo/segments")
            )
        }
        _ => [
            ("{application-id}", "demo"),
            ("{campaign-id}", "welcome"),
            ("{segment-id}", "everyone"),
            ("{journey-id}", "onboarding"),
            ("{journey-activity-id}", "greeting"),
            ("{kpi-name}", "unique-deliveries"),
        ]
        .into_iter()
        .fold(path.to_owned(), |path, (placeholder, id)| {
            path.replace(placeholder, id)
        }),
    }
}
