//! Permissions that requests have used.

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam::action::{ActionMetadata, ServiceMetadata};
use pinpoint_iam::policy::{ActionElement, Effect};
use pinpoint_iam::principal::PrincipalKind;
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Request, Scope};
use serde::{Deserialize, Serialize};

use crate::tally::{Sum, Tally};

/// The maximum number of values that are kept.
const MOST_VALUES: usize = 20;

/// The maximum number of scopes of a caller.
const MOST_SCOPES: usize = 20;

/// What the requests of a log have used of the permissions that the new policies grant. See
/// [`Replay::with_used_permissions`](crate::Replay::with_used_permissions).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedPermissions {
    /// The actions that a statement of an identity-based policy allows to a caller, on some resource and under some
    /// condition: only actions of the services of the replay.
    pub granted: BTreeSet<String>,
    /// The actions of the services in records that are not decided: lists, and requests that depend on facts that the log
    /// does not contain. They may have been used.
    pub undecided: BTreeSet<String>,
    /// What each caller has used: by the ARN of the user or role, or the name of another caller.
    pub callers: Tally<UsedByCaller>,
}

impl UsedPermissions {
    /// Returns the granted actions that no record of the log has used: the new policies deny all of their requests.
    pub fn unused(&self) -> impl Iterator<Item = &str> {
        let unused = self.without_use();
        unused.filter(|action| !self.undecided.contains(*action))
    }

    /// Returns the granted actions that may have been used, because not all of their records are decided.
    pub fn possibly_used(&self) -> impl Iterator<Item = &str> {
        let unused = self.without_use();
        unused.filter(|action| self.undecided.contains(*action))
    }

    /// Returns the granted actions that the new policies allowed to no caller in any request.
    fn without_use(&self) -> impl Iterator<Item = &str> {
        let callers = self.callers.by_name.values().chain([&self.callers.others]);
        let actions = callers.flat_map(|caller| caller.scopes.values());
        let used: BTreeSet<&str> = actions
            .flat_map(|actions| actions.keys())
            .map(String::as_str)
            .collect();
        let granted = self.granted.iter().map(String::as_str);
        granted.filter(move |action| !used.contains(action))
    }
}

/// The permissions that one caller has used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedByCaller {
    /// The actions that were allowed, by the scope of their resources (`partition:region:account`).
    pub scopes: BTreeMap<String, BTreeMap<String, UsedAction>>,
    /// The number of allowed requests that are not in `scopes`: for actions or resources that no catalog describes, or in
    /// more than 20 scopes.
    pub uncovered: u64,
}

/// The use of one action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedAction {
    /// The number of allowed requests.
    pub requests: u64,
    /// The values of each id of the resources, by its name: `application_id`.
    pub ids: BTreeMap<String, UsedValues>,
    /// The ARNs of the resources of an action without a catalog, such as the roles of `iam:PassRole`.
    pub resources: UsedValues,
}

/// Different values; `None` if there are more than 20, or if one of them is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedValues(pub Option<BTreeSet<String>>);

impl Default for UsedValues {
    fn default() -> Self {
        Self(Some(BTreeSet::new()))
    }
}

impl UsedValues {
    fn of(value: Option<String>) -> Self {
        Self(value.map(|value| BTreeSet::from([value])))
    }
}

impl Sum for UsedValues {
    fn sum(&mut self, other: Self) {
        self.0 = match (self.0.take(), other.0) {
            (Some(mut one), Some(other)) => {
                one.extend(other);
                Some(one).filter(|all| all.len() <= MOST_VALUES)
            }
            _ => None,
        };
    }
}

impl Sum for UsedAction {
    fn sum(&mut self, other: Self) {
        self.requests += other.requests;
        self.resources.sum(other.resources);
        for (id, values) in other.ids {
            self.ids.entry(id).or_default().sum(values);
        }
    }
}

impl Sum for UsedByCaller {
    fn sum(&mut self, other: Self) {
        self.uncovered += other.uncovered;
        for (scope, actions) in other.scopes {
            let known = self.scopes.entry(scope).or_default();
            for (action, used) in actions {
                known.entry(action).or_default().sum(used);
            }
        }
        // The scopes that remain are the first ones, whatever the order of the requests is.
        while self.scopes.len() > MOST_SCOPES
            && let Some((_, actions)) = self.scopes.pop_last()
        {
            self.uncovered += actions.values().map(|used| used.requests).sum::<u64>();
        }
    }
}

/// Finds out what a request uses.
#[derive(Debug)]
pub(crate) struct Recorder {
    services: Vec<&'static ServiceMetadata>,
    /// The dependent actions of the services.
    dependent: BTreeSet<&'static str>,
}

impl Recorder {
    pub(crate) fn new(services: &[&'static ServiceMetadata]) -> Self {
        let actions = services.iter().flat_map(|service| service.actions);
        let dependent = actions.flat_map(|action| action.dependent_actions);
        Self {
            services: services.to_vec(),
            dependent: dependent.map(|dependent| dependent.action).collect(),
        }
    }

    /// The actions of the services that one of the elements of `Allow` statements covers.
    pub(crate) fn granted<'a>(
        &self,
        elements: impl Iterator<Item = &'a ActionElement>,
    ) -> BTreeSet<String> {
        let elements: Vec<&ActionElement> = elements.collect();
        let actions = self.services.iter().flat_map(|service| service.actions);
        let granted = actions.filter(|action| {
            let mut elements = elements.iter();
            elements.any(|element| covers(element, action))
        });
        granted.map(ToString::to_string).collect()
    }

