//! A service whose name resembles one of the catalog is another service.

use pinpoint_iam::include_policy;

fn main() {
    let document = include_policy!("similar_service.json");
    assert_eq!(document.statements().len(), 2);
}
