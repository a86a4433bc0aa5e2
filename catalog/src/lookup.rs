//! Finds actions by name: exact, ignoring case, with wildcards, and the nearest name if there is none.

use std::fmt;
use std::sync::Arc;

use crate::model::{Action, Catalog, ConditionKey, ResourceType, Service, Source};
use crate::names;

impl Catalog {
    /// The services in the order of their files.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The service with this prefix.
    pub fn service(&self, prefix: &str) -> Option<&Service> {
        self.services
            .iter()
            .find(|service| service.prefix == prefix)
    }

    /// The service with the Rust module `module`: its prefix with `_` instead of `-`.
    pub fn service_by_module(&self, module: &str) -> Option<&Service> {
        self.services
            .iter()
            .find(|service| service.module_name() == module)
    }

    /// The first service.
    pub fn default_service(&self) -> Option<&Service> {
        self.services.first()
    }

    /// The services whose actions can be named without a service.
    ///
    /// For a [loaded](Self::load) catalog, these are all services; for the [built-in](Self::builtin) catalog, it is
    /// `mobiletargeting`.
    pub fn home_services(&self) -> &[Service] {
        self.services.get(..self.homes).unwrap_or(&self.services)
    }

    /// Finds the action `name` in the service of the Rust module `module` or, without a module, in the [home
    /// services](Self::home_services).
    ///
    /// The name is that of the generated type and is case-sensitive, because code uses the exact names of types.
    /// Policies are less strict, see [`Service::find`].
    ///
    /// # Errors
    ///
    /// Returns an error if the action does not exist, or if several services have it. The error contains suggestions.
    pub fn resolve(
        &self,
        module: Option<&str>,
        name: &str,
    ) -> Result<(&Service, &Action), UnknownAction> {
        let Some(module) = module else {
            return self.resolve_bare(name);
        };
        let Some(home) = self.service_by_module(module) else {
            let modules: Vec<String> = self.services.iter().map(Service::module_name).collect();
            let near = nearest(module, modules.iter().map(String::as_str));
            let suggestions = if near.is_empty() {
                modules
            } else {
                near.into_iter().map(str::to_owned).collect()
            };
            return Err(UnknownAction {
                name: name.to_owned(),
                reason: Reason::UnknownService(module.to_owned()),
                suggestions,
            });
        };
        match home.action_by_type_name(name) {
            Some(action) => Ok((home, action)),
            None => Err(self.unknown_action(&[home], name)),
        }
    }

    fn resolve_bare(&self, name: &str) -> Result<(&Service, &Action), UnknownAction> {
        let homes: Vec<&Service> = self.home_services().iter().collect();
        let found = homes
            .iter()
            .filter_map(|service| Some((*service, service.action_by_type_name(name)?)));
        let found: Vec<(&Service, &Action)> = found.collect();
        match found.as_slice() {
            [only] => Ok(*only),
            [] => Err(self.unknown_action(&homes, name)),
            several => Err(UnknownAction {
                name: name.to_owned(),
                reason: Reason::Ambiguous,
                suggestions: several
                    .iter()
                    .map(|(service, action)| self.path(service, action))
                    .collect(),
            }),
        }
    }

    /// The shortest path by which code can name an action.
    fn path(&self, service: &Service, action: &Action) -> String {
        let type_name = action.type_name();
        let mut homes = self
            .home_services()
            .iter()
            .filter(|home| home.action_by_type_name(type_name).is_some());
        let is_bare = homes
            .next()
            .is_some_and(|home| home.prefix == service.prefix)
            && homes.next().is_none();
        if is_bare {
            type_name.to_owned()
        } else {
            format!("{}::{type_name}", service.module_name())
        }
    }

    fn unknown_action(&self, homes: &[&Service], name: &str) -> UnknownAction {
        let path = |service: &Service, action: &Action| self.path(service, action);
        let in_homes = |find: for<'s> fn(&'s Service, &str) -> Option<&'s Action>| {
            let found = homes
                .iter()
                .find_map(|home| Some((*home, find(home, name)?)));
            found.map(|(home, action)| vec![path(home, action)])
        };
        let elsewhere = || {
            let found = self
                .services
                .iter()
                .find_map(|service| Some((service, service.find(name)?)));
            found.map(|(service, action)| vec![path(service, action)])
        };
        let (reason, suggestions) = if let Some(suggestions) = in_homes(Service::find) {
            (Reason::Capitals, suggestions)
        } else if let Some(suggestions) = in_homes(Service::former) {
            (Reason::FormerName, suggestions)
        } else if let Some(suggestions) = elsewhere() {
            (Reason::OtherService, suggestions)
        } else {
            let names = homes.iter().flat_map(|home| home.actions.iter());
            let near = nearest(name, names.map(|action| action.name.as_str()));
            let near = near.into_iter().filter_map(|near| {
                homes
                    .iter()
                    .find_map(|home| Some(path(home, home.action(near)?)))
            });
            let prefixes = homes.iter().map(|home| home.prefix.clone()).collect();
            (Reason::Unknown(prefixes), near.collect())
        };
        UnknownAction {
            name: name.to_owned(),
            reason,
            suggestions,
        }
    }
}

