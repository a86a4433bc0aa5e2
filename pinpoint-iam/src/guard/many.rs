//! Checks of many resources or actions: filters, sets of actions, and constraints of lists.

use std::collections::HashSet;
use std::marker::PhantomData;

use serde::{Serialize, Serializer};

use crate::action::{ActionMetadata, ActsOn, ServiceResource};
use crate::authorizer::ListOf;
use crate::context::ConditionKey;
use crate::denial::{Denied, Pending};
use crate::eval::batch::{ActionBatch, ResourceBatch};
use crate::eval::compiled::CallerPrograms;
use crate::eval::snapshot::SnapshotGuard;
use crate::eval::{Decision, DeniedBy, Evaluation, MissingKeys};
use crate::guard::resolve_keys::{check_with_keys, fetch_keys, needed_keys};
use crate::guard::{Guard, Phase};
use crate::list::{Constraint, ResourceColumns};
use crate::request::ResourceFacts;
use crate::resource::{InvalidId, RequestedResource, Resource, ResourceTypeMetadata};
use crate::source::resource_keys::NeededKeys;

impl Guard<'_> {
    /// Whether the caller may perform `action` on `resource`. Waits for keys of the resource if the decision depends
    /// on them.
    ///
    /// For a handler that continues in both cases. To reject the request, use [`check`](Self::check).
    ///
    /// # Errors
    ///
    /// Fails if the request cannot be decided: those errors of [`check`](Self::check) that do not have the status 403.
    pub async fn is_allowed<A, R>(&self, action: A, resource: &R) -> Result<bool, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        action.check_pinned(resource)?;
        let requested = resource.requested(self.scope);
        self.allows(A::METADATA, R::TYPE, requested).await
    }

    /// Returns those of `resources` on which the caller may perform `action`, in the same order.
    ///
    /// Every resource is checked, with the policies and facts of this guard. Keys of resources are fetched if
    /// decisions depend on them, in batches and once for equal resources. For rows of a database, see
    /// [`filter_by`](Self::filter_by); for a table that is too large to be read, [`constraint`](Self::constraint).
    ///
    /// # Errors
    ///
    /// Fails if one of the resources cannot be decided. Then no resource is returned, because a list that leaves out
    /// undecided resources looks complete.
    ///
    /// ```
    /// # use pinpoint_iam::{Denied, Guard};
    /// use pinpoint_iam::mobiletargeting::{Campaign, GetCampaign};
    ///
    /// # async fn list(guard: &Guard<'_>) -> Result<(), Denied> {
    /// let campaigns = vec![Campaign::new("a1", "c1")?, Campaign::new("a1", "c2")?];
    /// let visible = guard.filter(GetCampaign, campaigns).await?;
    /// # drop(visible);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn filter<A, R>(
        &self,
        action: A,
        resources: impl IntoIterator<Item = R>,
    ) -> Result<Vec<R>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        let mut resources: Vec<R> = resources.into_iter().collect();
        let kept = self.filter_flags(action, &resources).await?;
        let mut kept = kept.into_iter();
        resources.retain(|_| kept.next().unwrap_or(false));
        Ok(resources)
    }

    /// Like [`filter`](Self::filter), for items that are not resources, such as rows: `resource` returns the resource of
    /// an item.
    ///
    /// # Errors
    ///
    /// Those of [`filter`](Self::filter), and the errors of `resource`.
    pub async fn filter_by<A, R, T>(
        &self,
        action: A,
        items: impl IntoIterator<Item = T>,
        resource: impl Fn(&T) -> Result<R, InvalidId>,
    ) -> Result<Vec<T>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        let mut items: Vec<T> = items.into_iter().collect();
        let resources: Vec<R> = items.iter().map(resource).collect::<Result<_, _>>()?;
        let kept = self.filter_flags(action, &resources).await?;
        let mut kept = kept.into_iter();
        items.retain(|_| kept.next().unwrap_or(false));
        Ok(items)
    }

    /// Returns for each resource whether it is allowed.
    ///
    /// Keys of resources are fetched in batches, after everything that can be decided without them.
    pub(super) async fn filter_flags<A, R>(
        &self,
        action: A,
        resources: &[R],
    ) -> Result<Vec<bool>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        for resource in resources {
            action.check_pinned(resource)?;
        }
        let recording = self.authorizer.list_recording();
        let mut fetched = self.fetched.clone();
        let mut flags = vec![false; resources.len()];
        let mut open: Vec<usize> = (0..resources.len()).collect();
        for _ in 0..MOST_ROUNDS {
            let guard = self.borrowed().with_fetched(&fetched);
            let (waiting, needed) = guard.filter_open(action, resources, open, &mut flags)?;
            if waiting.is_empty() {
                let selected = flags.iter().filter(|is_allowed| **is_allowed).count();
                let all = RequestedResource::All;
                let request = self.request(A::METADATA, R::TYPE, all, Phase::Check);
                let of = ListOf::Resources(A::METADATA);
                recording.end(&self.state, &request, of, flags.len(), selected);
                return Ok(flags);
            }
            fetch_keys(self, &needed, &mut fetched).await?;
            open = waiting;
        }
        Err(Denied::misconfigured(
            "a check needs further keys every time that it is made",
        ))
    }

    /// Checks the resources with the indexes in `open`, and sets their flags. Returns the indexes of those that need
    /// keys, and the keys.
    fn filter_open<A, R>(
        &self,
        _: A,
        resources: &[R],
        open: Vec<usize>,
        flags: &mut [bool],
    ) -> Result<(Vec<usize>, Vec<NeededKeys>), Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        let mut needed: Vec<NeededKeys> = Vec::new();
        let mut seen = HashSet::new();
        let mut waiting = Vec::new();
        let action = A::METADATA;
        let lease = self.state.lease();
        let programs = self.programs(&lease);
        let mut batch = programs.as_ref().map(|programs| {
            let all = RequestedResource::All;
            let batch: ResourceBatch<'_> =
                programs.batch(&self.request(action, R::TYPE, all, Phase::Check));
            batch
        });
        let mut facts_of = self.facts_of_many(R::TYPE);
        for index in open {
            let (Some(resource), Some(flag)) = (resources.get(index), flags.get_mut(index)) else {
                continue;
            };
            let requested = resource.requested(self.scope);
            let known = batch
                .as_mut()
                .and_then(|batch| batch.allow_resource(requested, facts_of(&requested)));
            let allows = match known {
                Some(is_allowed) => Ok(is_allowed),
                None => self.allows_now(action, R::TYPE, requested, CheckOf::Filter),
            };
            match allows {
                Ok(is_allowed) => *flag = is_allowed,
                Err(denied) if needed_keys(&denied).is_empty() => return Err(denied),
                Err(denied) => {
                    if seen.insert(requested.to_string()) {
                        needed.extend_from_slice(needed_keys(&denied));
                    }
                    waiting.push(index);
                }
            }
        }
        Ok((waiting, needed))
    }

    /// Returns the actions that the caller may perform on `resource`, for example to show only the buttons that work.
    ///
    /// All actions of the resource's service that act on its type are checked, with the same facts and policies. Keys
    /// of the resource are fetched once. An action is left out if its decision depends on tags of a request that is yet
    /// to be sent.
    ///
    /// # Errors
    ///
    /// Fails if one of the actions cannot be decided for another reason.
    ///
    /// ```
    /// # use pinpoint_iam::{Denied, Guard};
    /// use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign};
    ///
    /// # async fn page(guard: &Guard<'_>, campaign: &Campaign) -> Result<(), Denied> {
    /// let allowed = guard.allowed_actions(campaign).await?;
    /// let shows_delete_button = allowed.contains(DeleteCampaign);
    /// # let _ = shows_delete_button;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn allowed_actions<R: ServiceResource>(
        &self,
        resource: &R,
    ) -> Result<AllowedActions<R>, Denied> {
        let recording = self.authorizer.list_recording();
        let mut actions = Vec::new();
        let mut fetched = self.fetched.clone();
        let requested = resource.requested(self.scope);
        let service = R::service();
        let considered = self.allows_actions(resource);
        for (action, known) in &considered {
            let check =
                |guard: &Guard<'_>| guard.allows_now(action, R::TYPE, requested, CheckOf::Actions);
            let allows = match known {
                Some(is_allowed) => Ok(*is_allowed),
                None => check_with_keys(self.borrowed(), &mut fetched, check).await,
            };
            match allows {
                Ok(true) => actions.push(*action),
                Ok(false) => {}
                Err(denied) if denied.pending() == Some(&Pending::Body) => {}
                Err(denied) => return Err(denied),
            }
        }
        if let Some(any) = service.actions.first() {
            let request = self.request(any, R::TYPE, requested, Phase::Check);
            let of = ListOf::Actions(service);
            recording.end(&self.state, &request, of, considered.len(), actions.len());
        }
        Ok(AllowedActions {
            actions,
            resource: PhantomData,
        })
    }

    /// Returns the actions that act on `resource`, each with whether it is allowed; `None` if only
    /// [`allows_now`](Self::allows_now) knows.
    fn allows_actions<R: ServiceResource>(
        &self,
        resource: &R,
    ) -> Vec<(&'static ActionMetadata, Option<bool>)> {
        let requested = resource.requested(self.scope);
        let lease = self.state.lease();
        let programs = self.programs(&lease);
        let is_own = |other: &&'static ResourceTypeMetadata| {
            R::TYPE.is_some_and(|own| std::ptr::eq(own, *other))
        };
        let mut batch: Option<ActionBatch<'_>> = None;
        let actions = R::service().actions.iter();
        actions
            .filter(|action| action.resource_types.iter().any(is_own))
            // An action that fixes another value does not act on this resource.
            .filter(|action| match (R::TYPE, resource.part()) {
                (Some(own), Some(part)) => action.check_pinned(own, part).is_ok(),
                _ => true,
            })
            .map(|action| {
                let known = programs.as_ref().and_then(|programs| {
                    let batch = batch.get_or_insert_with(|| {
                        programs.batch(&self.request(action, R::TYPE, requested, Phase::Check))
                    });
                    batch.allow_action(action, self.request_tags_of(action))
                });
                (action, known)
            })
            .collect()
    }

    /// Returns a function that returns what is known about each of many resources of one type.
    fn facts_of_many<'r>(
        &'r self,
        resource_type: Option<&'static ResourceTypeMetadata>,
    ) -> impl FnMut(&RequestedResource<'_>) -> ResourceFacts<'r> {
        let is_same = self.knows_no_resource();
        let mut last: Option<ResourceFacts<'r>> = None;
        move |resource| match (resource, last) {
            (RequestedResource::Arn(_), Some(facts)) => facts,
            _ => {
                let facts = self.facts(resource_type, resource);
                if is_same && matches!(resource, RequestedResource::Arn(_)) {
                    last = Some(facts);
                }
                facts
            }
        }
    }

    /// Evaluates the caller's policies for all resources of a table at once, and returns which rows the caller may
    /// perform `action` on: the condition of a `WHERE` clause. See the module [`list`](crate::list).
    ///
    /// The generated `columns` of a resource type map its ids and condition keys to columns. The caller, the facts of
    /// the request and the policies are those of this guard.
    ///
    /// # Errors
    ///
    /// Fails with 503 if the rows depend on a condition key of the request that is unknown, which the
    /// [reason](Denied::reason) names, and if a policy of the caller is unavailable.
    pub async fn constraint<A, C>(&self, _: A, columns: &C) -> Result<Constraint, Denied>
    where
        A: ActsOn<C::Resource>,
        C: ResourceColumns,
    {
        // Nothing is fetched today, because the columns contain the keys of rows. The signature allows for other
        // sources.
        std::future::ready(self.constraint_now::<C>(A::METADATA, columns)).await
    }

    fn constraint_now<C: ResourceColumns>(
        &self,
        action: &'static ActionMetadata,
        columns: &C,
    ) -> Result<Constraint, Denied> {
        if !self.scope.is_complete() {
            return Err(Denied::no_scope().for_authorizer(self.authorizer));
        }
        let resource_type = C::Resource::TYPE;
        let recording = self.authorizer.recording();
        let all = RequestedResource::All;
        let request = self.request(action, resource_type, all, Phase::Check);
        let request = recording.noting(&request);
        let constraint = columns
            .to_columns(self.scope)
            .map(|columns| columns.of_action(action))
            .and_then(|columns| self.authorizer.constrain(&self.state, &request, &columns));
        let unknown = |key: &ConditionKey| {
            Denied::undecided(&request, MissingKeys::new(vec![key.clone()]), None)
        };
        match constraint {
            Ok(Ok(constraint)) => {
                recording.end_constraint(&self.state, &request, Ok(&constraint));
                Ok(constraint)
            }
            Ok(Err(by)) => {
                recording.end_constraint(&self.state, &request, Err(&by));
                Err(Denied::refused(&request, by))
            }
            Err(error) => Err(match error.unknown_key() {
                Some(key) => {
                    let by = DeniedBy::indeterminate(MissingKeys::new(vec![key.clone()]));
                    recording.end_constraint(&self.state, &request, Err(&by));
                    unknown(key)
                }
                None => Denied::misconfigured(
                    "the columns of a list do not fit the ARN of the resource type",
                ),
            }),
        }
        .map_err(|denied| denied.for_authorizer(self.authorizer))
    }

    /// Whether the policies allow a request. Waits for keys of the resource.
    async fn allows(
        &self,
        action: &'static ActionMetadata,
        resource_type: Option<&'static ResourceTypeMetadata>,
        resource: RequestedResource<'_>,
    ) -> Result<bool, Denied> {
        let check =
            |guard: &Guard<'_>| guard.allows_now(action, resource_type, resource, CheckOf::One);
        check_with_keys(self.borrowed(), &mut self.fetched.clone(), check).await
    }

    /// The programs of the caller in the policies of this guard, for many checks without waiting. `None` if each of them
    /// has to be made by [`allows_now`](Self::allows_now).
    fn programs<'p>(&'p self, lease: &'p SnapshotGuard) -> Option<CallerPrograms<'p>> {
        match self.scope.is_complete() {
            true => self.authorizer.programs_for_list(lease, self.principal),
            false => None,
        }
    }

    /// Whether the policies allow a request. Unlike a check, this creates no message for a denial.
    fn allows_now(
        &self,
        action: &'static ActionMetadata,
        resource_type: Option<&'static ResourceTypeMetadata>,
        resource: RequestedResource<'_>,
        of: CheckOf,
    ) -> Result<bool, Denied> {
        if !self.scope.is_complete() {
            return Err(Denied::no_scope().for_authorizer(self.authorizer));
        }
        let recording = self.authorizer.recording();
        let request = self.request(action, resource_type, resource, Phase::Check);
        let request = recording.noting(&request);
        let evaluation = self.authorizer.answer_by(&self.state, &request);
        let outcome = match &evaluation {
            Evaluation::Decided(Decision::Allow(_)) => Ok(true),
            Evaluation::Decided(Decision::Deny(by)) if by.is_unavailable() => {
                Err(Denied::refused(&request, by.clone()))
            }
            Evaluation::Decided(Decision::Deny(_)) => Ok(false),
            Evaluation::Indeterminate(keys) => {
                let denied = self.undecided(&request, resource_type, Phase::Check, keys);
                if denied.status() == 403 {
                    log_keys_without_source(action, keys);
                    Ok(false)
                } else {
                    Err(denied)
                }
            }
        };
        let pending = match &outcome {
            Ok(_) => None,
            Err(denied) => denied.pending(),
        };
        match (of, &evaluation, pending) {
            // A list has one record of its own, unless one of its checks makes it fail.
            (CheckOf::Filter | CheckOf::Actions, ..) if outcome.is_ok() => {}
            (CheckOf::Filter, _, Some(Pending::ResourceKeys(_))) => {}
            (CheckOf::Actions, _, Some(_)) => {}
            (_, Evaluation::Indeterminate(keys), Some(_)) => {
                recording.end_undecided(&self.state, &request, keys);
            }
            _ => recording.end(&self.state, &request, &evaluation),
        }
        outcome.map_err(|denied| denied.for_authorizer(self.authorizer))
    }
}

