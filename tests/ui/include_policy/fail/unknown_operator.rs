use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("unknown_operator.json");
}
