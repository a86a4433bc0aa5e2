//! Only the extractors make the proofs that the check has passed, before the body and behind it.

use pinpoint_iam::requires;
use pinpoint_iam::web::{AfterBody, Authorized};

#[requires(CreateApp, request_tags = Some(tags))]
async fn create_app(tags: Vec<String>) -> usize {
    tags.len()
}

fn main() {
    let _ = create_app(
        Authorized {
            permit: (),
            check: std::marker::PhantomData,
        },
        AfterBody {
            value: Vec::new(),
            permit: (),
            check: std::marker::PhantomData,
        },
    );
}
