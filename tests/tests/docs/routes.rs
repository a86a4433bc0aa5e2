//! The tables of an application's routes.

use pinpoint_iam::mobiletargeting::{self, Action};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::testing::audit;
use pinpoint_iam::web::{
    Access, ActionRequirement, Declaration, Requirement, ResourceBinding, RouteTable,
};
use pinpoint_iam::{Policy, Principal, Scope, mobileanalytics};
use pinpoint_iam_docs::{
    AccessMatrix, Cell, Line, OpenApiAnnotator, Page, RoutesDocument, Table, csv, html, json,
    markdown,
};
use serde_json::json;

use crate::declared::{GET_APP, GET_CAMPAIGN, HEALTH, NESTED, handler, route, routes};
use crate::round_trip::assert_every_format_says;

fn plain(cell: &Cell) -> Vec<String> {
    cell.iter().map(Line::plain).collect()
}

/// Returns the cells of a row, by the title of their column.
fn row(table: &Table, name: &str) -> Vec<(String, Vec<String>)> {
    let row = table
        .rows()
        .iter()
        .find(|row| plain(&row.cells()[0]) == [name])
        .unwrap_or_else(|| panic!("`{name}` is in the table"));
    let titles = table
        .columns()
        .iter()
        .map(|column| column.title().to_owned());
    titles.zip(row.cells().iter().map(plain)).collect()
}

fn table<'p>(page: &'p Page, name: &str) -> &'p Table {
    let mut tables = page.tables().iter();
    tables.find(|table| table.name() == name).unwrap()
}

