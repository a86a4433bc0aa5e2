//! The check of a list of resources, for `each(..)`.

use std::collections::HashSet;

use crate::action::ActsOn;
use crate::denial::{Denied, Pending};
use crate::guard::{Guard, Permit};
use crate::resource::Resource;

/// The maximum number of resources that one request may name.
pub(crate) const MOST_ELEMENTS: usize = 1_000;

/// The resources of a list, without duplicates.
#[derive(Debug)]
pub struct Resources<R>(Vec<R>);

impl<R: Resource> Resources<R> {
    /// Creates the resources of a list. An error of `resource` is an error of the request.
    pub(crate) fn of<T>(
        elements: impl IntoIterator<Item = T>,
        resource: impl Fn(T) -> Result<R, Denied>,
    ) -> Result<Self, Denied> {
        let mut resources = Vec::new();
        let mut seen = HashSet::new();
        for (index, element) in elements.into_iter().enumerate() {
            // Duplicates count as well, because the list is as long as the caller makes it.
            if index >= MOST_ELEMENTS {
                return Err(Denied::too_many_resources());
            }
            let resource = resource(element)?;
            let part = resource.part().cloned();
            if seen.insert(part) {
                resources.push(resource);
            }
        }
        Ok(Self(resources))
    }
}

/// The effect of a denied resource.
#[derive(Clone, Copy)]
enum OnDenial {
    /// All are denied.
    Deny,
    /// The others are checked.
    LeaveOut,
    /// The others are not checked.
    Stop,
}

impl Guard<'_> {
    /// Requires that the caller may perform `action` on all `resources`, and returns their permits in order.
    ///
    /// Keys of all resources are fetched together. An empty list requires that the caller may perform the action on some
    /// resource, because the request would otherwise pass without any permission.
    pub(crate) fn authorize_each<A, R>(
        &self,
        action: A,
        resources: &Resources<R>,
    ) -> Result<Vec<Permit<A>>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        self.permits(action, resources, OnDenial::Deny)
    }

    /// Returns the permits of those `resources` on which the caller may perform `action`.
    pub(crate) fn authorize_each_allowed<A, R>(
        &self,
        action: A,
        resources: &Resources<R>,
    ) -> Result<Vec<Permit<A>>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        self.permits(action, resources, OnDenial::LeaveOut)
    }

    /// Returns the permits of those `resources` that precede the first one on which the caller may not perform `action`.
    pub(crate) fn authorize_each_until_denied<A, R>(
        &self,
        action: A,
        resources: &Resources<R>,
    ) -> Result<Vec<Permit<A>>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        self.permits(action, resources, OnDenial::Stop)
    }

    /// Checks the resources, and returns the permits. An error other than a denial is always the result.
    fn permits<A, R>(
        &self,
        action: A,
        resources: &Resources<R>,
        on_denial: OnDenial,
    ) -> Result<Vec<Permit<A>>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        if resources.0.is_empty() {
            return match self.precheck(action) {
                Err(denied) if denied.pending() != Some(&Pending::Body) => Err(denied),
                _ => Ok(Vec::new()),
            };
        }
        // A malformed request precedes a denied one.
        for resource in &resources.0 {
            action.check_pinned(resource)?;
        }
        let mut permits = Vec::with_capacity(resources.0.len());
        let mut waiting: Option<Denied> = None;
        for resource in &resources.0 {
            match self.authorize(action, resource) {
                Ok(permit) => permits.push(permit),
                Err(denied) if denied.pending().is_some() => match &mut waiting {
                    Some(first) => first.also_needs(&denied),
                    None => waiting = Some(denied),
                },
                Err(denied) if denied.status() != 403 => return Err(denied),
                Err(denied) => match on_denial {
                    OnDenial::Deny => return Err(denied),
                    OnDenial::LeaveOut => {}
                    OnDenial::Stop => break,
                },
            }
        }
        waiting.map_or(Ok(permits), Err)
    }
}
