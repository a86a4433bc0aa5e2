use pinpoint_iam::include_policy;

fn main() {
    let _ = include_policy!("../pass/reader.json", kind = "boundary", kind = "session");
}