fn assert_row(table: &Table, name: &str, expected: &[(&str, &[&str])]) {
    let found = row(table, name);
    let expected: Vec<(String, Vec<String>)> = expected
        .iter()
        .map(|(title, lines)| {
            let lines = lines.iter().map(|line| (*line).to_owned()).collect();
            ((*title).to_owned(), lines)
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_route_shows_everything_that_its_handler_declares() {
    let page = RoutesDocument::new("Routes", &routes()).page();
    let table = table(&page, "routes");
    assert_eq!(
        table.introduction()[0].plain(),
        "10 routes, 1 of them public."
    );
    assert_row(
        table,
        "DELETE /v1/apps/{application-id}/campaigns/{campaign-id}",
        &[
            (
                "Route",
                &["DELETE /v1/apps/{application-id}/campaigns/{campaign-id}"],
            ),
            (
                "Requires",
                &[
                    "all(mobiletargeting:DeleteCampaign, any(mobiletargeting:GetSegment, mobiletargeting:GetApps))",
                ],
            ),
            (
                "Resource",
                &[
                    "DeleteCampaign: arn:${Partition}:mobiletargeting:${Region}:${Account}:apps/${AppId}/campaigns/${CampaignId}",
                    "${AppId} from application_id",
                    "${CampaignId} from path.id",
                    "GetSegment: arn:${Partition}:mobiletargeting:${Region}:${Account}:apps/${AppId}/segments/${SegmentId}",
                    "${AppId} from application_id",
                    "${SegmentId} from segment_id",
                    "GetApps: arn:${Partition}:mobiletargeting:${Region}:${Account}:apps/*",
                ],
            ),
            ("Checked", &["after the body"]),
            ("Condition keys", &["aws:ResourceTag/${TagKey}"]),
            ("Public because", &[]),
            (
                "Handler",
                &["api::campaigns::nested", "src/api/campaigns.rs:7"],
            ),
        ],
    );
    assert_row(
        table,
        "GET /health",
        &[
            ("Route", &["GET /health"]),
            ("Requires", &["nothing"]),
            ("Resource", &[]),
            ("Checked", &["not checked"]),
            ("Condition keys", &[]),
            ("Public because", &["asked by the load balancer"]),
            (
                "Handler",
                &["api::campaigns::health", "src/api/campaigns.rs:7"],
            ),
        ],
    );
    let resource = |route: &str| row(table, route).swap_remove(2).1;
    // The catalog fixes the type of the template.
    assert_eq!(
        resource("GET /v1/templates/{template-name}/email"),
        [
            "arn:${Partition}:mobiletargeting:${Region}:${Account}:templates/${TemplateName}/EMAIL",
            "${TemplateName} from template_name",
        ]
    );
    let tags = resource("GET /v1/tags/{resource-arn}");
    assert_eq!(tags.last().unwrap(), "the ARN from resource_arn");
    assert!(tags.len() > 2, "one for each type: {tags:#?}");
}

#[test]
fn lines_can_be_left_out() {
    let document =
        RoutesDocument::new("Routes", &RouteTable::new([route("GET", "/app", &GET_APP)]));
    let page = document.declared([&GET_CAMPAIGN]).without_lines().page();
    let shown = row(table(&page, "routes"), "GET /app");
    assert_eq!(
        shown.last().unwrap().1,
        ["api::campaigns::get_app", "src/api/campaigns.rs"]
    );
    let lacking = row(table(&page, "not-mounted"), "api::campaigns::get_campaign");
    assert_eq!(lacking.last().unwrap().1, ["src/api/campaigns.rs"]);
}

#[test]
fn what_no_route_serves_is_listed() {
    let page = RoutesDocument::new("Routes", &routes())
        .services([&mobiletargeting::SERVICE, &mobileanalytics::SERVICE])
        .page();
    let missing = table(&page, "mobiletargeting-without-route");
    let names: Vec<Vec<String>> = missing
        .rows()
        .iter()
        .map(|row| plain(&row.cells()[0]))
        .collect();
    let has = |name: &str| names.contains(&vec![format!("mobiletargeting:{name}")]);
    // An action is served even if the route requires others too.
    assert!(!has("GetSegment") && !has("GetCampaign"), "{names:?}");
    assert!(has("CreateSegment") && has("GetSegments"), "{names:?}");
    let actions: std::collections::BTreeSet<&str> = routes()
        .iter()
        .filter_map(|route| route.declaration.requirement())
        .flat_map(|required| required.actions())
        .map(|required| required.action.name)
        .collect();
    let all = mobiletargeting::SERVICE.actions.len();
    assert_eq!(missing.rows().len(), all - actions.len());
    assert_eq!(
        table(&page, "mobileanalytics-without-route").rows().len(),
        mobileanalytics::SERVICE.actions.len()
    );
}

#[test]
fn what_is_declared_and_not_mounted_is_listed() {
    let served = RouteTable::new([
        route("GET", "/health", &HEALTH),
        route("GET", "/app", &GET_APP),
    ]);
    let page = RoutesDocument::new("Routes", &served)
        .declared([&HEALTH, &GET_APP, &GET_CAMPAIGN, &NESTED])
        .page();
    let found = table(&page, "not-mounted");
    let names: Vec<_> = found
        .rows()
        .iter()
        .map(|row| plain(&row.cells()[0]))
        .collect();
    assert_eq!(
        names,
        [["api::campaigns::get_campaign"], ["api::campaigns::nested"]]
    );
    assert_row(
        found,
        "api::campaigns::get_campaign",
        &[
            ("Handler", &["api::campaigns::get_campaign"]),
            ("Requires", &["mobiletargeting:GetCampaign"]),
            ("Place", &["src/api/campaigns.rs:7"]),
        ],
    );
}

/// The audit of the sources finds handlers that are missing from the list of declarations.
#[test]
fn what_an_audit_finds_is_listed() {
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/audit/forgotten");
    let faults = audit(sources).unwrap_err();
    let lacking: Vec<_> = faults
        .iter()
        .filter(|fault| fault.is_not_mounted())
        .collect();
    assert!(!lacking.is_empty() && lacking.len() < faults.iter().count());
    let page = RoutesDocument::new("Routes", &routes())
        .not_mounted(lacking.iter().map(|fault| (fault.handler(), fault.place())))
        .page();
    let found = table(&page, "not-mounted");
    assert_eq!(found.rows().len(), lacking.len());
    let first = row(found, lacking[0].handler());
    assert_eq!(first[2].1, [lacking[0].place()]);
}

const HOSTILE: &str = "=1+1|<script>\"'&amp;`*_[x](y)</td>\r\n@SUM(A1)\\\u{202e}";

static HOSTILE_HANDLER: Declaration = Declaration {
    handler: "a|<b>",
    module_path: "=cmd|' /C calc'!A0",
    file: "<img src=x>\n|.rs",
    line: 1,
    access: Access::Requires {
        requirement: Requirement::Action(ActionRequirement {
            action: Action::GetCampaign.metadata(),
            keys: &[],
            dependents: &[],
            resource: ResourceBinding::Resource(HOSTILE),
        }),
        after_body: false,
    },
    path_parameters: &[],
};

static HOSTILE_REASON: Declaration = handler("reason", Access::Public { reason: HOSTILE });

/// Returns a page with all tables and with texts that have a meaning in some format.
fn hostile_page() -> Page {
    let table = RouteTable::new([
        route("GET", "/{*rest|<b>}`\"\n=", &HOSTILE_HANDLER),
        route("GET", "/{*rest|<b>}`\"\n=", &HOSTILE_HANDLER),
        route("-GET", "/+|", &HOSTILE_REASON),
    ]);
    let pattern = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/*<b>|`\"'\n=";
    let statement = json!({
        "Effect": "Allow", "Action": "*", "NotResource": [pattern, "arn:aws:mobiletargeting:*:*:apps/?|"],
        "Condition": { "StringEquals": { "aws:RequestTag/=|<b>": "x" } },
    });
    let text = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let mut store = PolicyStore::new();
    let ana = "arn:aws:iam::123456789012:user/ana";
    let policies = store.identity(ana).unwrap();
    policies.attach(Policy::new("p", Document::parse(&text).unwrap()));
    let builder = AccessMatrix::builder(&Scope::new("aws", "us-east-1", "123456789012"))
        .routes(&table)
        .principal(HOSTILE, &Principal::from_arn(ana).unwrap());
    let matrix = builder.build(&store).unwrap();
    let nobody = builder.build(&PolicyStore::new()).unwrap();
    RoutesDocument::new(HOSTILE, &table)
        .declared([&GET_APP, &HOSTILE_HANDLER])
        .not_mounted([(HOSTILE, HOSTILE)])
        .page()
        .with_table(matrix.table("access", HOSTILE))
        .with_table(nobody.difference(&matrix, "difference", HOSTILE))
}

#[test]
fn no_text_in_a_table_breaks_a_format() {
    let page = hostile_page();
    assert_every_format_says(&page);
    let rows: Vec<usize> = page
        .tables()
        .iter()
        .map(|table| table.rows().len())
        .collect();
    assert_eq!(rows, [3, 2, 3, 2]);
    let shown = table(&page, "access").rows()[0].cells()[2]
        .iter()
        .map(Line::plain);
    let shown: Vec<String> = shown.collect();
    // The pattern with a slash is omitted, because a project with an empty name does not exist.
    assert_eq!(
        shown[..2],
        ["depends on:", "aws:RequestTag/=|<b>"],
        "{shown:#?}"
    );
    assert!(!html(&page).contains("<script>\"'"));
}

#[test]
fn the_same_routes_are_the_same_bytes() {
    let (one, other) = (hostile_page(), hostile_page());
    assert_eq!(markdown(&one), markdown(&other));
    assert_eq!(json(&one), json(&other));
    assert_eq!(html(&one), html(&other));
    for (one, other) in one.tables().iter().zip(other.tables()) {
        assert_eq!(csv(one), csv(other));
    }
}

/// The table of routes and the annotated OpenAPI document list the same actions for the same handlers.
#[test]
fn openapi_names_the_same_actions() {
    let routes = routes();
    let mut paths = serde_json::Map::new();
    for route in routes.iter() {
        let path = paths.entry(&*route.path).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = json!({});
    }
    let mut document = json!({ "openapi": "3.1.0", "paths": paths });
    assert_eq!(
        OpenApiAnnotator::new(&routes)
            .annotate(&mut document)
            .unwrap(),
        []
    );
    let page = RoutesDocument::new("Routes", &routes).page();
    let table = table(&page, "routes");
    for route in routes.iter() {
        let requires = row(table, &route.to_string()).swap_remove(1).1.concat();
        let operation = &document["paths"][&*route.path][route.method.to_ascii_lowercase()];
        let actions = operation["x-required-permissions"].as_array().unwrap();
        assert_eq!(actions.is_empty(), requires == "nothing");
        for action in actions {
            assert!(
                requires.contains(action.as_str().unwrap()),
                "{requires} {action}"
            );
        }
    }
}
