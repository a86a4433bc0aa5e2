use pinpoint_iam::requires as guarded_by;

#[pinpoint_iam::requires(GetCampaign)]
pub async fn get_campaign() {}

#[guarded_by(DeleteCampaign)]
pub async fn delete_campaign() {}

/// The other `get_apps`. Only the module distinguishes them.
#[pinpoint_iam::requires(GetApps)]
pub async fn get_apps() {} // declared, not mounted

/// For job workers.
#[pinpoint_iam::requires(DeleteCampaign, guard = cx)]
pub fn purge(cx: &Guard<'_>) {}
