//! Compares the built-in catalogs with the facts from which they were written.
//!
//! `upstream/` contains those facts in its own format: the facts about each action and resource type, the rows of the two
//! documents from which this project started, and the differences in later documents. An entry in `catalog/data/` that is
//! lost, misspelled or changed no longer matches them, and the test failure names it. `catalog/data/SOURCES.md` describes
//! the sources of the facts.

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam_catalog::{Action, Binding, Catalog, IdFormat, LifecycleState, Service};

const ACTIONS: &str = include_str!("../../upstream/actions.tsv");
const RESOURCES: &str = include_str!("../../upstream/resources.tsv");
const DEVELOPER_GUIDE_ROWS: &str = include_str!("../../upstream/developer_guides.tsv");
const DIFFERENCES: &str = include_str!("../../upstream/differences.tsv");
const SOURCES: &str = include_str!("../../upstream/sources.tsv");

/// The two documents from which this project started.
const DEVELOPER_GUIDES: [&str; 2] = ["developer-guide-2018", "developer-guide-analytics"];

type TestResult = Result<(), Box<dyn std::error::Error>>;

#[test]
fn counts_are_those_of_the_sources() -> TestResult {
    let catalog = Catalog::builtin()?;
    let pinpoint = service(catalog, "mobiletargeting")?;
    let analytics = service(catalog, "mobileanalytics")?;

    assert_eq!(services(catalog).count(), 2, "services");
    assert_eq!(pinpoint.actions().len(), 123, "Pinpoint actions");
    assert_eq!(pinpoint.resources().len(), 29, "Pinpoint resource types");
    assert_eq!(
        pinpoint.condition_keys().len(),
        3,
        "Pinpoint condition keys"
    );
    let routes = pinpoint
        .actions()
        .iter()
        .filter(|action| action.route.is_some());
    assert_eq!(routes.count(), 122, "Pinpoint routes");
    assert_eq!(analytics.actions().len(), 4, "Mobile Analytics actions");
    assert_eq!(
        analytics.resources().len(),
        0,
        "Mobile Analytics resource types"
    );
    Ok(())
}

/// The facts are a file too. If a line were lost, its action would no longer be checked.
#[test]
fn the_facts_are_complete() -> TestResult {
    let actions = Table::parse(ACTIONS)?;
    assert_eq!(actions.rows.len(), 127, "lines of upstream/actions.tsv");
    assert_eq!(
        Table::parse(RESOURCES)?.rows.len(),
        29,
        "lines of upstream/resources.tsv"
    );

    let seeds = Table::parse(DEVELOPER_GUIDE_ROWS)?;
    let table: Vec<_> = seeds
        .rows
        .iter()
        .filter(|row| row.get("document") == "developer-guide-2018" && row.get("where") == "table")
        .collect();
    assert_eq!(table.len(), 34, "actions in the table of 2018");
    let analytics: Vec<_> = seeds
        .rows
        .iter()
        .filter(|row| row.get("document") == "developer-guide-analytics")
        .collect();
    let names: BTreeSet<_> = analytics.iter().map(|row| row.get("action")).collect();
    assert_eq!(names.len(), 6, "actions of the analytics page");
    let patterns = analytics.iter().filter(|row| row.get("arn") != "-");
    assert_eq!(patterns.count(), 14, "ARN patterns of the analytics page");
    Ok(())
}

/// Names, access levels, routes, success codes, resource types, bindings, condition keys, the location of request tags,
/// dependent actions, former names, lifecycle, sources, and a note if something is disputed.
#[test]
fn actions_agree_with_the_facts() -> TestResult {
    let facts = Table::parse(ACTIONS)?;
    let catalog = Catalog::builtin()?;
    let mut entries = BTreeMap::new();
    for service in services(catalog) {
        for action in service.actions() {
            let name = format!("{}:{}", service.prefix, action.name);
            entries.insert(name.clone(), action_columns(&name, action));
        }
    }
    assert_agree("action", &facts, &entries)
}

/// Names, ARN templates and condition keys.
#[test]
fn resource_types_agree_with_the_facts() -> TestResult {
    let facts = Table::parse(RESOURCES)?;
    let service = service(Catalog::builtin()?, "mobiletargeting")?;
    let entries = service
        .resources()
        .iter()
        .map(|resource| {
            let columns = BTreeMap::from([
                ("resource", resource.name.clone()),
                ("arn", resource.arn.to_string()),
                ("condition-keys", list(&resource.condition_keys)),
            ]);
            (resource.name.clone(), columns)
        })
        .collect();
    assert_agree("resource", &facts, &entries)
}

