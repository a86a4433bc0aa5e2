//! A condition key with the prefix of a known service is one of the catalog's.

use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("misspelled_condition_key.json");
}
