//! The expression of an ARN cannot skip the check.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(CreateExportJob, dependents(iam::PassRole(role_arn = return Ok(()))))]
async fn export(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
