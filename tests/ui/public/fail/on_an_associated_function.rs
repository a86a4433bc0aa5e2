//! An associated function cannot have the items that the attribute adds beside it.

use pinpoint_iam::public;

struct Health;

impl Health {
    #[public("health check")]
    async fn check() -> &'static str {
        "ok"
    }
}

fn main() {}
