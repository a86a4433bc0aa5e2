//! Only a check creates a permit.

use pinpoint_iam::Permit;
use pinpoint_iam::mobiletargeting::DeleteCampaign;

fn copied(permit: &Permit<DeleteCampaign>) -> Permit<DeleteCampaign> {
    Permit::clone(permit)
}

fn from_nothing() -> Permit<DeleteCampaign> {
    Permit::default()
}

fn from_a_text() -> Permit<DeleteCampaign> {
    serde_json::from_str("{}").unwrap()
}

fn put_together() -> Permit<DeleteCampaign> {
    Permit {
        resource: String::new(),
    }
}

fn constructed() -> Permit<DeleteCampaign> {
    Permit::new()
}

fn main() {}