#[test]
fn condition_keys_are_the_three_tag_keys() -> TestResult {
    let service = service(Catalog::builtin()?, "mobiletargeting")?;
    let keys: BTreeSet<_> = service
        .condition_keys()
        .iter()
        .map(|key| (key.name.as_str(), key.value_type.as_str()))
        .collect();
    assert_eq!(
        keys,
        BTreeSet::from([
            ("aws:RequestTag/${TagKey}", "String"),
            ("aws:ResourceTag/${TagKey}", "String"),
            ("aws:TagKeys", "ArrayOfString"),
        ])
    );
    Ok(())
}

/// The characters allowed in an ARN affect security, so no further placeholder may accept arbitrary text.
#[test]
fn placeholders_take_what_was_decided() -> TestResult {
    let service = service(Catalog::builtin()?, "mobiletargeting")?;
    let fields = service
        .resources()
        .iter()
        .flat_map(|resource| &resource.fields);
    let found: BTreeMap<_, _> = fields
        .map(|placeholder| {
            let accepts = match &placeholder.accepts {
                IdFormat::Identifier => "identifier".to_owned(),
                IdFormat::Opaque => "opaque".to_owned(),
                IdFormat::OneOf(values) => values.join(" "),
            };
            (placeholder.name.as_str(), accepts)
        })
        .collect();
    let expected = [
        ("AppId", "identifier"),
        (
            "AttributeType",
            "endpoint-custom-attributes endpoint-metric-attributes endpoint-user-attributes",
        ),
        ("CampaignId", "identifier"),
        (
            "ChannelType",
            "adm apns apns_sandbox apns_voip apns_voip_sandbox baidu email gcm sms voice",
        ),
        ("EndpointId", "opaque"),
        ("JobId", "identifier"),
        ("JourneyActivityId", "identifier"),
        ("JourneyId", "identifier"),
        ("KpiName", "identifier"),
        ("RecommenderId", "identifier"),
        ("SegmentId", "identifier"),
        ("TemplateName", "identifier"),
        ("TemplateType", "EMAIL INAPP PUSH SMS VOICE"),
        ("UserId", "opaque"),
    ];
    let expected = expected
        .map(|(name, accepts)| (name, accepts.to_owned()))
        .into();
    assert_eq!(found, expected);
    Ok(())
}

/// Every row of the two documents can be read back from the catalog, and the catalog does not attribute other rows to
/// them.
#[test]
fn both_developer_guides_can_be_read_back() -> TestResult {
    let facts = Table::parse(DEVELOPER_GUIDE_ROWS)?;
    let catalog = Catalog::builtin()?;
    assert_same_rows(
        "upstream/developer_guides.tsv",
        &facts,
        seen_rows(catalog, &DEVELOPER_GUIDES),
    )
}

/// The differences in later documents. Validation of policies warns about their ARNs.
#[test]
fn differing_documents_are_quoted() -> TestResult {
    let facts = Table::parse(DIFFERENCES)?;
    let catalog = Catalog::builtin()?;
    let documents: BTreeSet<_> = services(catalog)
        .flat_map(Service::sources)
        .map(|source| source.name.as_str())
        .filter(|name| !DEVELOPER_GUIDES.contains(name))
        .collect();
    let documents: Vec<_> = documents.into_iter().collect();
    assert_same_rows(
        "upstream/differences.tsv",
        &facts,
        seen_rows(catalog, &documents),
    )
}

#[test]
fn sources_have_the_dates_of_the_copies_that_were_read() -> TestResult {
    let facts = Table::parse(SOURCES)?;
    let mut rows = BTreeSet::new();
    for service in services(Catalog::builtin()?) {
        for source in service.sources() {
            rows.insert(vec![
                service.prefix.clone(),
                source.name.clone(),
                source.date.clone().unwrap_or_else(|| "-".to_owned()),
            ]);
        }
    }
    assert_same_rows("upstream/sources.tsv", &facts, rows)
}

