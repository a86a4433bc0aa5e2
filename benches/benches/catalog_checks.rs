//! Measures how long the comparison with the catalogs takes when policies are loaded: `cargo bench --bench catalog_checks`.
//!
//! The built-in catalogs are always registered. Without catalogs means that the same policies name another service, so
//! that there is nothing to compare.

use std::hint::black_box;

use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, MismatchLevel, Policy};
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::{Clock, Watch, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_benches::workload::{CALLER, Workload, scope};
use serde_json::{Value, json};

const ROUNDS: usize = 11;

/// The number of generated policies.
const POLICIES: usize = 800;

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let mut table = Table::new(["", "with catalogs", "without", "slower by", "goal"]);
    let mut figures = serde_json::Map::new();
    for (name, documents) in [
        ("W4".to_owned(), Workload::named("W4")?.documents),
        (format!("{POLICIES} policies"), generated()),
    ] {
        let others: Vec<String> = documents
            .iter()
            .map(|document| document.replace("mobiletargeting", "mobiletargetinh"))
            .collect();
        let [mut with, mut without] = [const { Vec::new() }; 2];
        // Alternately, so that both are measured under the same load.
        for _ in 0..ROUNDS {
            with.push(load(&documents)?);
            without.push(load(&others)?);
        }
        let (with, without) = (median(&with) * 1e3, median(&without) * 1e3);
        let slower = (with / without - 1.0) * 100.0;
        table.row([
            name.clone(),
            format!("{} ms", figure(with)),
            format!("{} ms", figure(without)),
            format!("{slower:.1} %"),
            "10 %".to_owned(),
        ]);
        figures.insert(
            name,
            json!({"with_ms": with, "without_ms": without, "slower_percent": slower}),
        );
    }
    table.print();
    publish(watch, "catalog_checks", &Value::Object(figures))
}

/// Returns the processor time in seconds that it takes to parse, check and compile the documents.
fn load(documents: &[String]) -> Result<f64, Failure> {
    let clock = Clock::start();
    let mut store = PolicyStore::new();
    let identity = store.identity(CALLER)?;
    for (index, text) in documents.iter().enumerate() {
        identity.attach(Policy::new(
            &format!("policy-{index}"),
            Document::parse(text)?,
        ));
    }
    let authorizer = Authorizer::builder()
        .scope(scope())
        .source(store)
        .warn_about_keys_without_source()
        .catalog_mismatches(MismatchLevel::RejectAll)
        .build()?;
    let seconds = clock.elapsed().as_secs_f64();
    black_box(authorizer);
    Ok(seconds)
}

/// Returns policies as an application with many roles has them: wildcards, exemptions and conditions.
fn generated() -> Vec<String> {
    let policy = |number: usize| {
        let arn = format!("arn:aws:mobiletargeting:*:123456789012:apps/{number:032x}");
        let statements = json!([
            {"Effect": "Allow", "Action": ["mobiletargeting:Get*", "mobiletargeting:List*"], "Resource": "*"},
            {"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": [arn, format!("{arn}/*")],
             "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}},
            {"Effect": "Allow", "Action": ["mobiletargeting:UpdateCampaign", "mobiletargeting:DeleteCampaign"],
             "Resource": [format!("{arn}/campaigns/*"), "arn:aws:mobiletargeting:*:*:apps/*/campaigns/*"]},
            {"Effect": "Deny", "Action": "mobiletargeting:*Segment*", "Resource": format!("{arn}/segments/*"),
             "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}},
            {"Effect": "Deny", "NotAction": ["mobiletargeting:Get*", "mobiletargeting:UpdateJourney"],
             "NotResource": [arn, format!("{arn}/*")]}
        ]);
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    };
    (0..POLICIES).map(policy).collect()
}
