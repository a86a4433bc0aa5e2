use pinpoint_iam::include_policy;

const PATH: &str = "../pass/reader.json";

fn main() {
    let _ = include_policy!(PATH);
}
