//! More than eight requirements must be nested.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(any(
    GetApp,
    GetApnsChannel,
    GetApnsSandboxChannel,
    GetApnsVoipChannel,
    GetBaiduChannel,
    GetEmailChannel,
    GetEventStream,
    GetGcmChannel,
    GetSmsChannel,
))]
async fn read(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
