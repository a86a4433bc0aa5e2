//! Any function can be guarded: free, generic, in an `impl` block or with a body in a trait, `async` or not.
#![deny(warnings, missing_docs)]

use std::fmt;

use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign};
use pinpoint_iam::{Denied, Guard, Permit, requires};

/// The error of an application.
#[derive(Debug)]
pub enum Error {
    /// The caller lacks the permission.
    Denied(Box<Denied>),
    /// Another error.
    Other,
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Self::Denied(Box::new(denied))
    }
}

/// Deletes.
#[requires(DeleteCampaign, guard = guard)]
pub fn purge(guard: &Guard<'_>, application_id: &str, campaign_id: &str) -> Result<(), Error> {
    #![allow(clippy::needless_return)]
    if application_id == campaign_id {
        return Err(Error::Other);
    }
    return Ok(());
}

/// Reads later.
#[requires(GetCampaign, guard = &guard)]
#[must_use]
pub async fn read<'a>(
    guard: Guard<'a>,
    application_id: String,
    campaign_id: &'a str,
) -> Result<(String, &'a str), Error> {
    Ok((application_id, campaign_id))
}

/// A service.
#[derive(Debug)]
pub struct Service<'a, T> {
    guard: Guard<'a>,
    store: T,
}

impl<T: fmt::Debug> Service<'_, T> {
    /// Deletes.
    #[requires(all(DeleteCampaign, GetApp), guard = self.guard, permit = (proof, _))]
    pub fn delete(
        &mut self,
        application_id: &str,
        campaign_id: &str,
    ) -> Result<Permit<DeleteCampaign>, Denied> {
        println!("{:?}", self.store);
        Ok(proof)
    }

    /// Deletes with everything that belongs to it.
    #[requires(DeleteCampaign, resource = campaign, guard = self.guard)]
    #[requires(any(GetSegments, ListJourneys), resource = &app)]
    pub async fn take(
        self,
        campaign: &Campaign,
        app: pinpoint_iam::mobiletargeting::App,
    ) -> Result<T, Denied> {
        Ok(self.store)
    }
}

/// Something with a guard.
pub trait Guarded {
    /// The guard.
    fn guard(&self) -> Guard<'_>;

    /// Reads.
    #[requires(GetApp, guard = self.guard())]
    fn get_app<I: AsRef<str> + ?Sized>(&self, application_id: &I) -> Result<usize, Error> {
        Ok(application_id.as_ref().len())
    }
}

impl<T> Guarded for Service<'_, T> {
    fn guard(&self) -> Guard<'_> {
        self.guard.clone()
    }
}

fn main() {}
