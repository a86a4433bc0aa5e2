//! An action of another service is found there.

use pinpoint_iam::requires;

#[requires(GetFinancialReports)]
async fn get_reports() -> &'static str {
    ""
}

fn main() {}
