//! The condition keys of W5, and the conditions on them.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, SystemTime};

use pinpoint_iam::context::Context;
use serde_json::{Value, json};

use crate::random::Random;

/// The principal's team, which is its only tag.
pub const TEAM: &str = "campaigns";

/// The time at which the conditions on the date change their result: 2026-07-01, in seconds since 1970.
const HALF_TIME: u64 = 1_782_864_000;

/// The values of the condition keys of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestContext {
    /// `aws:MultiFactorAuthPresent`
    pub multi_factor: bool,
    /// `aws:MultiFactorAuthAge`, in seconds.
    pub multi_factor_age: i64,
    /// `aws:UserAgent`
    pub user_agent: &'static str,
    /// `aws:SourceIp`
    pub source: IpAddr,
    /// `aws:CurrentTime`, in seconds since 1970.
    pub now: u64,
}

impl RequestContext {
    /// The values for W1 to W4, whose statements have no conditions.
    pub const USUAL: Self = Self {
        multi_factor: true,
        multi_factor_age: 600,
        user_agent: "campaign-console/4.2 (linux)",
        source: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
        now: HALF_TIME - 86_400,
    };

    /// Chooses values at random. Each value meets its condition in half of the cases.
    pub fn draw(random: &mut Random) -> Self {
        let mut drawn = Self::USUAL;
        drawn.multi_factor = random.coin();
        if random.coin() {
            drawn.multi_factor_age = 7_200;
        }
        if random.coin() {
            drawn.user_agent = "curl/8.9.1";
        }
        if random.coin() {
            drawn.source = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));
        }
        if random.coin() {
            drawn.now = HALF_TIME + 86_400;
        }
        drawn
    }

    /// Returns the context of the request.
    pub fn context(&self) -> Context {
        let mut context = Context::new();
        self.fill(&mut context);
        context
    }

    /// Replaces the keys of a context by those of the request.
    pub fn fill(&self, context: &mut Context) {
        context.clear();
        context.insert("aws:MultiFactorAuthPresent", self.multi_factor);
        context.insert("aws:MultiFactorAuthAge", self.multi_factor_age);
        context.insert_text("aws:UserAgent", self.user_agent);
        context.insert("aws:SourceIp", self.source);
        context.insert(
            "aws:CurrentTime",
            SystemTime::UNIX_EPOCH + Duration::from_secs(self.now),
        );
    }

    /// Returns the time as text, in the format of policies.
    pub fn now_text(&self) -> &'static str {
        if self.now < HALF_TIME {
            "2026-06-30T00:00:00Z"
        } else {
            "2026-07-02T00:00:00Z"
        }
    }
}

/// Returns the conditions of the statement with the number `index`. They take turns: the principal's team (a different
/// one every third time, so that the statement never applies), multi-factor authentication, user agent, network, age of
/// the authentication, time. Every third statement has two.
pub(super) fn conditions(index: usize) -> Value {
    let condition = |turn: usize| match turn % 6 {
        0 if index.is_multiple_of(3) => ("StringEquals", json!({"aws:PrincipalTag/team": "press"})),
        0 => ("StringEquals", json!({"aws:PrincipalTag/team": TEAM})),
        1 => ("Bool", json!({"aws:MultiFactorAuthPresent": "true"})),
        2 => ("StringLike", json!({"aws:UserAgent": "campaign-console/*"})),
        3 => ("IpAddress", json!({"aws:SourceIp": "203.0.113.0/24"})),
        4 => ("NumericLessThan", json!({"aws:MultiFactorAuthAge": "3600"})),
        _ => (
            "DateLessThan",
            json!({"aws:CurrentTime": "2026-07-01T00:00:00Z"}),
        ),
    };
    // The step of 7 gives the same statement different conditions in different applications.
    let turn = index + index / 10 * 7;
    let (operator, keys) = condition(turn);
    let mut block = json!({ operator: keys });
    if let (true, Some(block)) = (index % 3 == 2, block.as_object_mut()) {
        let (operator, keys) = condition(turn + 1);
        block.insert(operator.to_owned(), keys);
    }
    block
}
