//! In a `LazyLock`, a document is parsed once.

use std::sync::LazyLock;

use pinpoint_iam::include_policy;
use pinpoint_iam::policy::Document;

static READER: LazyLock<Document> = LazyLock::new(|| include_policy!("reader.json"));

fn main() {
    assert_eq!(READER.statements().len(), 3);
}
