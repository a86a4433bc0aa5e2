//! An attachments file is rejected with a position, or every identity in it has exactly the policies that the file
//! lists.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::attached::{assert_has, list};
use crate::place::assert_source_error;
use pinpoint_iam::source::{Directory, PolicySource};
use serde_json::Value;

const DOCUMENT: &str = r#"{
    "Version": "2012-10-17",
    "Statement": { "Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*" }
}"#;

/// A directory with the documents `a.json` to `c.json`, one per process. It is not deleted at the end.
static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
    let name = format!("pinpoint-iam-fuzz-attachments-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    fs::create_dir_all(&path).expect("a directory for temporary files");
    for document in ["a.json", "b.json", "c.json"] {
        fs::write(path.join(document), DOCUMENT).expect("a temporary file");
    }
    path
});

fn names(list: &[Value]) -> impl Iterator<Item = String> {
    let name = |value: &Value| value.as_str().expect("names are text").to_owned();
    list.iter().map(name)
}

/// Checks one input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(text: &str) {
    fs::write(DIRECTORY.join("attachments.json"), text).expect("a temporary file");
    let source = Directory::open(&*DIRECTORY).expect("a directory");
    let store = match source.load() {
        Ok(store) => store,
        Err(error) => return assert_source_error(text, &error),
    };
    let attachments: Value = serde_json::from_str(text).expect("JSON");
    let mut count = 0;
    for kind in ["users", "roles"] {
        for (arn, entry) in attachments[kind].as_object().into_iter().flatten() {
            let groups = names(list(entry, "groups"));
            let of_groups =
                groups.flat_map(|group| names(list(&attachments["groups"][group], "policies")));
            let all: BTreeSet<String> = names(list(entry, "policies")).chain(of_groups).collect();
            assert_has(&store, arn, &all, entry["boundary"].as_str());
            count += 1;
        }
    }
    assert_eq!(store.len(), count);
}
