//! pinpoint-iam, through its public interface.

use std::cell::RefCell;
use std::hint::black_box;

use pinpoint_iam::context::Context;
use pinpoint_iam::request::RequestedAction;
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Authorizer, Decision, Evaluation, Principal, Request};

use super::{Engine, ask};
use crate::Failure;
use crate::workload::{Question, Workload, caller};

/// The form in which a question is passed to the authorizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Action and resource are text that is parsed for every decision.
    Text,
    /// The action is known at compile time, and the resource is a struct.
    Typed,
    /// Like [`Typed`](Self::Typed), and the context is filled for every decision, as a server does with the values of a
    /// request. It is a context that an earlier request has used.
    Filled,
    /// Like [`Typed`](Self::Typed), through the guard. A denial includes the text that is sent to the caller.
    Guard,
    /// Like [`Guard`](Self::Guard), and the resource is first created from its ids: everything that `#[requires]` does.
    Ids,
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Typed,
        Self::Filled,
        Self::Guard,
        Self::Ids,
    ];

    /// The name of the form in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "pinpoint, request as text",
            Self::Typed => "pinpoint, typed request",
            Self::Filled => "pinpoint, context filled",
            Self::Guard => "pinpoint, guard",
            Self::Ids => "pinpoint, guard, ids checked",
        }
    }
}

/// pinpoint-iam, with questions in one of the forms.
pub struct Pinpoint<'a> {
    form: Form,
    authorizer: Authorizer,
    caller: Principal,
    /// Each question with its context.
    asked: Vec<(&'a Question, Context)>,
    /// The context that is filled for every decision.
    filled: RefCell<Context>,
}

impl<'a> Pinpoint<'a> {
    /// Loads the policies.
    ///
    /// # Errors
    ///
    /// If they cannot be parsed.
    pub fn load(workload: &'a Workload, form: Form) -> Result<Self, Failure> {
        let asked = workload
            .questions
            .iter()
            .map(|question| (question, question.context.context()))
            .collect();
        Ok(Self {
            form,
            authorizer: workload.authorizer()?,
            caller: caller()?,
            asked,
            filled: RefCell::new(Context::new()),
        })
    }
}

impl Engine for Pinpoint<'_> {
    fn name(&self) -> &'static str {
        self.form.name()
    }

    fn run(&self, first: usize, count: usize) -> usize {
        let Self {
            authorizer,
            caller,
            asked,
            filled,
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
            Form::Filled => ask(asked, first, count, |(question, _)| {
                let context = &mut *filled.borrow_mut();
                question.context.fill(context);
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

/// Returns whether `request` is allowed. The whole result has to be computed, although only this part of it is used.
pub fn allows(authorizer: &Authorizer, request: &Request<'_>) -> bool {
    matches!(
        black_box(authorizer.evaluate(request)),
        Evaluation::Decided(Decision::Allow(_))
    )
}
