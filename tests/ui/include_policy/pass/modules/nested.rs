use pinpoint_iam::include_policy;
use pinpoint_iam::policy::Document;

pub fn document() -> Document {
    include_policy!("../reader.json")
}
