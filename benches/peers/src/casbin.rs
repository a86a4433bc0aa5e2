//! casbin: one row per statement, with our own matcher.
//!
//! casbin's `keyMatch` treats everything after a `*` as matched, and therefore allows too much. The matcher used here
//! is that of the linear scan. Several actions or resources share one column, separated by spaces, because rows cost
//! more than the length of their columns. Condition keys are columns of the request, and conditions are columns of the
//! row, empty if the statement does not have them.

use ::casbin::function_map::{OperatorFunction, dynamic_to_str};
use ::casbin::rhai::Dynamic;
use ::casbin::{CoreApi, DefaultModel, Enforcer, MgmtApi, NullAdapter};

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::engine::{Engine, ask, glob};
use pinpoint_iam_benches::workload::{PlainCondition, PlainStatement, Question, TEAM, Workload};

/// The casbin engine.
pub struct Casbin {
    enforcer: Enforcer,
    requests: Vec<Vec<String>>,
}

const PLAIN: &str = "
[request_definition]
r = act, res

[policy_definition]
p = act, res, eft

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = glob(r.act, p.act) && glob(r.res, p.res)
";

const WITH_CONDITIONS: &str = "
[request_definition]
r = act, res, team, mfa, agent, ip, age, time

[policy_definition]
p = act, res, eft, team, mfa, agent, network, age, before

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = glob(r.act, p.act) && glob(r.res, p.res) && (p.team == \"\" || r.team == p.team) && (p.mfa == \"\" || r.mfa == p.mfa) && (p.agent == \"\" || agent(r.agent, p.agent)) && (p.network == \"\" || within(r.ip, p.network)) && (p.age == \"\" || less(r.age, p.age)) && (p.before == \"\" || r.time < p.before)
";

impl Casbin {
    /// Loads the policies and creates the requests.
    ///
    /// # Errors
    ///
    /// If casbin rejects a row.
    pub fn load(workload: &Workload) -> Result<Self, Failure> {
        let statements = workload.statements()?;
        let with_conditions = statements
            .iter()
            .any(|statement| !statement.conditions.is_empty());
        Ok(Self {
            enforcer: enforcer(&statements, with_conditions)?,
            requests: workload
                .questions
                .iter()
                .map(|question| request(question, with_conditions))
                .collect(),
        })
    }
}

/// Creates the enforcer for the given statements.
///
/// # Errors
///
/// If casbin rejects a row.
pub fn enforcer(statements: &[PlainStatement], with_conditions: bool) -> Result<Enforcer, Failure> {
    let model = if with_conditions {
        WITH_CONDITIONS
    } else {
        PLAIN
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let rows = statements
        .iter()
        .map(|statement| row(statement, with_conditions))
        .collect();
    runtime.block_on(async {
        let model = DefaultModel::from_str(model).await?;
        let mut enforcer = Enforcer::new(model, NullAdapter).await?;
        enforcer.add_function("glob", OperatorFunction::Arg2(glob));
        enforcer.add_function("agent", OperatorFunction::Arg2(agent));
        enforcer.add_function("within", OperatorFunction::Arg2(within));
        enforcer.add_function("less", OperatorFunction::Arg2(less));
        enforcer.add_policies(rows).await?;
        Ok(enforcer)
    })
}

/// Returns whether the text matches one of the patterns.
fn glob(text: Dynamic, patterns: Dynamic) -> Dynamic {
    let (text, patterns) = (dynamic_to_str(&text), dynamic_to_str(&patterns));
    patterns
        .split(' ')
        .any(|pattern| glob::matches(pattern.as_bytes(), text.as_bytes()))
        .into()
}

/// Returns whether the user agent, which may contain spaces, matches the pattern.
fn agent(text: Dynamic, pattern: Dynamic) -> Dynamic {
    let (text, pattern) = (dynamic_to_str(&text), dynamic_to_str(&pattern));
    glob::matches(pattern.as_bytes(), text.as_bytes()).into()
}

/// Returns whether the address is in the network. A network is written as its leading bytes, such as `203.0.113.`.
fn within(address: Dynamic, network: Dynamic) -> Dynamic {
    dynamic_to_str(&address)
        .starts_with(dynamic_to_str(&network).as_ref())
        .into()
}

fn less(number: Dynamic, limit: Dynamic) -> Dynamic {
    let [number, limit] = [number, limit].map(|text| dynamic_to_str(&text).parse::<i64>());
    matches!((number, limit), (Ok(number), Ok(limit)) if number < limit).into()
}

fn row(statement: &PlainStatement, with_conditions: bool) -> Vec<String> {
    let effect = if statement.allows { "allow" } else { "deny" };
    let mut row = vec![
        statement.actions.join(" "),
        statement.resources.join(" "),
        effect.to_owned(),
    ];
    if with_conditions {
        row.extend(columns(statement));
    }
    row
}

fn columns(statement: &PlainStatement) -> [String; 6] {
    let [
        mut team,
        mut factor,
        mut agent,
        mut network,
        mut age,
        mut before,
    ] = [const { String::new() }; 6];
    for condition in &statement.conditions {
        match condition {
            PlainCondition::Team(expected) => team.clone_from(expected),
            PlainCondition::MultiFactor(expected) => factor = expected.to_string(),
            PlainCondition::UserAgent(pattern) => agent.clone_from(pattern),
            PlainCondition::Network { address, length } => {
                let bytes = usize::try_from(length / 8).unwrap_or(4);
                for byte in address.octets().iter().take(bytes) {
                    network.push_str(&format!("{byte}."));
                }
            }
            PlainCondition::YoungerThan(seconds) => age = seconds.to_string(),
            PlainCondition::Before(time) => before.clone_from(time),
        }
    }
    [team, factor, agent, network, age, before]
}

fn request(question: &Question, with_conditions: bool) -> Vec<String> {
    let mut request = vec![question.action.clone(), question.resource.clone()];
    if with_conditions {
        let facts = &question.context;
        request.extend([
            TEAM.to_owned(),
            facts.multi_factor.to_string(),
            facts.user_agent.to_owned(),
            facts.source.to_string(),
            facts.multi_factor_age.to_string(),
            facts.now_text().to_owned(),
        ]);
    }
    request
}

impl Engine for Casbin {
    fn name(&self) -> &'static str {
        "casbin 2, own matcher"
    }

    fn run(&self, first: usize, count: usize) -> usize {
        ask(&self.requests, first, count, |request| {
            self.enforcer
                .enforce(request.clone())
                .is_ok_and(|allowed| allowed)
        })
    }
}