/// The caller of a check.
#[derive(Clone, Copy)]
enum CheckOf {
    /// A check of its own.
    One,
    /// A filter of resources.
    Filter,
    /// A list of actions.
    Actions,
}

/// The maximum number of times that a resource is checked with further keys: with those of its type, and with its tags.
const MOST_ROUNDS: usize = 5;

/// Logs that a resource counts as denied, because the application supplies no value for these keys.
fn log_keys_without_source(action: &ActionMetadata, keys: &MissingKeys) {
    #[cfg(feature = "_web")]
    tracing::error!(
        %action,
        %keys,
        "denied: no source supplies these condition keys; add them with `request_keys`, or declare them with `absent`"
    );
    #[cfg(not(feature = "_web"))]
    let _ = (action, keys);
}

/// The actions that a caller may perform on one resource, see [`Guard::allowed_actions`].
///
/// Serialized as a list of names: `["GetCampaign", "UpdateCampaign"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedActions<R> {
    actions: Vec<&'static ActionMetadata>,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> AllowedActions<R> {
    /// Whether the caller may perform `action`. An action that does not act on the resource does not compile.
    pub fn contains<A: ActsOn<R>>(&self, _: A) -> bool {
        self.actions.contains(&A::METADATA)
    }

    /// Returns the actions, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &'static ActionMetadata> {
        self.actions.iter().copied()
    }
}

impl<R> Serialize for AllowedActions<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.actions.iter().map(|action| action.name))
    }
}
