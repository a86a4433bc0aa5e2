//! Measures what the look-up of a principal in the cache adds to a request:
//! `cargo bench -p pinpoint-iam-benches --features production --bench on_demand`.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use pinpoint_iam::context::Context;
use pinpoint_iam::mobiletargeting::{App, GetApp};
use pinpoint_iam::{Authorizer, Principal};
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::{Clock, Watch, median};
use pinpoint_iam_benches::random::Random;
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_benches::workload::many_principals::ManyPrincipals;
use pinpoint_iam_benches::workload::{SEED, on_demand};
use serde_json::{Map, json};

const PRINCIPALS: usize = 10_000;
const POLICIES: usize = 200;
const ATTACHED: usize = 5;
const ROUNDS: usize = 301;
const TURN: usize = 2_048;

/// An entry of the baseline, as large as the policies of a principal in the cache.
type Entry = Arc<[u64]>;

/// What is measured in turns.
const STEPS: [&str; 5] = [
    "guard, in memory",
    "guard, on demand",
    "decision, in memory",
    "decision, on demand",
    "map",
];

/// A caller with its question, and its key in the map.
struct Asked {
    principal: Principal,
    app: App,
    key: u64,
}

struct Measured {
    in_memory: Authorizer,
    on_demand: Authorizer,
    /// The baseline: a look-up in it reads a number and the start of an entry, and counts a reference to it.
    map: HashMap<u64, Entry>,
}

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let many = ManyPrincipals::new(PRINCIPALS, POLICIES, ATTACHED);
    let mut random = Random::new(SEED);
    let asked = (0..PRINCIPALS).map(|index| {
        let (principal, app) = many.question(index)?;
        let key = random.bits();
        Ok(Asked {
            principal,
            app,
            key,
        })
    });
    let mut asked = asked.collect::<Result<Vec<_>, Failure>>()?;
    let on_demand = on_demand::authorizer(&many)?;
    let counts = on_demand.principal_cache_counts();
    let bytes = usize::try_from(counts.entry_bytes / counts.entries.max(1))?;
    let entry = vec![0; bytes / size_of::<u64>()];
    let measured = Measured {
        in_memory: many.authorizer()?,
        on_demand,
        map: asked
            .iter()
            .map(|asked| (asked.key, Entry::from(&*entry)))
            .collect(),
    };
    shuffle(&mut asked, &mut random);
    let mut head = vec!["ns".to_owned()];
    head.extend(STEPS.map(str::to_owned));
    head.extend([
        "added to a guard".to_owned(),
        "added to a request".to_owned(),
    ]);
    let mut table = Table::new(head);
    let mut figures = Map::new();
    for callers in [16, PRINCIPALS] {
        let asked = asked.get(..callers).ok_or("too few principals")?;
        let mut times = STEPS.map(|_| Vec::new());
        for round in 0..=ROUNDS {
            for position in 0..STEPS.len() {
                // The first step of a round changes from round to round.
                let step = (position + round) % STEPS.len();
                let time = measured.time(step, asked, round);
                // The first round is a warm-up.
                if let (Some(times), true) = (times.get_mut(step), round > 0) {
                    times.push(time);
                }
            }
        }
        let [guard, found, decision, with_look_up, map] = &times;
        let added = |less: &[f64], more: &[f64]| {
            let added = less.iter().zip(more).map(|(less, more)| more - less);
            median(&added.collect::<Vec<_>>())
        };
        let (look_up, whole) = (added(guard, found), added(decision, with_look_up));
        let mut row = vec![format!("{callers} principals")];
        row.extend(times.iter().map(|times| figure(median(times))));
        row.extend([figure(look_up), figure(whole)]);
        table.row(row);
        let row = json!({
            "guard_in_memory_ns": median(guard),
            "guard_on_demand_ns": median(found),
            "decision_in_memory_ns": median(decision),
            "decision_on_demand_ns": median(with_look_up),
            "map_ns": median(map),
            "guard_added_ns": look_up,
            "request_added_ns": whole,
        });
        figures.insert(callers.to_string(), row);
    }
    table.print();
    println!("each entry of the cache, and of the map: {bytes} bytes");
    publish(watch, "on_demand", &figures.into())
}

impl Measured {
    /// Returns the nanoseconds of one step, for the next callers.
    fn time(&self, step: usize, asked: &[Asked], round: usize) -> f64 {
        let context = Context::new();
        let start = round * TURN % asked.len().max(1);
        let turn = asked.iter().cycle().skip(start).take(TURN);
        let clock = Clock::start();
        match step {
            0 => turn.for_each(|asked| {
                black_box(self.in_memory.guard(&asked.principal, &context));
            }),
            1 => turn.for_each(|asked| {
                black_box(self.on_demand.guard(&asked.principal, &context));
            }),
            2 => turn.for_each(|asked| decide(&self.in_memory, asked, &context)),
            3 => turn.for_each(|asked| decide(&self.on_demand, asked, &context)),
            _ => turn.for_each(|asked| {
                black_box(self.map.get(&asked.key).cloned());
            }),
        }
        clock.elapsed().as_secs_f64() * 1e9 / TURN as f64
    }
}

fn decide(authorizer: &Authorizer, asked: &Asked, context: &Context) {
    let guard = authorizer.guard(&asked.principal, context);
    black_box(guard.check(GetApp, &asked.app).is_ok());
}

fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for end in (1..items.len()).rev() {
        items.swap(end, random.below(end + 1));
    }
}
