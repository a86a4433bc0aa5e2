//! Small universes in which every request can be enumerated.

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::{PolicyStack, reference};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Principal};
use pinpoint_iam_compare::{KeyValue, Witness};

/// Returns every text of at most `longest` of these characters.
pub(crate) fn texts(characters: &[char], longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        let longer = last.iter().flat_map(|text| {
            characters
                .iter()
                .map(move |character| format!("{text}{character}"))
        });
        last = longer.collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// Requests: every combination of these values.
pub(crate) struct Universe {
    pub(crate) callers: Vec<(Principal, String)>,
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Vec<String>,
    /// Values by key. `None` represents a request without the key.
    pub(crate) keys: Vec<(String, Vec<Option<KeyValue>>)>,
}

impl Universe {
    /// Returns whether a request is in the universe.
    pub(crate) fn has(&self, witness: &Witness) -> bool {
        let has_caller = self.callers.iter().any(|(caller, account)| {
            let bare = caller.clone().with_keys(Context::new());
            bare == witness.principal && *account == witness.resource_account
        });
        let has_keys = witness.context.iter().all(|(key, value)| {
            let known = self.keys.iter().find(|(known, _)| known == key);
            let is_of_caller = key.starts_with("aws:");
            is_of_caller || known.is_some_and(|(_, values)| values.contains(&Some(value.clone())))
        });
        has_caller
            && has_keys
            && self.actions.contains(&witness.action)
            && self.resources.contains(&witness.resource)
    }

    /// Returns whether a witness is allowed.
    pub(crate) fn is_allowed(&self, stack: &PolicyStack<'_>, witness: &Witness) -> bool {
        let decision = witness.put(|request| reference::decide(stack, request).into_decision());
        decision.is_some_and(|decision| decision.is_allowed())
    }

    /// Returns whether a request is allowed only by the second policies, and whether one is allowed only by the first.
    pub(crate) fn differences(
        &self,
        first: &PolicyStack<'_>,
        second: &PolicyStack<'_>,
    ) -> [bool; 2] {
        let mut found = [false, false];
        let mut contexts: Vec<BTreeMap<String, KeyValue>> = vec![BTreeMap::new()];
        for (key, values) in &self.keys {
            contexts = contexts
                .iter()
                .flat_map(|context| {
                    values.iter().map(move |value| {
                        let mut context = context.clone();
                        if let Some(value) = value {
                            context.insert(key.clone(), value.clone());
                        }
                        context
                    })
                })
                .collect();
        }
        let contexts: Vec<Context> = contexts
            .into_iter()
            .map(|keys| {
                let mut context = Context::new();
                for (key, value) in keys {
                    match value {
                        KeyValue::One(value) => context.insert(&key, value),
                        KeyValue::List(values) => context.insert_all(&key, values),
                    }
                }
                context
            })
            .collect();
        // Requests that no statement distinguishes are evaluated once.
        let mut known: BTreeSet<(usize, Vec<bool>)> = BTreeSet::new();
        let places: Vec<_> = [first, second]
            .into_iter()
            .flat_map(pinpoint_iam::eval::parts::places)
            .collect();
        for (number, (principal, account)) in self.callers.iter().enumerate() {
            for action in &self.actions {
                let action = RequestedAction::parse(action).unwrap();
                for resource in &self.resources {
                    let resource = match resource.as_str() {
                        "*" => RequestedResource::All,
                        arn => RequestedResource::Arn(Arn::parse(arn).unwrap()),
                    };
                    for context in &contexts {
                        let request = Request::new(principal, action, resource, context)
                            .with_resource_account(account);
                        let class = places
                            .iter()
                            .map(|place| {
                                pinpoint_iam::eval::parts::matches_action(place.statement, &request)
                                    && pinpoint_iam::eval::parts::matches_resource(
                                        place.statement,
                                        place.policy_type,
                                        &request,
                                    )
                                    && place.statement.conditions().iter().all(|condition| {
                                        condition.evaluate(&request, place.statement.effect()).truth
                                            == pinpoint_iam::eval::Truth::True
                                    })
                            })
                            .collect();
                        if !known.insert((number, class)) {
                            continue;
                        }
                        let is_allowed = |stack: &PolicyStack<'_>| {
                            reference::decide(stack, &request)
                                .into_decision()
                                .is_allowed()
                        };
                        match (is_allowed(first), is_allowed(second)) {
                            (false, true) => found[0] = true,
                            (true, false) => found[1] = true,
                            _ => {}
                        }
                        if found == [true, true] {
                            return found;
                        }
                    }
                }
            }
        }
        found
    }
}