impl Service {
    /// The name of the service's Rust module: its prefix with `_` instead of `-`.
    pub fn module_name(&self) -> String {
        names::snake_case(&self.prefix)
    }

    /// The fingerprint of the catalog's text. A generated module has the same fingerprint if it was generated from the
    /// same text; line endings are ignored.
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The actions, sorted by name.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The resource types, sorted by name.
    pub fn resources(&self) -> &[Arc<ResourceType>] {
        &self.resources
    }

    /// The condition keys, sorted by name.
    pub fn condition_keys(&self) -> &[ConditionKey] {
        &self.condition_keys
    }

    /// The sources of the service's facts, sorted by their short names.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The action with exactly this name.
    pub fn action(&self, name: &str) -> Option<&Action> {
        let index = self
            .actions
            .binary_search_by(|action| action.name.as_str().cmp(name))
            .ok()?;
        self.actions.get(index)
    }

    /// The action whose generated type has exactly this name, for example `Connect` for `connect`.
    pub fn action_by_type_name(&self, type_name: &str) -> Option<&Action> {
        let has_it = |action: &&Action| action.type_name == type_name;
        // Nearly all types have the same name as their action.
        self.action(type_name)
            .filter(has_it)
            .or_else(|| self.actions.iter().find(has_it))
    }

    /// The action with this name, ignoring case, as in policies.
    pub fn find(&self, name: &str) -> Option<&Action> {
        self.actions
            .iter()
            .find(|action| action.name.eq_ignore_ascii_case(name))
    }

    /// The action with this former name, ignoring case.
    pub fn former(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| {
            action
                .former_names
                .iter()
                .any(|former| former.eq_ignore_ascii_case(name))
        })
    }

    /// The actions whose names match `pattern`, sorted by name.
    ///
    /// As in policies, `*` matches any run of characters, `?` matches exactly one, and case is ignored. `pattern` is
    /// the part after the colon: `GetCampaign*`.
    pub fn actions_matching(&self, pattern: &str) -> impl Iterator<Item = &Action> {
        self.actions
            .iter()
            .filter(move |action| matches(pattern.as_bytes(), action.name.as_bytes()))
    }

    /// The resource type with exactly this name, for example `campaign-metrics`.
    pub fn resource(&self, name: &str) -> Option<&ResourceType> {
        self.resources
            .iter()
            .find(|resource| resource.name == name)
            .map(AsRef::as_ref)
    }

    /// The resource type whose generated type has exactly this name, for example `CampaignMetrics`.
    pub fn resource_by_type_name(&self, type_name: &str) -> Option<&ResourceType> {
        self.resources
            .iter()
            .find(|resource| resource.type_name == type_name)
            .map(AsRef::as_ref)
    }

    /// The condition key with this name, ignoring case; keys with tags are found by their template.
    pub fn condition_key(&self, name: &str) -> Option<&ConditionKey> {
        self.condition_keys
            .iter()
            .find(|key| key.name.eq_ignore_ascii_case(name))
    }
}

/// A name that is not an action, and the names that were probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownAction {
    name: String,
    reason: Reason,
    suggestions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    /// No service has the prefix.
    UnknownService(String),
    /// The name differs from an action's name only in case.
    Capitals,
    /// The name is a former name of an action.
    FormerName,
    /// Another service has an action with this name.
    OtherService,
    /// Several services have an action with this name.
    Ambiguous,
    /// None of the above. Contains the services that were searched.
    Unknown(Vec<String>),
}

impl UnknownAction {
    /// The name that was searched.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The suggestions, best first: paths such as `GetCampaign` or `mobileanalytics::PutEvents`, at most three. For an
    /// unknown service, they are prefixes of services.
    pub fn suggestions(&self) -> &[String] {
        &self.suggestions
    }

    /// What is wrong: ``unknown action `GetCampagin` ``.
    pub fn message(&self) -> String {
        match &self.reason {
            Reason::Unknown(homes) if homes.is_empty() => {
                format!(
                    "unknown action `{}`: the crate has no catalog",
                    self.name.escape_debug()
                )
            }
            Reason::UnknownService(module) => {
                format!("unknown service `{}`", module.escape_debug())
            }
            Reason::Ambiguous => {
                format!("ambiguous action `{}`: several services have it", self.name)
            }
            _ => format!("unknown action `{}`", self.name.escape_debug()),
        }
    }

