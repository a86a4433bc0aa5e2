use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("resource_of_another_action.json");
}
