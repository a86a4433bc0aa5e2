//! Checks inside a handler: with the caller, facts, policies and fetched keys of the request.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::HttpMessage;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::http::Request;
use axum::routing::get;
use pinpoint_iam::context::Context;
use pinpoint_iam::decision_log::{DecisionLog, Record};
use pinpoint_iam::guard::{KeysUnavailable, ListRow, PageQuery, Tags, TagsUnavailable};
use pinpoint_iam::list::{Constraint, KeyedColumns, OwnedCell, Row, StringColumn};
use pinpoint_iam::mobiletargeting::{
    Campaign, CampaignKeys, DeleteCampaign, GetCampaign, GetEmailTemplate, Template, columns,
};
use pinpoint_iam::policy::Document;
use pinpoint_iam::resource::InvalidId;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::testing::{ColumnSample, VerifyColumns, allow_all, deny_all};
use pinpoint_iam::web::RequestGuard;
use pinpoint_iam::{
    Authorizer, AuthorizerBuilder, Denied, Guard, Policy, Principal, Scope, requires,
};
use tower::ServiceExt;

use crate::log::Log;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// Ana may read the campaigns of the application `a1`, except secret ones, and delete `mine`.
const STATEMENTS: &str = r#"
    {"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/*"},
    {"Effect": "Allow", "Action": "mobiletargeting:DeleteCampaign",
     "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/campaigns/mine"},
    {"Effect": "Deny", "Action": "*", "Resource": "*",
     "Condition": {"StringEquals": {"aws:ResourceTag/stage": "secret"}}}"#;

fn builder(statements: &str) -> AuthorizerBuilder {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let mut store = PolicyStore::new();
    store
        .identity(ANA)
        .unwrap()
        .attach(Policy::new("test", Document::parse(&document).unwrap()));
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        // Only campaigns have a source.
        .warn_about_keys_without_source()
}

/// The stage of a campaign by its id.
fn stage(id: &str) -> Option<&'static str> {
    id.starts_with('s').then_some("secret")
}

/// An authorizer whose source counts the campaigns that it is called for.
fn authorizer(statements: &str) -> (Authorizer, Arc<AtomicUsize>) {
    let (builder, calls) = with_keys(builder(statements));
    (builder.build().unwrap(), calls)
}

fn with_keys(builder: AuthorizerBuilder) -> (AuthorizerBuilder, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let source = move |campaigns: Vec<Campaign>| {
        counted.fetch_add(campaigns.len(), Ordering::Relaxed);
        assert!(campaigns.len() <= 1_000);
        async move {
            let keys = |campaign: Campaign| {
                if campaign.campaign_id() == "broken" {
                    return Err(KeysUnavailable::new("the database is down"));
                }
                let tags = stage(campaign.campaign_id()).map(|stage| ("stage", stage));
                let tags = tags.into_iter().collect::<Tags>();
                Ok((campaign, CampaignKeys { tags }))
            };
            campaigns
                .into_iter()
                .map(keys)
                .collect::<Result<Vec<_>, _>>()
        }
    };
    (builder.resource_keys_batch(source), calls)
}

fn campaign(application: &str, id: &str) -> Campaign {
    Campaign::new(application, id).unwrap()
}

/// The same, for functions with a variable of that name.
fn sample(application: &str, id: &str) -> Campaign {
    campaign(application, id)
}

fn ana() -> Principal {
    Principal::from_arn(ANA).unwrap()
}

/// A row of the table of campaigns.
#[derive(Clone, Debug, PartialEq)]
struct CampaignRow {
    number: usize,
    application: String,
    id: String,
}

impl ListRow for CampaignRow {
    type Resource = Campaign;
    type Key = usize;

    fn resource(&self) -> Result<Campaign, InvalidId> {
        Campaign::new(&self.application, &self.id)
    }

    fn key(&self) -> usize {
        self.number
    }
}

