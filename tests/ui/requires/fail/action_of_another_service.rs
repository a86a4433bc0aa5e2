//! An action that belongs to another service is suggested.

use pinpoint_iam::requires;

#[requires(GetFinancialReports)]
async fn get_reports() -> &'static str {
    ""
}

fn main() {}
