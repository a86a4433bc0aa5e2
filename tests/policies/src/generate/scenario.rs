//! Requests and the policies that apply to them.

use std::collections::BTreeMap;

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::Evaluation;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Principal};

use super::draft::{Layers, Lists};
use super::words::PROVIDER;
use crate::case::Evaluator;
use crate::policies::Policies;

/// A request.
#[derive(Clone, Debug)]
pub struct RequestCase {
    /// One of [`CALLERS`](super::CALLERS).
    pub caller: &'static str,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The account that owns the resource.
    pub account: Option<&'static str>,
    /// The condition keys with their values.
    pub context: BTreeMap<String, Vec<String>>,
    /// The unknown condition keys.
    pub unknown: Vec<String>,
}

/// A request and the policies that apply to it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The policies.
    pub layers: Layers,
    /// The request.
    pub ask: RequestCase,
}

impl Scenario {
    /// Evaluates the request with `evaluator`.
    ///
    /// # Errors
    ///
    /// If a policy or the request cannot be parsed, which is an error in the generators.
    pub fn answer(&self, evaluator: Evaluator) -> Result<Evaluation, String> {
        self.answer_by(evaluator, Lists::WhereNeeded)
    }

    /// Evaluates the request with `evaluator`, for policies written in this form.
    ///
    /// # Errors
    ///
    /// If a policy or the request cannot be parsed, which is an error in the generators.
    pub fn answer_by(&self, evaluator: Evaluator, lists: Lists) -> Result<Evaluation, String> {
        self.ask.answer(evaluator, &self.layers.policies(lists)?)
    }
}

impl RequestCase {
    /// Returns the request with `unknown` keys.
    #[must_use]
    pub fn forget(&self, unknown: &[&str]) -> Self {
        let mut ask = self.clone();
        ask.context
            .retain(|key, _| !unknown.contains(&key.as_str()));
        ask.unknown = unknown.iter().map(|key| (*key).to_owned()).collect();
        ask
    }

    /// Evaluates the request with `evaluator` and `policies`.
    ///
    /// # Errors
    ///
    /// If a part of the request cannot be parsed, which is an error in the generators.
    pub fn answer(&self, evaluator: Evaluator, policies: &Policies) -> Result<Evaluation, String> {
        self.put(|request| evaluator.answer(&policies.stack(), request))
    }

    /// Calls `ask` with the request.
    ///
    /// # Errors
    ///
    /// If a part of the request cannot be parsed, which is an error in the generators.
    pub fn put<T>(&self, ask: impl FnOnce(&Request<'_>) -> T) -> Result<T, String> {
        // All keys are part of the request. Other tests cover the keys of a principal.
        let principal = caller(self.caller)?.with_keys(Context::new());
        let context = self.context();
        let action = RequestedAction::parse(&self.action).map_err(|error| error.to_string())?;
        let resource = match self.resource.as_str() {
            "*" => RequestedResource::All,
            arn => RequestedResource::Arn(Arn::parse(arn).map_err(|error| error.to_string())?),
        };
        let mut request = Request::new(&principal, action, resource, &context);
        if let Some(account) = self.account {
            request = request.with_resource_account(account);
        }
        Ok(ask(&request))
    }

    /// Returns the condition keys.
    pub fn context(&self) -> Context {
        let mut context = Context::new();
        for (key, values) in &self.context {
            match values.as_slice() {
                [value] => context.insert(key, value.as_str()),
                values => context.insert_all(key, values.iter().map(String::as_str)),
            }
        }
        for key in &self.unknown {
            context.insert_unknown(key);
        }
        context
    }
}

fn caller(text: &str) -> Result<Principal, String> {
    match text {
        "" => Ok(Principal::anonymous()),
        PROVIDER => Principal::web_identity(PROVIDER).map_err(|error| error.to_string()),
        role if role.contains(":role/") => {
            Principal::role_session(role, "friday").map_err(|error| error.to_string())
        }
        arn if arn.starts_with("arn:") => {
            Principal::from_arn(arn).map_err(|error| error.to_string())
        }
        service => Ok(Principal::service(service)),
    }
}
