use pinpoint_iam::guard::AllowedActions;
use pinpoint_iam::list::{Constraint, KeyedColumns, StringColumn};
use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign, GetCampaign, columns};
use pinpoint_iam::{Denied, Guard};

async fn list(guard: &Guard<'_>) -> Result<Constraint, Denied> {
    let columns = columns::Campaign {
        application_id: "application_id",
        campaign_id: "id",
        tags: KeyedColumns::nowhere().with("stage", StringColumn::text("stage")),
    };
    guard.constraint(GetCampaign, &columns).await
}

fn shows_button(allowed: &AllowedActions<Campaign>) -> bool {
    allowed.contains(DeleteCampaign)
}

fn main() {
    let _ = (list, shows_button);
}