impl CampaignRow {
    fn cells(&self) -> HashMap<String, OwnedCell> {
        let stage =
            stage(&self.id).map_or(OwnedCell::Null, |stage| OwnedCell::Text(stage.to_owned()));
        [
            ("app", OwnedCell::Text(self.application.clone())),
            ("id", OwnedCell::Text(self.id.clone())),
            ("stage", stage),
        ]
        .map(|(name, cell)| (name.to_owned(), cell))
        .into()
    }
}

/// A table in which few rows are visible.
fn table() -> Vec<CampaignRow> {
    (0..200)
        .map(|number| CampaignRow {
            number,
            application: if number % 5 == 4 { "a2" } else { "a1" }.to_owned(),
            id: match number % 7 {
                0 => format!("c{number}"),
                _ => format!("s{number}"),
            },
        })
        .collect()
}

/// The query of a database: filters, sorts and limits.
fn query(table: &[CampaignRow], query: &PageQuery<usize>) -> Vec<CampaignRow> {
    let is_selected = |row: &&CampaignRow| {
        let is_after = query.after.is_none_or(|after| row.number > after);
        let fulfils = query.filter.as_ref().is_none_or(|filter| {
            let cells = row.cells();
            filter.admits(&cells).unwrap()
        });
        is_after && fulfils
    };
    let rows = table.iter().filter(is_selected).take(query.limit);
    rows.cloned().collect()
}

fn mapping(tags: KeyedColumns) -> columns::Campaign {
    columns::Campaign {
        application_id: "app",
        campaign_id: "id",
        tags,
    }
}

fn complete() -> columns::Campaign {
    mapping(KeyedColumns::nowhere().with("stage", StringColumn::text("stage")))
}

fn name(constraint: &Constraint) -> &'static str {
    match constraint {
        Constraint::All => "all",
        Constraint::Nothing => "nothing",
        Constraint::Where(_) => "where",
        Constraint::Candidates(_) => "candidates",
    }
}

/// What a handler does with its guard, by the path of the request.
async fn run(guard: &RequestGuard, what: &str, id: &str) -> Result<String, Denied> {
    let campaign = Campaign::new("a1", id)?;
    Ok(match what {
        "check" => {
            guard.check(GetCampaign, &campaign).await?;
            "ok".to_owned()
        }
        "twice" => {
            guard.check(GetCampaign, &campaign).await?;
            let permit = guard.authorize(GetCampaign, &campaign).await?;
            permit.is_for(&campaign).to_string()
        }
        "allowed" => guard.is_allowed(GetCampaign, &campaign).await?.to_string(),
        "filter" => {
            let all = [
                campaign.clone(),
                sample("a1", "s1"),
                campaign,
                sample("a2", "c1"),
            ];
            let kept = guard.filter(GetCampaign, all).await?;
            let ids: Vec<&str> = kept.iter().map(Campaign::campaign_id).collect();
            ids.join(" ")
        }
        "actions" => {
            let actions = guard.allowed_actions(&campaign).await?;
            let can_delete = actions.contains(DeleteCampaign);
            let names: Vec<&str> = actions.iter().map(|action| action.name).collect();
            format!("{can_delete} {}", names.join(" "))
        }
        "constraint" => {
            let constraint = guard.constraint(GetCampaign, &complete()).await?;
            name(&constraint).to_owned()
        }
        "page" => {
            let mapping = mapping(KeyedColumns::nowhere());
            let table = table();
            let fetch = |page: PageQuery<usize>| std::future::ready(Ok(query(&table, &page)));
            let page = guard
                .filter_page(GetCampaign, &mapping, 3, None, fetch)
                .await;
            let page: Result<_, Denied> = page;
            let ids: Vec<String> = page?.rows.into_iter().map(|row| row.id).collect();
            ids.join(" ")
        }
        _ => return Err(Denied::unreadable()),
    })
}

mod on_axum {
    use super::*;

    pub(super) async fn handler(
        Path((what, id)): Path<(String, String)>,
        guard: RequestGuard,
    ) -> Result<String, Denied> {
        run(&guard, &what, &id).await
    }

