//! A condition key with the prefix of a known service must be in its catalog.

use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("misspelled_condition_key.json");
}
