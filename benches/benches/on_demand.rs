//! Measures what the look-up of a principal in the cache adds to a decision:
//! `cargo bench -p pinpoint-iam-benches --features production --bench on_demand`.

use std::collections::HashMap;
use std::hint::black_box;

use pinpoint_iam::context::Context;
use pinpoint_iam::freshness::Revision;
use pinpoint_iam::mobiletargeting::{App, GetApp};
use pinpoint_iam::source::{
    IdentityRecord, PolicyRecord, PrincipalFuture, PrincipalRecords, PrincipalRequest,
    PrincipalSource,
};
use pinpoint_iam::{Authorizer, Principal, PrincipalCache};
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::{Clock, Watch, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_benches::workload::many_principals::ManyPrincipals;
use pinpoint_iam_benches::workload::scope;
use serde_json::{Map, json};

const PRINCIPALS: usize = 10_000;
const POLICIES: usize = 200;
const ATTACHED: usize = 5;
const ROUNDS: usize = 301;
const TURN: usize = 2_048;

/// The records of all principals.
struct Memory(HashMap<String, IdentityRecord>);

impl Memory {
    fn of(many: &ManyPrincipals) -> Self {
        let documents = many.documents();
        let records = many.attachments().map(|(arn, attached)| {
            let mut record = IdentityRecord::new(&*arn);
            for (number, document) in attached
                .iter()
                .filter_map(|number| Some((number, documents.get(*number)?)))
            {
                let policy = PolicyRecord::managed(format!("managed-{number}"), "v1");
                record.policies.push(policy.with_document(document.clone()));
            }
            (arn, record)
        });
        Self(records.collect())
    }
}

impl PrincipalSource for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn policies_of<'a>(&'a self, request: PrincipalRequest<'a>) -> PrincipalFuture<'a> {
        Box::pin(async move {
            let mut records = PrincipalRecords::new(Revision::new("1"));
            let found = request.identities.iter().filter_map(|arn| self.0.get(arn));
            records.identities = found.cloned().collect();
            Ok(records)
        })
    }
}

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let many = ManyPrincipals::new(PRINCIPALS, POLICIES, ATTACHED);
    let embedded = many.authorizer()?;
    let day = std::time::Duration::from_secs(86_400);
    let cache = PrincipalCache::new().max_bytes(1 << 30).time_to_live(day);
    let on_demand = Authorizer::builder()
        .scope(scope())
        .principal_source(Memory::of(&many), cache)
        .build()?;
    let questions = (0..PRINCIPALS).map(|index| many.question(index));
    let questions = questions.collect::<Result<Vec<_>, _>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for (principal, _) in &questions {
        if !runtime.block_on(on_demand.load(principal)) {
            return Err(format!("{principal} was not loaded").into());
        }
    }
    many.ask_all(&on_demand)?;
    let mut table = Table::new(["ns per decision", "embedded", "on demand, hit", "added"]);
    let mut figures = Map::new();
    for callers in [16, PRINCIPALS] {
        let questions = questions.get(..callers).ok_or("too few principals")?;
        let (mut before, mut after, mut added) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            // Each turn continues with the next principals.
            let [plain, looked_up] = match round.is_multiple_of(2) {
                true => [
                    time(&embedded, questions, round),
                    time(&on_demand, questions, round),
                ],
                false => {
                    let looked_up = time(&on_demand, questions, round);
                    [time(&embedded, questions, round), looked_up]
                }
            };
            // The first round is a warm-up.
            if round > 0 {
                before.push(plain);
                after.push(looked_up);
                added.push(looked_up - plain);
            }
        }
        let (before, after, added) = (median(&before), median(&after), median(&added));
        table.row([
            format!("{callers} principals"),
            figure(before),
            figure(after),
            figure(added),
        ]);
        let row = json!({"embedded_ns": before, "on_demand_ns": after, "added_ns": added});
        figures.insert(callers.to_string(), row);
    }
    table.print();
    publish(watch, "on_demand", &figures.into())
}

fn time(authorizer: &Authorizer, questions: &[(Principal, App)], round: usize) -> f64 {
    let context = Context::new();
    let start = round * TURN % questions.len().max(1);
    let turn = questions.iter().cycle().skip(start).take(TURN);
    let clock = Clock::start();
    for (principal, app) in turn {
        black_box(
            authorizer
                .guard(principal, &context)
                .check(GetApp, app)
                .is_ok(),
        );
    }
    clock.elapsed().as_secs_f64() * 1e9 / TURN as f64
}