    #[requires(GetCampaign, application_id = "a1", campaign_id = id)]
    pub(super) async fn after_a_check(
        Path(id): Path<String>,
        guard: RequestGuard,
    ) -> Result<String, Denied> {
        run(&guard, "twice", &id).await
    }
}

mod on_actix {
    use pinpoint_iam::web::actix::Path;

    use super::*;

    pub(super) async fn handler(
        Path((what, id)): Path<(String, String)>,
        guard: RequestGuard,
    ) -> Result<String, Denied> {
        run(&guard, &what, &id).await
    }

    #[requires(GetCampaign, application_id = "a1", campaign_id = id)]
    pub(super) async fn after_a_check(
        Path(id): Path<String>,
        guard: RequestGuard,
    ) -> Result<String, Denied> {
        run(&guard, "twice", &id).await
    }
}

/// The status and the body of the responses of both frameworks.
async fn called(
    authorizer: &Authorizer,
    path: &str,
    caller: Option<Principal>,
) -> [(u16, String); 2] {
    let router = Router::new()
        .route("/checked/{id}", get(on_axum::after_a_check))
        .route("/{what}/{id}", get(on_axum::handler))
        .with_state(authorizer.clone());
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    if let Some(caller) = caller.clone() {
        request.extensions_mut().insert(caller);
    }
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let on_axum = (status, String::from_utf8(body.to_vec()).unwrap());

    let app = actix_web::App::new()
        .app_data(authorizer.clone())
        .route(
            "/checked/{id}",
            actix_web::web::get().to(on_actix::after_a_check),
        )
        .route("/{what}/{id}", actix_web::web::get().to(on_actix::handler));
    let app = actix_web::test::init_service(app).await;
    let request = actix_web::test::TestRequest::get().uri(path).to_request();
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    let response = actix_web::test::call_service(&app, request).await;
    let status = response.status().as_u16();
    let body = actix_web::test::read_body(response).await;
    [on_axum, (status, String::from_utf8(body.to_vec()).unwrap())]
}

#[tokio::test]
async fn a_handler_checks_resources_with_the_guard_of_its_request() {
    // The path, the status, the body, and the number of campaigns whose keys are fetched.
    for (path, status, expected, fetched) in [
        ("/check/c1", 200, "ok", 1),
        ("/check/s1", 403, "", 1),
        ("/check/broken", 503, "", 1),
        ("/twice/c1", 200, "true", 1),
        ("/checked/c1", 200, "true", 1),
        ("/allowed/c1", 200, "true", 1),
        ("/allowed/s1", 200, "false", 1),
        ("/allowed/broken", 503, "", 1),
        // Equal resources are fetched once, and one that is denied regardless is not fetched.
        ("/filter/c1", 200, "c1 c1", 2),
        // A list that leaves out undecided resources would look complete.
        ("/filter/broken", 503, "", 2),
        ("/constraint/c1", 200, "where", 0),
        ("/page/c1", 200, "c0 c7 c21", 20),
        ("/nothing/c1", 400, "", 0),
        ("/check/c%2F1", 400, "", 0),
    ] {
        let (authorizer, calls) = authorizer(STATEMENTS);
        let responses = called(&authorizer, path, Some(ana())).await;
        for (found, body) in responses {
            assert_eq!(found, status, "{path}: {body}");
            if status == 200 {
                assert_eq!(body, expected, "{path}");
            }
        }
        // Both frameworks.
        assert_eq!(calls.load(Ordering::Relaxed), 2 * fetched, "{path}");
        for (found, body) in called(&authorizer, path, None).await {
            assert_eq!(found, 401, "{path}: {body}");
        }
    }
}

