use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("former_name.json");
}
