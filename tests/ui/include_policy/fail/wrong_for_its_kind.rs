use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("wrong_for_its_kind.json");
}
