//! Measures decisions on adversarial policies and requests: `cargo bench --bench adversarial`.
//!
//! Each case combines a policy of a given length with a request whose ARN, or whose longest context value, has a given
//! length. Both lengths are doubled, one at a time, up to AWS's limits: 6,144 characters for a managed policy and 2,048
//! for an ARN. If the cost is linear in a length, it at most doubles when the length doubles. The patterns end with
//! `*`, because for other patterns the last character is compared first.

use std::hint::black_box;

use pinpoint_iam::context::Context;
use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam::request::RequestedAction;
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Arn, Authorizer, Policy, Principal, Request};
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::{Clock, Watch, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_benches::workload::{ACCOUNT, CALLER, REGION, scope};
use serde_json::{Map, Value, json};

const POLICY_LENGTHS: [usize; 4] = [768, 1_536, 3_072, 6_144];
const REQUEST_LENGTHS: [usize; 4] = [256, 512, 1_024, 2_048];
const ROUNDS: usize = 31;
const ACTION: &str = "mobiletargeting:GetApp";

/// One kind of adversarial input.
struct Case {
    name: &'static str,
    why: &'static str,
    /// Makes the statement, with the given number of its repeated parts.
    statement: fn(usize) -> Value,
    /// Makes the resource and the user agent, of the given length.
    request: fn(usize) -> (String, String),
}

const CASES: &[Case] = &[
    Case {
        name: "stars",
        why: "`a*a*…b*` against `aaa…`: what makes a backtracking matcher exponential",
        statement: |size| on([format!("{}b*", "a*".repeat(size))]),
        request: |length| (resource(length, "a"), String::new()),
    },
    Case {
        name: "late mismatch",
        why: "`*aaa…b*` against `aaa…`: every place almost matches",
        statement: |size| on([format!("*{}b*", "a".repeat(size))]),
        request: |length| (resource(length, "a"), String::new()),
    },
    Case {
        name: "no literal prefix",
        why: "as many short patterns as fit, each starting with `*`: an index by prefix does not help",
        statement: |size| on((0..size).map(|index| format!("*a{index}b*"))),
        request: |length| (resource(length, "a"), String::new()),
    },
    Case {
        name: "nested prefixes",
        why: "`a*`, `aa*`, `aaa*` …, each with a rest that never matches: every prefix of the resource is a candidate",
        statement: |size| on((1..=size).map(|length| format!("{}*b*", "a".repeat(length)))),
        request: |length| (resource(length, "a"), String::new()),
    },
    Case {
        name: "patterns on a value",
        why: "`StringLike` with as many patterns as fit, all tried on one long user agent",
        statement: |size| {
            let patterns: Vec<_> = (0..size).map(|index| format!("*a*a*{index}b*")).collect();
            json!({
                "Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": {"StringLike": {"aws:UserAgent": patterns}},
            })
        },
        request: |length| (resource(128, "a"), "a".repeat(length)),
    },
    Case {
        name: "variables",
        why: "as many patterns with a policy variable as fit: none can be prepared when the policy loads",
        statement: |size| on((0..size).map(|index| format!("${{aws:UserAgent}}*{index}b*"))),
        request: |length| (resource(length, "a"), "a".to_owned()),
    },
    Case {
        name: "everything but",
        why: "`NotAction` and `NotResource` with as many exceptions as fit, each tried to the end",
        statement: |size| {
            let patterns: Vec<_> = (0..size)
                .map(|index| arn(&format!("*a{index}b*")))
                .collect();
            json!({"Effect": "Deny", "NotAction": "s3:*", "NotResource": patterns})
        },
        request: |length| (resource(length, "a"), String::new()),
    },
];

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let mut figures = Map::new();
    for case in CASES {
        println!("{}: {}", case.name, case.why);
        let mut table = Table::new(["policy, characters", "request, bytes", "ns", "growth"]);
        let mut rows = Vec::new();
        let longest_request = REQUEST_LENGTHS.last().copied().unwrap_or_default();
        let longest_policy = POLICY_LENGTHS.last().copied().unwrap_or_default();
        let by_policy = POLICY_LENGTHS.map(|policy| (policy, longest_request));
        let by_request = REQUEST_LENGTHS.map(|request| (longest_policy, request));
        for lengths in [by_policy, by_request] {
            let prepared = lengths
                .iter()
                .map(|(policy, request)| Prepared::new(case, *policy, *request))
                .collect::<Result<Vec<_>, _>>()?;
            let mut before = None;
            for (prepared, nanoseconds) in prepared.iter().zip(times(&prepared)?) {
                let growth = before.map(|before| nanoseconds / before);
                before = Some(nanoseconds);
                table.row([
                    figure(prepared.policy as f64),
                    figure(prepared.request as f64),
                    figure(nanoseconds),
                    growth.map(figure).unwrap_or_default(),
                ]);
                rows.push(json!({
                    "policy": prepared.policy,
                    "request": prepared.request,
                    "nanoseconds": nanoseconds,
                    "growth": growth,
                }));
            }
        }
        table.print();
        figures.insert(case.name.to_owned(), rows.into());
    }
    publish(watch, "adversarial", &figures.into())
}

