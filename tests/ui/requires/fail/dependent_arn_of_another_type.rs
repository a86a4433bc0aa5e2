//! The ARN of a dependent action of a service without a catalog is a text.

use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(CreateExportJob, dependents(iam::PassRole(role_arn = body)))]
async fn export(Path(application_id): Path<String>, Json(body): Json<u64>) -> String {
    format!("{application_id} {body}")
}

fn main() {}
