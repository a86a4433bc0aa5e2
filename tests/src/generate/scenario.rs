//! Requests, and the policies that have a say in them.

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
    /// The condition keys that are not known yet.
    pub unknown: Vec<String>,
}

/// A request and the policies that have a say in it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The policies.
    pub layers: Layers,
    /// The request.
    pub ask: RequestCase,
}

impl Scenario {
    /// What `evaluator` answers.
    ///
    /// # Errors
    ///
    /// When a policy or the request does not parse: then the generators are at fault.
    pub fn answer(&self, evaluator: Evaluator) -> Result<Evaluation, String> {
        self.answer_by(evaluator, Lists::WhereNeeded)
    }

    /// What `evaluator` answers to policies that are written so.
    ///
    /// # Errors
    ///
    /// When a policy or the request does not parse: then the generators are at fault.
    pub fn answer_by(&self, evaluator: Evaluator, lists: Lists) -> Result<Evaluation, String> {
        self.ask.answer(evaluator, &self.layers.policies(lists)?)
    }
}

impl RequestCase {
    /// The request before `unknown` keys are known.
    #[must_use]
    pub fn forget(&self, unknown: &[&str]) -> Self {
        let mut ask = self.clone();
        ask.context
            .retain(|key, _| !unknown.contains(&key.as_str()));
        ask.unknown = unknown.iter().map(|key| (*key).to_owned()).collect();
        ask
    }

    /// What `evaluator` answers to the request by `policies`.
    ///
    /// # Errors
    ///
    /// When a part of the request does not parse: then the generators are at fault.
    pub fn answer(&self, evaluator: Evaluator, policies: &Policies) -> Result<Evaluation, String> {
        self.put(|request| evaluator.answer(&policies.stack(), request))
    }

    /// Calls `ask` with the request.
    ///
    /// # Errors
    ///
    /// When a part of the request does not parse: then the generators are at fault.
    pub fn put<T>(&self, ask: impl FnOnce(&Request<'_>) -> T) -> Result<T, String> {
        // Every key of the request is stated: what comes from a principal is for other tests.
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

    /// The condition keys.
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