fn arn(resource: &str) -> String {
    format!("arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/{resource}")
}

/// Returns a statement that allows everything on the given resources.
fn on(resources: impl IntoIterator<Item = String>) -> Value {
    let resources: Vec<_> = resources
        .into_iter()
        .map(|resource| arn(&resource))
        .collect();
    json!({"Effect": "Allow", "Action": "*", "Resource": resources})
}

/// Returns an ARN of the given length, padded with `letter`.
fn resource(length: usize, letter: &str) -> String {
    let missing = length.saturating_sub(arn("").len());
    arn(&letter.repeat(missing))
}

/// A policy and a request, ready for a decision.
struct Prepared {
    authorizer: Authorizer,
    caller: Principal,
    context: Context,
    resource: String,
    /// The policy's length as AWS counts it.
    policy: usize,
    /// The length of the request's longest text.
    request: usize,
}

impl Prepared {
    fn new(case: &Case, policy: usize, request: usize) -> Result<Self, Failure> {
        let text = longest(case.statement, policy);
        let document = Document::parse(&text)?;
        document.validate(PolicyKind::IdentityManaged)?;
        let mut store = PolicyStore::new();
        store
            .identity(CALLER)?
            .attach(Policy::new("worst", document));
        let (resource, agent) = (case.request)(request);
        let mut context = Context::new();
        context.insert("aws:UserAgent", agent.as_str());
        Ok(Self {
            authorizer: Authorizer::builder().scope(scope()).source(store).build()?,
            caller: Principal::from_arn(CALLER)?,
            context,
            policy: text.len(),
            request: resource.len().max(agent.len()),
            resource,
        })
    }

    fn decide(&self) -> Result<bool, Failure> {
        let request = Request::new(
            &self.caller,
            RequestedAction::parse(ACTION)?,
            RequestedResource::Arn(Arn::parse(&self.resource)?),
            &self.context,
        );
        Ok(self.authorizer.decide(&request).is_allowed())
    }
}

/// Returns the longest document of this kind that has at most `limit` characters.
fn longest(statement: fn(usize) -> Value, limit: usize) -> String {
    let document =
        |size: usize| json!({"Version": "2012-10-17", "Statement": [statement(size)]}).to_string();
    let (mut fits, mut too_long) = (0, limit);
    while fits + 1 < too_long {
        let middle = fits.midpoint(too_long);
        if document(middle).len() <= limit {
            fits = middle;
        } else {
            too_long = middle;
        }
    }
    document(fits)
}

/// Returns the median time of a decision for each of `prepared`, measured in interleaved turns.
fn times(prepared: &[Prepared]) -> Result<Vec<f64>, Failure> {
    let mut times = vec![Vec::with_capacity(ROUNDS); prepared.len()];
    for round in 0..=ROUNDS {
        for (prepared, times) in prepared.iter().zip(&mut times) {
            let count = 50;
            let clock = Clock::start();
            for _ in 0..count {
                if black_box(prepared).decide()? {
                    return Err("a request that nothing allows was allowed".into());
                }
            }
            // In the first round, the policies are compiled.
            if round > 0 {
                times.push(clock.elapsed().as_secs_f64() * 1e9 / f64::from(count));
            }
        }
    }
    Ok(times.iter().map(|times| median(times)).collect())
}
