use pinpoint_iam::{Denied, Guard, requires};

mod adapter {}

#[requires(GetApp, adapter = "poem")]
async fn not_a_path(application_id: String) {}

#[requires(GetApp, guard = guard, adapter = adapter)]
fn beside_guard(guard: &Guard<'_>, application_id: &str) -> Result<(), Denied> {
    Ok(())
}

#[requires(GetApp, adapter = adapter)]
#[requires(GetCampaigns, adapter = adapter)]
async fn twice(application_id: String) {}

#[requires(all(GetApp(adapter = adapter), GetCampaigns))]
async fn of_one_action(application_id: String) {}

fn main() {}
