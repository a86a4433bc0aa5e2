//! A service whose name is similar to one in the catalog is a different service.

use pinpoint_iam::include_policy;

fn main() {
    let document = include_policy!("similar_service.json");
    assert_eq!(document.statements().len(), 2);
}
