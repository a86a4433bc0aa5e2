//! cedar-policy: every statement becomes one policy in Cedar's language.
//!
//! An action pattern with a wildcard becomes a group whose members are the actions that it matches. Resource patterns
//! are translated in two ways, and both are measured:
//!
//! - entities: a resource is a member of every prefix that the policies name (`apps/a1/campaigns/`), and only a
//!   pattern with another wildcard is matched as text;
//! - texts: every pattern is a `like` on the resource's ARN.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression,
};

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::engine::{Engine, ask, glob};
use pinpoint_iam_benches::workload::{PlainCondition, PlainStatement, Question, TEAM, Workload};

/// How resource patterns are translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resources {
    /// As membership in entities.
    Entities,
    /// As `like` on the ARN.
    Texts,
}

/// The cedar-policy engine.
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    requests: Vec<Request>,
    resources: Resources,
}

impl Cedar {
    /// Loads the policies, the entities and the requests.
    ///
    /// # Errors
    ///
    /// If Cedar rejects one of them.
    pub fn load(workload: &Workload, resources: Resources) -> Result<Self, Failure> {
        let statements = workload.statements()?;
        Ok(Self {
            authorizer: Authorizer::new(),
            policies: PolicySet::from_str(&policies(&statements, resources))?,
            entities: entities(workload, &statements, resources)?,
            requests: workload
                .questions
                .iter()
                .map(request)
                .collect::<Result<_, _>>()?,
            resources,
        })
    }
}

impl Engine for Cedar {
    fn name(&self) -> &'static str {
        match self.resources {
            Resources::Entities => "cedar-policy 4, entities",
            Resources::Texts => "cedar-policy 4, `like`",
        }
    }

    fn run(&self, first: usize, count: usize) -> usize {
        ask(&self.requests, first, count, |request| {
            let response = self
                .authorizer
                .is_authorized(request, &self.policies, &self.entities);
            response.decision() == Decision::Allow
        })
    }
}

/// Returns the policies in Cedar's language.
pub fn policies(statements: &[PlainStatement], resources: Resources) -> String {
    let mut text = String::new();
    for statement in statements {
        let effect = if statement.allows { "permit" } else { "forbid" };
        let actions: Vec<_> = statement
            .actions
            .iter()
            .map(|action| format!("Action::\"{action}\""))
            .collect();
        let actions = match actions.as_slice() {
            [only] => only.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let matches: Vec<_> = statement
            .resources
            .iter()
            .map(|pattern| resource(pattern, resources))
            .collect();
        let (scope, matched) = match (resources, matches.as_slice()) {
            (Resources::Entities, [only]) if !only.contains(" like ") => (only.as_str(), None),
            _ => ("resource", Some(matches.join(" || "))),
        };
        let conditions: Vec<_> = matched
            .into_iter()
            .map(|matched| format!("({matched})"))
            .chain(statement.conditions.iter().map(condition))
            .collect();
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{effect}(principal, action in {actions}, {scope})");
        if !conditions.is_empty() {
            let _ = write!(text, " when {{ {} }}", conditions.join(" && "));
        }
        text.push_str(";\n");
    }
    text
}

fn resource(pattern: &str, resources: Resources) -> String {
    match (resources, pattern.split_once('*')) {
        (Resources::Entities, None) => format!("resource == Resource::\"{pattern}\""),
        (Resources::Entities, Some((prefix, ""))) => format!("resource in Prefix::\"{prefix}\""),
        _ => format!("resource.arn like \"{pattern}\""),
    }
}

fn condition(condition: &PlainCondition) -> String {
    match condition {
        PlainCondition::Team(team) => format!("context.team == \"{team}\""),
        PlainCondition::MultiFactor(expected) => format!("context.mfa == {expected}"),
        PlainCondition::UserAgent(pattern) => format!("context.agent like \"{pattern}\""),
        PlainCondition::Network { address, length } => {
            format!("context.source.isInRange(ip(\"{address}/{length}\"))")
        }
        PlainCondition::YoungerThan(seconds) => format!("context.age < {seconds}"),
        PlainCondition::Before(time) => format!("context.now < datetime(\"{time}\")"),
    }
}

fn entity(kind: &str, id: &str) -> Result<EntityUid, Failure> {
    Ok(EntityUid::from_type_name_and_id(
        EntityTypeName::from_str(kind)?,
        EntityId::new(id),
    ))
}

/// Returns the actions and resources of the questions, each as a member of the patterns in the policies that match it.
fn entities(
    workload: &Workload,
    statements: &[PlainStatement],
    resources: Resources,
) -> Result<Entities, Failure> {
    let patterns = |of: fn(&PlainStatement) -> &[String]| -> BTreeSet<&str> {
        let all = statements.iter().flat_map(of).map(String::as_str);
        all.filter(|pattern| pattern.contains('*')).collect()
    };
    let groups = patterns(|statement| &statement.actions);
    let prefixes: BTreeSet<_> = match resources {
        Resources::Entities => patterns(|statement| &statement.resources)
            .into_iter()
            .filter_map(|pattern| pattern.strip_suffix('*'))
            .filter(|prefix| !prefix.contains('*'))
            .collect(),
        Resources::Texts => BTreeSet::new(),
    };
    let mut entities = HashMap::new();
    for question in &workload.questions {
        let action = entity("Action", &question.action)?;
        let member_of = groups
            .iter()
            .filter(|group| glob::matches(group.as_bytes(), question.action.as_bytes()))
            .map(|group| entity("Action", group))
            .collect::<Result<HashSet<_>, _>>()?;
        entities.insert(action.clone(), Entity::new_no_attrs(action, member_of));

        let resource = entity("Resource", &question.resource)?;
        let member_of = (1..=question.resource.len())
            .filter_map(|end| question.resource.get(..end))
            .filter(|prefix| prefixes.contains(prefix))
            .map(|prefix| entity("Prefix", prefix))
            .collect::<Result<HashSet<_>, _>>()?;
        let arn = RestrictedExpression::new_string(question.resource.clone());
        let attributes = HashMap::from([("arn".to_owned(), arn)]);
        entities.insert(
            resource.clone(),
            Entity::new(resource, attributes, member_of)?,
        );
    }
    Ok(Entities::from_entities(entities.into_values(), None)?)
}

fn request(question: &Question) -> Result<Request, Failure> {
    let facts = &question.context;
    let context = Context::from_pairs([
        (
            "team".to_owned(),
            RestrictedExpression::new_string(TEAM.to_owned()),
        ),
        (
            "mfa".to_owned(),
            RestrictedExpression::new_bool(facts.multi_factor),
        ),
        (
            "age".to_owned(),
            RestrictedExpression::new_long(facts.multi_factor_age),
        ),
        (
            "agent".to_owned(),
            RestrictedExpression::new_string(facts.user_agent.to_owned()),
        ),
        (
            "source".to_owned(),
            RestrictedExpression::new_ip(facts.source.to_string()),
        ),
        (
            "now".to_owned(),
            RestrictedExpression::new_datetime(facts.now_text()),
        ),
    ])?;
    Ok(Request::new(
        entity("User", "ana")?,
        entity("Action", &question.action)?,
        entity("Resource", &question.resource)?,
        context,
        None,
    )?)
}