    /// What to do about it: ``did you mean `GetCampaign`?``.
    pub fn hint(&self) -> String {
        let suggestion = names::list(&self.suggestions);
        match &self.reason {
            Reason::FormerName => format!("it was renamed to {suggestion}"),
            Reason::Capitals | Reason::OtherService | Reason::Ambiguous => {
                format!("write {suggestion}")
            }
            Reason::UnknownService(_) | Reason::Unknown(_) if !self.suggestions.is_empty() => {
                names::did_you_mean(&self.suggestions).unwrap_or_default()
            }
            Reason::UnknownService(_) => "add a catalog file".to_owned(),
            Reason::Unknown(homes) if homes.is_empty() => "add a catalog file".to_owned(),
            Reason::Unknown(homes) => match homes.as_slice() {
                [only] => format!("see the actions in the catalog of `{only}`"),
                several => format!("see the actions in the catalogs of {}", names::all(several)),
            },
        }
    }
}

impl fmt::Display for UnknownAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; {}", self.message(), self.hint())
    }
}

impl std::error::Error for UnknownAction {}

/// The names that `name` was probably meant to be, best first, at most three.
///
/// Case is ignored. A name is near if at most a third of it must be changed, or if `name` is a prefix of it and longer
/// than half of it, as `GetCamp` for `GetCampaign`. Such prefixes come first, unless a single change is sufficient.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    // An edit distance costs the product of both lengths. No valid name is this long.
    if name.len() > 128 {
        return Vec::new();
    }
    let folded = name.to_ascii_lowercase();
    let measured = candidates.into_iter().map(|candidate| {
        let folded_candidate = candidate.to_ascii_lowercase();
        let changes = strsim::damerau_levenshtein(&folded, &folded_candidate);
        let is_start = folded_candidate.starts_with(&folded) && candidate.len() < 2 * name.len();
        (changes, is_start, candidate)
    });
    let measured: Vec<(usize, bool, &str)> = measured.collect();
    let is_slip = measured.iter().any(|(changes, ..)| *changes <= 1);
    let mut near: Vec<(usize, usize, &str)> = measured
        .into_iter()
        .filter_map(|(changes, is_start, candidate)| {
            let rank = if is_start && !is_slip { 0 } else { changes };
            let allowed = name.len().max(candidate.len()) / 3;
            (rank <= allowed).then_some((rank, changes, candidate))
        })
        .collect();
    near.sort_unstable();
    // If one name is only a typing error away, much more distant names would be distracting.
    let best = near.first().map_or(0, |(rank, ..)| *rank);
    near.into_iter()
        .take_while(|(rank, ..)| *rank <= best + 1)
        .map(|(.., candidate)| candidate)
        .take(3)
        .collect()
}

/// Whether all of `text` matches `pattern`, in which `*` and `?` are wildcards; case is ignored.
///
/// On a mismatch, only the latest `*` takes one more character. Earlier ones have already found their leftmost
/// position, so the cost is at most the product of both lengths.
fn matches(mut pattern: &[u8], mut text: &[u8]) -> bool {
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), text.split_first()) {
            (Some((b'*', rest)), _) => {
                retry = Some((rest, text));
                pattern = rest;
            }
            (Some((wanted, pattern_rest)), Some((found, text_rest)))
                if *wanted == b'?' || wanted.eq_ignore_ascii_case(found) =>
            {
                pattern = pattern_rest;
                text = text_rest;
            }
            (None, None) => return true,
            _ => {
                let Some((after_star, [_, shorter @ ..])) = retry else {
                    return false;
                };
                retry = Some((after_star, shorter));
                pattern = after_star;
                text = shorter;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_those_of_policies() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("*", "GetCampaign", true),
            ("GetCampaign*", "GetCampaign", true),
            ("getcampaign*", "GetCampaignActivities", true),
            ("GetCampaign?", "GetCampaign", false),
            ("GetCampaign?", "GetCampaigns", true),
            ("*Campaign", "GetCampaignCampaign", true),
            ("*Camp*ign*s", "GetCampaigns", true),
            ("Get", "GetCampaign", false),
            ("", "", true),
            ("", "Get", false),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), text.as_bytes()),
                fits,
                "{pattern} on {text}"
            );
        }
    }

    #[test]
    fn many_stars_stay_cheap() {
        let pattern = "a*".repeat(200);
        let text = "a".repeat(20_000);
        assert!(!matches(format!("{pattern}b").as_bytes(), text.as_bytes()));
    }

    #[test]
    fn near_names_come_best_first() {
        let names = ["GetCampaigns", "GetCampaign", "CreateCampaign", "GetApp"];
        assert_eq!(
            nearest("GetCampagin", names),
            ["GetCampaign", "GetCampaigns"]
        );
        assert_eq!(nearest("getapp", names), ["GetApp"]);
        assert!(nearest("Unrelated", names).is_empty());
        assert_eq!(nearest("GetCamp", names), ["GetCampaign", "GetCampaigns"]);
        assert_eq!(nearest("getcampa", names), ["GetCampaign", "GetCampaigns"]);
        assert!(nearest("Creat", names).is_empty());
        assert!(nearest("", names).is_empty());
        assert!(nearest(&"x".repeat(1000), names).is_empty());
    }
}
