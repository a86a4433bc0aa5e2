use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("action_without_resources.json");
}
