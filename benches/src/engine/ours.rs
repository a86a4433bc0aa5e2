//! Ours, through the public interface.

use std::hint::black_box;

use pinpoint_iam::context::Context;
use pinpoint_iam::request::RequestedAction;
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Answer, Arn, Authorizer, Decision, Principal, Request};

use super::{Engine, ask};
use crate::Failure;
use crate::workload::{Question, Workload, caller};

/// How a question is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Action and resource come as text, which is read for every decision.
    Text,
    /// The action is known to the compiler, the resource is a struct.
    Typed,
    /// As [`Typed`](Self::Typed), by the guard: a refusal comes with the text that the caller is told.
    Guard,
    /// As [`Guard`](Self::Guard), with the resource made from its ids first: all that `#[requires]` does.
    Ids,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Text, Self::Typed, Self::Guard, Self::Ids];

    /// What the tables call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "ours, request as text",
            Self::Typed => "ours, typed request",
            Self::Guard => "ours, guard",
            Self::Ids => "ours, guard, ids checked",
        }
    }
}

/// Ours, asked in one of the forms.
pub struct Ours<'a> {
    form: Form,
    authorizer: Authorizer,
    caller: Principal,
    /// Each question with its context.
    asked: Vec<(&'a Question, Context)>,
}

impl<'a> Ours<'a> {
    /// Loads the policies.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn load(workload: &'a Workload, form: Form) -> Result<Self, Failure> {
        let asked = workload
            .questions
            .iter()
            .map(|question| (question, question.circumstances.context()))
            .collect();
        Ok(Self {
            form,
            authorizer: workload.authorizer()?,
            caller: caller()?,
            asked,
        })
    }
}

impl Engine for Ours<'_> {
    fn name(&self) -> &'static str {
        self.form.name()
    }

    fn run(&self, first: usize, count: usize) -> usize {
        let Self {
            authorizer,
            caller,
            asked,
            ..
        } = self;
        match self.form {
            Form::Text => ask(asked, first, count, |(question, context)| {
                let Ok(action) = RequestedAction::parse(&question.action) else {
                    return false;
                };
                let Ok(arn) = Arn::parse(&question.resource) else {
                    return false;
                };
                let resource = RequestedResource::Arn(arn);
                allows(authorizer, &Request::new(caller, action, resource, context))
            }),
            Form::Typed => ask(asked, first, count, |(question, context)| {
                question.typed(authorizer, caller, context)
            }),
            Form::Guard => ask(asked, first, count, |(question, context)| {
                question.by_guard(&authorizer.guard(caller, context))
            }),
            Form::Ids => ask(asked, first, count, |(question, context)| {
                question.from_ids(&authorizer.guard(caller, context))
            }),
        }
    }
}

/// Whether `request` is allowed. All of the answer has to be there, though only that is looked at.
pub fn allows(authorizer: &Authorizer, request: &Request<'_>) -> bool {
    matches!(
        black_box(authorizer.answer(request)),
        Answer::Decided(Decision::Allow(_))
    )
}
