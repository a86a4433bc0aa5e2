use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("not_utf8.json");
}
