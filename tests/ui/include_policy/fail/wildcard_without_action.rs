use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("wildcard_without_action.json");
}
