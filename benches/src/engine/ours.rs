//! Ours, through the public interface.

use std::hint::black_box;

use pinpoint_iam::context::Context;
use pinpoint_iam::request::RequestedAction;
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Answer, Arn, Authorizer, Decision, Principal, Request};

use super::{Engine, ask};
use crate::Failure;
use crate::workload::{Question, Workload, caller};

/// What the three have in common: the policies, the caller, and each question with its context.
struct Loaded<'a> {
    authorizer: Authorizer,
    caller: Principal,
    asked: Vec<(&'a Question, Context)>,
}

impl<'a> Loaded<'a> {
    fn load(workload: &'a Workload) -> Result<Self, Failure> {
        let asked = workload
            .questions
            .iter()
            .map(|question| (question, question.circumstances.context()))
            .collect();
        Ok(Self {
            authorizer: workload.authorizer()?,
            caller: caller()?,
            asked,
        })
    }
}

/// Action and resource come as text and are read for every decision.
pub struct Text<'a>(Loaded<'a>);

impl<'a> Text<'a> {
    /// Loads the policies.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn load(workload: &'a Workload) -> Result<Self, Failure> {
        Loaded::load(workload).map(Self)
    }
}

impl Engine for Text<'_> {
    fn name(&self) -> &'static str {
        "ours, request as text"
    }

    fn run(&self, first: usize, count: usize) -> usize {
        let Loaded {
            authorizer,
            caller,
            asked,
        } = &self.0;
        ask(asked, first, count, |(question, context)| {
            let Ok(action) = RequestedAction::parse(&question.action) else {
                return false;
            };
            let Ok(arn) = Arn::parse(&question.resource) else {
                return false;
            };
            let request = Request::new(caller, action, RequestedResource::Arn(arn), context);
            // `black_box`, so that all of the answer has to be there.
            matches!(
                black_box(authorizer.answer(&request)),
                Answer::Decided(Decision::Allow(_))
            )
        })
    }
}

/// The action is known to the compiler, the resource is a struct.
pub struct Typed<'a>(Loaded<'a>);

impl<'a> Typed<'a> {
    /// Loads the policies.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn load(workload: &'a Workload) -> Result<Self, Failure> {
        Loaded::load(workload).map(Self)
    }
}

impl Engine for Typed<'_> {
    fn name(&self) -> &'static str {
        "ours, typed"
    }

    fn run(&self, first: usize, count: usize) -> usize {
        let Loaded {
            authorizer,
            caller,
            asked,
        } = &self.0;
        ask(asked, first, count, |(question, context)| {
            question.typed(&authorizer.guard(caller, context))
        })
    }
}

/// As [`Typed`], with the resource made from its ids first: all that `#[requires]` does.
pub struct FromIds<'a>(Loaded<'a>);

impl<'a> FromIds<'a> {
    /// Loads the policies.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn load(workload: &'a Workload) -> Result<Self, Failure> {
        Loaded::load(workload).map(Self)
    }
}

impl Engine for FromIds<'_> {
    fn name(&self) -> &'static str {
        "ours, typed, ids checked"
    }

    fn run(&self, first: usize, count: usize) -> usize {
        let Loaded {
            authorizer,
            caller,
            asked,
        } = &self.0;
        ask(asked, first, count, |(question, context)| {
            question.from_ids(&authorizer.guard(caller, context))
        })
    }
}