#[tokio::test]
async fn the_allowed_actions_of_a_resource_are_a_set() {
    let (authorizer, calls) = authorizer(STATEMENTS);
    for (_, body) in called(&authorizer, "/actions/mine", Some(ana())).await {
        assert!(
            body.starts_with("true DeleteCampaign GetCampaign "),
            "{body}"
        );
        assert!(
            !body.contains("GetApp ") && !body.contains("UpdateCampaign"),
            "{body}"
        );
    }
    for (_, body) in called(&authorizer, "/actions/c1", Some(ana())).await {
        assert!(body.starts_with("false GetCampaign "), "{body}");
    }
    for (_, body) in called(&authorizer, "/actions/s1", Some(ana())).await {
        assert_eq!(body, "false ");
    }
    // Keys are fetched once for all actions.
    assert_eq!(calls.load(Ordering::Relaxed), 6);
    for (status, _) in called(&authorizer, "/actions/broken", Some(ana())).await {
        assert_eq!(status, 503);
    }
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let allowed = guard
        .allowed_actions(&campaign("a1", "mine"))
        .await
        .unwrap();
    let json = serde_json::to_value(&allowed).unwrap();
    assert_eq!(json[0], "DeleteCampaign");
    // An action that fixes another value does not act on the resource.
    let everything = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let authorizer = builder(everything).build().unwrap();
    let guard = authorizer.guard(&ana, &context);
    let template = Template::new("t1", "sms").unwrap();
    let allowed = guard.allowed_actions(&template).await.unwrap();
    let names: Vec<&str> = allowed.iter().map(|action| action.name).collect();
    assert!(names.contains(&"GetSmsTemplate"), "{names:?}");
    assert!(!allowed.contains(GetEmailTemplate), "{names:?}");
}