/// Information that readers of a table need in every row.
#[test]
fn every_action_has_a_summary_and_a_lifecycle() -> TestResult {
    let mut faults = Vec::new();
    let mut summaries = BTreeMap::new();
    for service in services(Catalog::builtin()?) {
        if service.documentation.is_none() {
            faults.push(format!(
                "{}: has no link to its documentation",
                service.prefix
            ));
        }
        for action in service.actions() {
            let name = format!("{}:{}", service.prefix, action.name);
            if action.undocumented != (name == "mobileanalytics:ListApps") {
                faults.push(format!(
                    "{name}: is wrong about being listed by a reference"
                ));
            }
            if !action.summary.ends_with('.') || action.summary.contains(". ") {
                faults.push(format!("{name}: the summary is not one sentence"));
            }
            if let Some(other) = summaries.insert(action.summary.clone(), name.clone()) {
                faults.push(format!("{name}: has the summary of {other}"));
            }
            if action.sources.is_empty() {
                faults.push(format!("{name}: has no source"));
            }
            if action.documentation.is_none() {
                faults.push(format!("{name}: has no link to its documentation"));
            }
            if action.lifecycle.source.is_none() {
                faults.push(format!("{name}: nobody vouches for its lifecycle"));
            }
            let ended = action.lifecycle.state == LifecycleState::Ended;
            let expected = match service.prefix.as_str() {
                "mobiletargeting" => Some("2026-10-30"),
                _ => Some("2018-04-30"),
            };
            if action.lifecycle.ended.as_deref() != expected.filter(|_| ended) {
                faults.push(format!("{name}: the day on which it ended is wrong"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// The services of which this file has the facts. Another package of the workspace may enable a further catalog, which
/// was imported.
fn services(catalog: &Catalog) -> impl Iterator<Item = &Service> {
    let services = catalog.services().iter();
    services.filter(|service| service.prefix != "sms-voice")
}

fn service<'a>(catalog: &'a Catalog, prefix: &str) -> Result<&'a Service, String> {
    catalog
        .service(prefix)
        .ok_or_else(|| format!("no service `{prefix}` in the built-in catalog"))
}

/// Returns the columns of upstream/actions.tsv, filled from the catalog.
fn action_columns(name: &str, action: &Action) -> BTreeMap<&'static str, String> {
    let dash = || "-".to_owned();
    let route = action.route.as_ref();
    let resources: Vec<_> = action
        .resources
        .iter()
        .map(|resource| resource.name.clone())
        .collect();
    let dependent_actions: Vec<_> = action
        .dependent_actions
        .iter()
        .map(|dependent| match dependent.resource_from.as_slice() {
            [] => dependent.action.clone(),
            members => format!("{}({})", dependent.action, members.join(",")),
        })
        .collect();
    BTreeMap::from([
        ("action", name.to_owned()),
        (
            "access-level",
            action
                .access_level
                .map_or_else(dash, |level| level.name().to_owned()),
        ),
        (
            "method",
            route.map_or_else(dash, |route| route.method.clone()),
        ),
        ("path", route.map_or_else(dash, |route| route.path.clone())),
        (
            "status",
            route.map_or_else(dash, |route| route.success_status.to_string()),
        ),
        ("resources", list(&resources)),
        ("binding", list(&bindings(action))),
        ("condition-keys", list(&action.condition_keys)),
        (
            "request-tags",
            action.request_tags.clone().unwrap_or_else(dash),
        ),
        ("dependent-actions", list(&dependent_actions)),
        ("former-names", list(&action.former_names)),
        (
            "lifecycle",
            match action.lifecycle.state {
                LifecycleState::Continues => "continues",
                LifecycleState::Ended => "ended",
                LifecycleState::Unclear => "unclear",
            }
            .to_owned(),
        ),
        ("sources", list(&action.sources)),
        (
            "note",
            action
                .note
                .as_ref()
                .map_or_else(dash, |_| "disputed".to_owned()),
        ),
    ])
}

fn bindings(action: &Action) -> Vec<String> {
    let fields = action
        .resources
        .iter()
        .flat_map(|resource| &resource.fields);
    let bindings: BTreeSet<_> = fields
        .map(|placeholder| match action.binding(placeholder) {
            Some(Binding::Path(parameter)) => format!("{}={{{parameter}}}", placeholder.name),
            Some(Binding::Pinned(value)) => format!("{}={value}", placeholder.name),
            Some(Binding::Request(place)) => format!("{}={place}", placeholder.name),
            Some(Binding::WholeArn(parameter)) => format!("*={{{parameter}}}"),
            Some(Binding::WholeArnInRequest(place)) => format!("*={place}"),
            None => format!("{}=nothing", placeholder.name),
        })
        .collect();
    bindings.into_iter().collect()
}

/// Returns what the catalog attributes to `documents`, as document, action, method and ARN.
fn seen_rows(catalog: &Catalog, documents: &[&str]) -> BTreeSet<Vec<String>> {
    let mut rows = BTreeSet::new();
    for service in catalog.services() {
        for action in service.actions() {
            let name = format!("{}:{}", service.prefix, action.name);
            for document in documents {
                rows.extend(seen_rows_of(&name, action, document));
            }
        }
    }
    rows
}

fn seen_rows_of(name: &str, action: &Action, document: &str) -> Vec<Vec<String>> {
    let row = |method: Option<&str>, arn: Option<&str>| {
        [document, name, method.unwrap_or("-"), arn.unwrap_or("-")]
            .map(str::to_owned)
            .to_vec()
    };
    // Methods are compared only for the table of 2018. Unless the row differs, its method is that of the route.
    let route = action
        .route
        .as_ref()
        .filter(|_| document == "developer-guide-2018");
    let method = route.map(|route| route.method.as_str());
    let mut rows: Vec<_> = action
        .seen
        .iter()
        .filter(|seen| seen.source == document)
        .map(|seen| row(seen.method.as_deref().or(method), seen.arn.as_deref()))
        .collect();
    // Each of the two original documents has a row even if it contains only the name of the action.
    if rows.is_empty()
        && DEVELOPER_GUIDES.contains(&document)
        && action.sources.iter().any(|source| source == document)
    {
        rows.push(row(None, None));
    }
    rows
}

/// Sorts a list, because its order is not significant.
fn list(items: &[String]) -> String {
    let mut sorted: Vec<_> = items.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    match sorted.is_empty() {
        true => "-".to_owned(),
        false => sorted.join(" "),
    }
}

/// Fails with a line for each entry that is on one side only and for each column that differs.
fn assert_agree(
    key: &str,
    facts: &Table<'_>,
    entries: &BTreeMap<String, BTreeMap<&'static str, String>>,
) -> TestResult {
    let mut faults = Vec::new();
    let mut known = BTreeSet::new();
    for row in &facts.rows {
        let name = row.get(key);
        known.insert(name);
        let Some(columns) = entries.get(name) else {
            faults.push(format!("{name}: in the facts, not in the catalog"));
            continue;
        };
        for column in &facts.columns {
            let fact = list(
                &row.get(column)
                    .split(' ')
                    .map(str::to_owned)
                    .collect::<Vec<_>>(),
            );
            let entry = columns
                .get(column)
                .ok_or_else(|| format!("nothing is compared with the column `{column}`"))?;
            if *entry != fact {
                faults.push(format!(
                    "{name}: {column} is `{entry}` in the catalog and `{fact}` in the facts"
                ));
            }
        }
    }
    for name in entries.keys().filter(|name| !known.contains(name.as_str())) {
        faults.push(format!("{name}: in the catalog, not in the facts"));
    }
    assert!(
        faults.is_empty(),
        "catalog and facts disagree:\n{}",
        faults.join("\n")
    );
    Ok(())
}

/// Fails with a line for each row that is on one side only.
fn assert_same_rows(file: &str, facts: &Table<'_>, found: BTreeSet<Vec<String>>) -> TestResult {
    // The position in a document is only for readers of the file. The catalog does not contain it.
    let columns = facts.columns.iter().filter(|column| **column != "where");
    let expected: BTreeSet<Vec<String>> = facts
        .rows
        .iter()
        .map(|row| {
            columns
                .clone()
                .map(|column| row.get(column).to_owned())
                .collect()
        })
        .collect();
    let mut faults = Vec::new();
    for row in expected.difference(&found) {
        faults.push(format!("{}: in {file}, not in the catalog", row.join(" ")));
    }
    for row in found.difference(&expected) {
        faults.push(format!("{}: in the catalog, not in {file}", row.join(" ")));
    }
    assert!(
        faults.is_empty(),
        "catalog and {file} disagree:\n{}",
        faults.join("\n")
    );
    Ok(())
}

/// A file of facts: tab-separated, with comments first, followed by the names of the columns.
struct Table<'a> {
    columns: Vec<&'a str>,
    rows: Vec<Row<'a>>,
}

struct Row<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Table<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let columns: Vec<_> = lines.next().ok_or("no columns")?.split('\t').collect();
        let rows = lines
            .map(|line| {
                let values: Vec<_> = line.split('\t').collect();
                match values.len() == columns.len() {
                    true => Ok(Row(columns.iter().copied().zip(values).collect())),
                    false => Err(format!("{} columns expected: {line}", columns.len())),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { columns, rows })
    }
}

impl<'a> Row<'a> {
    /// Returns the value of a column. If the column does not exist, returns a text that does not equal any fact.
    fn get(&self, column: &str) -> &'a str {
        self.0.get(column).copied().unwrap_or("(no such column)")
    }
}
