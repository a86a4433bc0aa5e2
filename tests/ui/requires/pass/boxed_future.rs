//! Methods under `#[async_trait]`, and functions that return a boxed future as that attribute writes it.

#![deny(warnings)]

use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use pinpoint_iam::{Denied, Guard, requires};

#[async_trait]
pub trait Campaigns {
    fn guard(&self) -> Guard<'_>;

    #[requires(GetCampaign, guard = self.guard())]
    async fn get(&self, application_id: &str, campaign_id: &str) -> Result<String, Denied> {
        tokio::task::yield_now().await;
        Ok(format!("{application_id} {campaign_id}"))
    }

    async fn delete(&mut self, application_id: String, campaign_id: String) -> Result<(), Denied>;
}

pub struct Store<'a>(Guard<'a>, u32);

#[async_trait]
impl Campaigns for Store<'_> {
    fn guard(&self) -> Guard<'_> {
        self.0.clone()
    }

    #[requires(DeleteCampaign, guard = self.0, permit = proof)]
    async fn delete(&mut self, application_id: String, campaign_id: String) -> Result<(), Denied> {
        self.1 += 1;
        drop((proof, application_id, campaign_id));
        Ok(())
    }
}

#[requires(GetApp, guard = guard)]
pub fn get_app<'a>(
    guard: &'a Guard<'_>,
    application_id: &'a str,
) -> Pin<Box<dyn Future<Output = Result<usize, Denied>> + Send + 'a>> {
    Box::pin(async move { Ok(application_id.len()) })
}

fn main() {}
