use pinpoint_iam::include_policy;

const KIND: &str = "boundary";

fn main() {
    let _ = include_policy!("../pass/reader.json", kind = KIND);
}