    /// Returns the name of an action of the services.
    pub(crate) fn known(&self, prefix: &str, name: &str) -> Option<String> {
        let mut services = self.services.iter();
        let service = services.find(|service| service.prefix == prefix)?;
        service.action(name).map(ToString::to_string)
    }

    /// Returns what an allowed request uses.
    pub(crate) fn used(&self, request: &Request<'_>) -> UsedByCaller {
        let mut used = UsedByCaller::default();
        // A root user needs no policies.
        if request.principal().kind() == PrincipalKind::Root {
            return used;
        }
        match self.used_action(request) {
            None => used.uncovered = 1,
            Some((scope, action)) => {
                let name = request.action().to_string();
                used.scopes.insert(scope, BTreeMap::from([(name, action)]));
            }
        }
        used
    }

    /// Returns the use of an action with its scope; `None` if a policy for the catalog's resources would not allow it.
    fn used_action(&self, request: &Request<'_>) -> Option<(String, UsedAction)> {
        let (action, resource) = (request.action(), request.resource());
        let own = request.scope().cloned();
        let mut services = self.services.iter();
        let service = services.find(|service| service.prefix == action.prefix());
        let known = service.and_then(|service| service.action(action.name()));
        let Some(known) = known.filter(|known| known.name == action.name()) else {
            self.dependent.get(action.to_string().as_str())?;
            let RequestedResource::Arn(arn) = resource else {
                return None;
            };
            let used = UsedAction {
                requests: 1,
                resources: UsedValues::of(Some(arn.to_string())),
                ..UsedAction::default()
            };
            return Some((text(&own?), used));
        };
        match resource {
            RequestedResource::Arn(arn) => {
                let of_arn = Scope::new(arn.partition(), arn.region(), arn.account());
                let scopes = own.into_iter().chain([of_arn]);
                let mut found = scopes.filter_map(|scope| {
                    let mut types = known.resource_types.iter();
                    let part = types.find_map(|one| Some((one, one.parse(arn, &scope).ok()?)))?;
                    Some((scope, part))
                });
                let (scope, (resource_type, part)) = found.next()?;
                let ids = resource_type.fields.iter().enumerate();
                let ids = ids.map(|(position, field)| {
                    let value = part.decoded_field(position).into_owned();
                    (field.name.to_owned(), UsedValues::of(Some(value)))
                });
                let used = UsedAction {
                    requests: 1,
                    ids: ids.collect(),
                    ..UsedAction::default()
                };
                Some((text(&scope), used))
            }
            RequestedResource::All => {
                // Without resource types, or with a resource that is not known.
                let fields = known.resource_types.iter().flat_map(|one| one.fields);
                let ids = fields.map(|field| (field.name.to_owned(), UsedValues(None)));
                let used = UsedAction {
                    requests: 1,
                    ids: ids.collect(),
                    ..UsedAction::default()
                };
                Some((text(&own?), used))
            }
        }
    }
}

fn text(scope: &Scope) -> String {
    format!(
        "{}:{}:{}",
        scope.partition(),
        scope.region(),
        scope.account()
    )
}

/// Whether the element of an `Allow` statement covers an action.
fn covers(element: &ActionElement, action: &ActionMetadata) -> bool {
    // What a `NotAction` matches is not allowed.
    let effect = match element.is_negated() {
        false => Effect::Allow,
        true => Effect::Deny,
    };
    let mut patterns = element.patterns().iter();
    let is_matched =
        patterns.any(|pattern| pattern.matches(action.service.prefix, action.name, effect));
    is_matched != element.is_negated()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(scope: usize, app: usize) -> UsedByCaller {
        let action = UsedAction {
            requests: 1,
            ids: BTreeMap::from([("id".to_owned(), UsedValues::of(Some(app.to_string())))]),
            ..UsedAction::default()
        };
        let actions = BTreeMap::from([("a:B".to_owned(), action)]);
        UsedByCaller {
            scopes: BTreeMap::from([(format!("aws:region-{scope:02}:1"), actions)]),
            uncovered: 0,
        }
    }

    /// The order of requests, files and shards does not matter.
    #[test]
    fn sums_are_limited_in_any_order() {
        let all: Vec<UsedByCaller> = (0..90)
            .map(|number| used(number * 7 % 30, number))
            .collect();
        let mut forwards = UsedByCaller::default();
        all.iter().for_each(|one| forwards.sum(one.clone()));
        let mut backwards = UsedByCaller::default();
        for pair in all.rchunks(2) {
            let mut part = UsedByCaller::default();
            pair.iter().for_each(|one| part.sum(one.clone()));
            backwards.sum(part);
        }
        assert_eq!(forwards, backwards);
        assert_eq!(forwards.scopes.len(), MOST_SCOPES);
        assert_eq!(forwards.uncovered, 30);
    }

    #[test]
    fn many_values_are_any_value() {
        let mut values = UsedValues::default();
        for number in 0..MOST_VALUES {
            values.sum(UsedValues::of(Some(number.to_string())));
        }
        values.sum(UsedValues::of(Some("0".to_owned())));
        assert_eq!(values.0.as_ref().map(BTreeSet::len), Some(MOST_VALUES));
        let mut more = values.clone();
        more.sum(UsedValues::of(Some("other".to_owned())));
        assert_eq!(more, UsedValues(None));
        values.sum(UsedValues::of(None));
        assert_eq!(values, UsedValues(None));
    }
}
