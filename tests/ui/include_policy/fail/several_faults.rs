use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("several_faults.json");
}
