//! Only the extractors create the proofs that the checks before and after the body have passed.

use pinpoint_iam::requires;
use pinpoint_iam::web::{AfterBody, Authorized, Prechecked};

#[requires(CreateApp, request_tags = Some(tags), dependents = none)]
async fn create_app(tags: Vec<String>) -> usize {
    tags.len()
}

#[requires(GetApps)]
async fn get_apps() {}

fn main() {
    let _ = create_app(
        Prechecked {
            check: std::marker::PhantomData,
        },
        AfterBody {
            value: Vec::new(),
            parameters: (),
            permit: (),
            check: std::marker::PhantomData,
        },
    );
    let _ = get_apps(Authorized {
        parameters: (),
        permit: (),
        check: std::marker::PhantomData,
    });
}
