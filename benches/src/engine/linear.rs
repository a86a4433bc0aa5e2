//! The straightforward engine: scans all statements, which are parsed beforehand, with a simple matcher.

use std::net::IpAddr;

use super::{Engine, ask, glob};
use crate::Failure;
use crate::workload::{PlainCondition, PlainStatement, Question, RequestContext, TEAM, Workload};

/// A scan over parsed statements.
pub struct Linear<'a> {
    statements: Vec<PlainStatement>,
    questions: &'a [Question],
}

impl<'a> Linear<'a> {
    /// Parses the statements.
    ///
    /// # Errors
    ///
    /// If they cannot be parsed.
    pub fn load(workload: &'a Workload) -> Result<Self, Failure> {
        Ok(Self {
            statements: workload.statements()?,
            questions: &workload.questions,
        })
    }
}

impl Engine for Linear<'_> {
    fn name(&self) -> &'static str {
        "linear scan"
    }

    fn run(&self, first: usize, count: usize) -> usize {
        ask(self.questions, first, count, |question| {
            let mut allowed = false;
            for statement in &self.statements {
                if applies(statement, question) {
                    if !statement.allows {
                        return false;
                    }
                    allowed = true;
                }
            }
            allowed
        })
    }
}

fn applies(statement: &PlainStatement, question: &Question) -> bool {
    let any = |patterns: &[String], text: &str| {
        patterns
            .iter()
            .any(|pattern| glob::matches(pattern.as_bytes(), text.as_bytes()))
    };
    any(&statement.actions, &question.action)
        && any(&statement.resources, &question.resource)
        && statement
            .conditions
            .iter()
            .all(|condition| holds(condition, &question.context))
}

fn holds(condition: &PlainCondition, facts: &RequestContext) -> bool {
    match condition {
        PlainCondition::Team(team) => team == TEAM,
        PlainCondition::MultiFactor(expected) => *expected == facts.multi_factor,
        PlainCondition::UserAgent(pattern) => {
            glob::matches(pattern.as_bytes(), facts.user_agent.as_bytes())
        }
        PlainCondition::Network { address, length } => match facts.source {
            IpAddr::V4(source) => {
                let dropped = 32_u32.saturating_sub(*length);
                source.to_bits().checked_shr(dropped) == address.to_bits().checked_shr(dropped)
            }
            IpAddr::V6(_) => false,
        },
        PlainCondition::YoungerThan(seconds) => facts.multi_factor_age < *seconds,
        // Both are in UTC and have the same format.
        PlainCondition::Before(time) => facts.now_text() < time.as_str(),
    }
}