/// Rows by predicate, by pages and one by one are the same.
#[tokio::test]
async fn pages_contain_the_rows_that_checks_allow() {
    let (authorizer, _) = authorizer(STATEMENTS);
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let table = table();
    let expected = guard
        .filter_by(GetCampaign, table.clone(), ListRow::resource)
        .await
        .unwrap();
    assert!(expected.len() > 10);
    for (mapping, kind) in [
        (complete(), "where"),
        (mapping(KeyedColumns::nowhere()), "candidates"),
    ] {
        let constraint = guard.constraint(GetCampaign, &mapping).await.unwrap();
        assert_eq!(name(&constraint), kind);
        for size in [1, 2, 7, 30, 500] {
            let mut rows = Vec::new();
            let mut after = None;
            loop {
                let fetch = |page: PageQuery<usize>| {
                    std::future::ready(Ok::<_, Denied>(query(&table, &page)))
                };
                let page = guard.filter_page(GetCampaign, &mapping, size, after, fetch);
                let page = page.await.unwrap();
                assert!(page.rows.len() <= size);
                rows.extend(page.rows);
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            assert_eq!(rows, expected, "{kind} {size}");
        }
    }
    // An error of the database is returned.
    let fetch = |_| std::future::ready(Err::<Vec<CampaignRow>, _>(Denied::unreadable()));
    let page = guard
        .filter_page(GetCampaign, &complete(), 1, None, fetch)
        .await;
    assert_eq!(page.unwrap_err().status(), 400);
}

/// A source that always returns denied rows does not keep a request forever.
#[tokio::test]
async fn a_page_ends_after_a_limited_number_of_queries() {
    let (authorizer, _) = authorizer(STATEMENTS);
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let mapping = mapping(KeyedColumns::nowhere());
    let mut queries = 0;
    let fetch = |page: PageQuery<usize>| {
        queries += 1;
        let first = page.after.map_or(0, |after| after + 1);
        let row = |number| CampaignRow {
            number,
            application: "a1".to_owned(),
            id: format!("s{number}"),
        };
        let rows = (first..first + page.limit).map(row).collect();
        std::future::ready(Ok::<_, Denied>(rows))
    };
    let page = guard
        .filter_page(GetCampaign, &mapping, 5, None, fetch)
        .await
        .unwrap();
    assert!(page.rows.is_empty());
    assert_eq!(page.next, Some(20 * 20 - 1));
    assert_eq!(queries, 20);
}

#[tokio::test]
async fn an_unknown_key_of_the_request_is_an_error_that_names_it() {
    let office = r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#;
    let not_office = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#;
    for statements in [office, not_office] {
        let (authorizer, _) = authorizer(statements);
        // axum without connect info, and actix-web's test request, do not know the address.
        for (status, body) in called(&authorizer, "/constraint/c1", Some(ana())).await {
            assert_eq!(status, 503, "{body}");
        }
        let ana = ana();
        let mut context = Context::new();
        context.insert_unknown("aws:SourceIp");
        let guard = authorizer.guard(&ana, &context);
        let denied = guard
            .constraint(GetCampaign, &complete())
            .await
            .unwrap_err();
        assert_eq!(denied.status(), 503);
        assert!(
            denied.reason().to_string().contains("`aws:SourceIp`"),
            "{denied:?}"
        );
        for (address, expected) in [("203.0.113.9", "all"), ("198.51.100.9", "nothing")] {
            let mut context = Context::new();
            context.insert("aws:SourceIp", address);
            let guard = authorizer.guard(&ana, &context);
            let constraint = guard.constraint(GetCampaign, &complete()).await.unwrap();
            assert_eq!(name(&constraint), expected, "{statements}");
        }
    }
}

#[tokio::test]
async fn a_constraint_uses_the_policies_of_its_guard() {
    let (authorizer, _) = authorizer(STATEMENTS);
    let (ana, context) = (ana(), Context::new());
    for (double, expected, allowed) in [
        (allow_all(&authorizer), "all", true),
        (deny_all(&authorizer), "nothing", false),
    ] {
        let guard = double.guard(&ana, &context);
        let constraint = guard.constraint(GetCampaign, &complete()).await.unwrap();
        assert_eq!(name(&constraint), expected);
        assert_eq!(
            guard
                .is_allowed(GetCampaign, &campaign("a2", "s1"))
                .await
                .unwrap(),
            allowed
        );
    }
    // A tenant's scope, and one without an account.
    let tenant = Scope::new("aws", "us-east-1", "");
    let guard = authorizer.guard(&ana, &context).in_scope(&tenant);
    let denied = guard
        .constraint(GetCampaign, &complete())
        .await
        .unwrap_err();
    assert_eq!(denied.status(), 500);
    assert_eq!(
        guard
            .is_allowed(GetCampaign, &campaign("a1", "c1"))
            .await
            .unwrap_err()
            .status(),
        500
    );
    let other = Scope::new("aws", "us-east-1", "999999999999");
    let guard = authorizer.guard(&ana, &context).in_scope(&other);
    let constraint = guard.constraint(GetCampaign, &complete()).await.unwrap();
    assert_eq!(name(&constraint), "nothing");
    let stranger = Principal::from_arn("arn:aws:iam::123456789012:user/eve").unwrap();
    let guard = authorizer.guard(&stranger, &context);
    let constraint = guard.constraint(GetCampaign, &complete()).await.unwrap();
    assert_eq!(name(&constraint), "nothing");
}

/// `GetEmailTemplate` acts on templates with the type EMAIL only.
#[tokio::test]
async fn a_constraint_selects_rows_on_which_the_action_acts() {
    let everything = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let authorizer = builder(everything).build().unwrap();
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let mapping = columns::Template {
        template_name: "name",
        template_type: "type",
        tags: KeyedColumns::nowhere(),
    };
    let constraint = guard.constraint(GetEmailTemplate, &mapping).await.unwrap();
    let Constraint::Where(predicate) = constraint else {
        panic!("{constraint:?}");
    };
    for (kind, expected) in [
        ("EMAIL", true),
        ("email", true),
        ("SMS", false),
        ("", false),
    ] {
        let cells: HashMap<String, OwnedCell> = [("name", "t1"), ("type", kind)]
            .map(|(name, text)| (name.to_owned(), OwnedCell::Text(text.to_owned())))
            .into();
        assert_eq!(predicate.admits(&cells).unwrap(), expected, "{kind}");
    }
}

#[tokio::test]
async fn filters_of_many_resources_fetch_in_batches() {
    let (authorizer, calls) = authorizer(STATEMENTS);
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let all: Vec<Campaign> = (0..2_500)
        .map(|number| {
            campaign(
                "a1",
                &format!("{}{number}", if number % 2 == 0 { "c" } else { "s" }),
            )
        })
        .collect();
    let kept = guard.filter(GetCampaign, all.clone()).await.unwrap();
    assert_eq!(kept.len(), 1_250);
    assert!(kept.iter().eq(all.iter().step_by(2)));
    assert_eq!(calls.load(Ordering::Relaxed), 2_500);
}

/// Without a source, a condition on the key of a resource counts against the caller, in every form of a check.
#[tokio::test]
async fn keys_without_a_source_count_against_the_caller() {
    let authorizer = builder(STATEMENTS).build().unwrap();
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let c1 = campaign("a1", "c1");
    let status = guard.check(GetCampaign, &c1).unwrap_err().status();
    assert_ne!(status, 200);
    match guard.is_allowed(GetCampaign, &c1).await {
        Ok(is_allowed) => assert!(!is_allowed),
        Err(denied) => assert_eq!(denied.status(), status),
    }
    match guard.filter(GetCampaign, [c1]).await {
        Ok(kept) => assert!(kept.is_empty()),
        Err(denied) => assert_eq!(denied.status(), status),
    }
    // Each of them is an error in the log, with the key, because a retry does not help.
    for path in ["/check/c1", "/allowed/c1", "/filter/c1"] {
        let log = Log::default();
        let logging = tracing::subscriber::set_default(log.clone());
        called(&authorizer, path, Some(ana.clone())).await;
        drop(logging);
        let lines = log.lines();
        let errors = lines.lines().filter(|line| {
            line.starts_with("ERROR")
                && line.contains("no source supplies these condition keys")
                && line.contains("`aws:ResourceTag/stage`")
        });
        assert!(errors.count() >= 2, "{path}: {lines}");
    }
    let failing = builder(STATEMENTS)
        .resource_tags(|_| async { Err(TagsUnavailable::new("down")) })
        .build()
        .unwrap();
    let guard = failing.guard(&ana, &context);
    let denied = guard
        .filter(GetCampaign, [campaign("a1", "c1")])
        .await
        .unwrap_err();
    assert_eq!(denied.status(), 503);
}

#[test]
fn a_mapping_is_verified_on_rows() {
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    let row = |application: &str, id: &str, stage: OwnedCell| -> HashMap<String, OwnedCell> {
        [
            ("app", OwnedCell::Text(application.to_owned())),
            ("id", OwnedCell::Text(id.to_owned())),
            ("stage", stage),
        ]
        .map(|(name, cell)| (name.to_owned(), cell))
        .into()
    };
    let tagged = |stage: Option<&str>| {
        let tags = stage.map(|stage| ("stage", stage)).into_iter();
        tags.collect::<Tags>().for_resource()
    };
    let c1 = campaign("a1", "c1");
    let text = |text: &str| OwnedCell::Text(text.to_owned());
    for (cells, keys, expected) in [
        (row("a1", "c1", text("live")), tagged(Some("live")), None),
        (row("a1", "c1", OwnedCell::Null), tagged(None), None),
        (row("a1", "c1", text("")), tagged(Some("")), None),
        (
            row("a1", "c1", text("")),
            tagged(None),
            Some("aws:ResourceTag/stage"),
        ),
        (
            row("a1", "c1", text("Live")),
            tagged(Some("live")),
            Some("aws:ResourceTag/stage"),
        ),
        (
            row("a1", "c1", OwnedCell::Null),
            tagged(Some("live")),
            Some("aws:ResourceTag/stage"),
        ),
        (
            row("a1", "c1", OwnedCell::Integer(1)),
            tagged(Some("1")),
            Some("aws:ResourceTag/stage"),
        ),
        (
            row("a2", "c1", OwnedCell::Null),
            tagged(None),
            Some("application_id"),
        ),
        (
            row("a1", "C1", OwnedCell::Null),
            tagged(None),
            Some("campaign_id"),
        ),
        (HashMap::new(), tagged(None), Some("application_id")),
    ] {
        let sample = ColumnSample {
            resource: &c1,
            keys: &keys,
            row: &cells as &dyn Row,
        };
        let verified = complete().verify(&scope, [sample]);
        match expected {
            None => assert_eq!(verified, Ok(())),
            Some(key) => assert_eq!(verified.unwrap_err()[0].key, key, "{cells:?}"),
        }
    }
}

/// Futures of guards can be awaited in handlers of axum.
#[test]
fn futures_can_move_between_threads() {
    fn is_send(_: &impl Send) {}
    let (authorizer, _) = authorizer(STATEMENTS);
    let (ana, context) = (ana(), Context::new());
    let guard: Guard<'_> = authorizer.guard(&ana, &context);
    let c1 = campaign("a1", "c1");
    is_send(&guard.is_allowed(GetCampaign, &c1));
    is_send(&guard.filter(GetCampaign, [c1.clone()]));
    is_send(&guard.allowed_actions(&c1));
}

/// Every decision is in the decision log once, also if it is repeated with fetched keys.
#[tokio::test]
async fn every_kind_of_decision_has_a_record() {
    let records = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&records);
    let sink = move |record: &Record<'_>| {
        let resource = record.resource.as_deref().unwrap_or("none");
        let text = format!(
            "{} {} {}",
            record.action.rsplit(':').next().unwrap(),
            resource.rsplit('/').next().unwrap(),
            match record.list {
                Some(list) => serde_json::to_string(&list).unwrap(),
                None => format!("{:?}", record.outcome),
            }
        );
        kept.lock().unwrap().push(text);
    };
    let log = DecisionLog::builder().start(sink).unwrap();
    let (builder, _) = with_keys(builder(STATEMENTS));
    let authorizer = builder.decision_log(log.clone()).build().unwrap();
    for (path, expected) in [
        ("/check/c1", &["GetCampaign c1 Allow"][..]),
        ("/check/s1", &["GetCampaign s1 Deny"]),
        // Its keys cannot be fetched.
        ("/check/broken", &[]),
        // The attribute, and two checks in the handler.
        ("/checked/c1", &["GetCampaign c1 Allow"; 3]),
        ("/checked/s1", &["GetCampaign s1 Deny"]),
        ("/allowed/c1", &["GetCampaign c1 Allow"]),
        ("/allowed/s1", &["GetCampaign s1 Deny"]),
        (
            "/filter/c1",
            &[r#"GetCampaign none {"kind":"filter","considered":4,"selected":2}"#],
        ),
        ("/filter/broken", &[]),
        (
            "/actions/c1",
            &[r#"* c1 {"kind":"actions","considered":9,"selected":4}"#],
        ),
        (
            "/constraint/c1",
            &[r#"GetCampaign none {"kind":"constraint","rows":"where"}"#],
        ),
        (
            "/page/c1",
            &[
                r#"GetCampaign none {"kind":"constraint","rows":"candidates"}"#,
                r#"GetCampaign none {"kind":"filter","considered":20,"selected":3}"#,
            ],
        ),
        // A request that is not valid is not decided.
        ("/check/c%2F1", &[]),
    ] {
        called(&authorizer, path, Some(ana())).await;
        assert!(log.flush(Duration::from_secs(60)));
        let both = std::mem::take(&mut *records.lock().unwrap());
        assert_eq!(both, [expected, expected].concat(), "{path}");
    }
    called(&authorizer, "/checked/c1", None).await;
    assert!(log.flush(Duration::from_secs(60)));
    assert!(records.lock().unwrap().is_empty());
}
