//! Checks of many resources and of many actions, by the caller of W2.

use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};

use pinpoint_iam::action::ServiceResource;
use pinpoint_iam::context::Context;
use pinpoint_iam::mobiletargeting::{App, Campaign, GetCampaign};
use pinpoint_iam::{Authorizer, Guard, Principal};

use crate::Failure;
use crate::workload::{Workload, caller};

/// An id that no statement names.
const OTHER: &str = "0123456789abcdef0123456789abcdef";

/// An authorizer with the policies of W2, its caller, and the context of all requests.
pub struct Caller {
    authorizer: Authorizer,
    principal: Principal,
    context: Context,
}

impl Caller {
    /// Loads the policies.
    ///
    /// # Errors
    ///
    /// If they cannot be parsed.
    pub fn load() -> Result<Self, Failure> {
        Ok(Self {
            authorizer: Workload::named("W2")?.authorizer()?,
            principal: caller()?,
            context: Context::new(),
        })
    }

    /// Returns the guard of a request.
    pub fn guard(&self) -> Guard<'_> {
        self.authorizer.guard(&self.principal, &self.context)
    }
}

/// Returns the output of a future that waits for nothing.
///
/// # Errors
///
/// If it waits.
pub fn at_once<F: Future>(future: F) -> Result<F::Output, Failure> {
    let mut context = TaskContext::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err("a check without keys of resources waits".into()),
    }
}

/// Returns the id of an application that statements name.
fn named_app() -> Result<String, Failure> {
    let found = Workload::named("W2")?
        .statements()?
        .iter()
        .flat_map(|statement| statement.resources.clone())
        .find_map(|resource| {
            let (_, after) = resource.split_once(":apps/")?;
            let (id, _) = after.split_once('/')?;
            (id.len() == OTHER.len()).then(|| id.to_owned())
        });
    Ok(found.ok_or("W2 has no application")?)
}

/// Returns campaigns, half of which the caller may read.
///
/// # Errors
///
/// If W2 names no application.
pub fn campaigns(count: usize) -> Result<Vec<Campaign>, Failure> {
    let allowed = named_app()?;
    let campaign = |number| {
        let other = format!("{number:032x}");
        let application = if number % 2 == 0 { &allowed } else { &other };
        Ok(Campaign::new(application, format!("{number:032x}"))?)
    };
    (0..count).map(campaign).collect()
}

/// Returns those of the campaigns that the caller may read.
///
/// # Errors
///
/// If one of them cannot be decided, or if these are not half of them.
pub fn filter(guard: &Guard<'_>, campaigns: Vec<Campaign>) -> Result<Vec<Campaign>, Failure> {
    let half = campaigns.len() / 2;
    let kept = at_once(guard.filter(GetCampaign, campaigns))??;
    match kept.len() == half {
        true => Ok(kept),
        false => Err(format!("{} resources are allowed", kept.len()).into()),
    }
}

/// Calls of [`Guard::allowed_actions`].
pub struct ActionLists {
    /// The name in tables.
    pub name: &'static str,
    lists: Vec<Box<dyn ActionList>>,
}

impl ActionLists {
    /// One list: the actions of an application.
    ///
    /// # Errors
    ///
    /// If W2 names no application.
    pub fn of_app() -> Result<Self, Failure> {
        Ok(Self {
            name: "allowed actions of an app",
            lists: vec![Box::new(App::new(named_app()?)?)],
        })
    }

    /// Several lists with about as many actions as the service has. No resource type has so many.
    ///
    /// # Errors
    ///
    /// If W2 names no application.
    pub fn of_several() -> Result<Self, Failure> {
        let app = App::new(named_app()?)?;
        let several = std::iter::repeat_with(|| Box::new(app.clone()) as Box<dyn ActionList>);
        Ok(Self {
            name: "allowed actions of seven apps",
            lists: several.take(7).collect(),
        })
    }

    /// Returns the number of actions that are checked.
    pub fn considered(&self) -> usize {
        self.lists.iter().map(|list| list.considered()).sum()
    }

    /// Returns the number of actions that the caller may perform.
    ///
    /// # Errors
    ///
    /// If one of them cannot be decided.
    pub fn run(&self, guard: &Guard<'_>) -> Result<usize, Failure> {
        self.lists.iter().map(|list| list.run(guard)).sum()
    }
}

/// A resource whose actions are listed.
trait ActionList {
    fn considered(&self) -> usize;

    fn run(&self, guard: &Guard<'_>) -> Result<usize, Failure>;
}

impl<R: ServiceResource> ActionList for R {
    fn considered(&self) -> usize {
        let (Some(own), Some(part)) = (R::TYPE, self.part()) else {
            return 0;
        };
        let actions = R::service().actions.iter();
        actions
            .filter(|action| {
                let mut types = action.resource_types.iter();
                types.any(|other| std::ptr::eq(*other, own))
            })
            .filter(|action| action.check_pinned(own, part).is_ok())
            .count()
    }

    fn run(&self, guard: &Guard<'_>) -> Result<usize, Failure> {
        Ok(at_once(guard.allowed_actions(self))??.iter().count())
    }
}
