//! A method under `#[async_trait]` needs a guard and a `Result`, as any method.

use async_trait::async_trait;
use pinpoint_iam::{Guard, requires};

#[async_trait]
pub trait Campaigns {
    #[requires(GetApp)]
    async fn without_guard(&self, application_id: &str) -> String {
        application_id.to_owned()
    }

    #[requires(GetApp, guard = guard)]
    async fn without_result(&self, guard: &Guard<'_>, application_id: &str) -> String {
        application_id.to_owned()
    }
}

fn main() {}
