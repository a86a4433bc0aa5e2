use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("misspelled_service_in_arn.json");
}
