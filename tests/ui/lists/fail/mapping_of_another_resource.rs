use pinpoint_iam::Guard;
use pinpoint_iam::mobiletargeting::{GetCampaign, columns};

async fn list(guard: &Guard<'_>, columns: &columns::Segment) {
    let _ = guard.constraint(GetCampaign, columns).await;
}

fn main() {}
