//! The single-valued global condition keys of AWS, and other facts about keys that lints use.
//!
//! From the line "Value type" of each key in [global condition
//! keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html). Nothing is known
//! about keys that are not listed here, and no lint mentions them.

use crate::context::ConditionKey;

/// Whether a request has at most one value for the key.
pub(super) fn is_single_valued(key: &ConditionKey) -> bool {
    let key = key.folded();
    SINGLE_VALUED.contains(&key)
        || SINGLE_VALUED_TAGS
            .iter()
            .any(|start| key.starts_with(start))
}

/// A lower-case prefix of condition keys that a request can only have together with `key`.
pub(super) fn brought_along_by(key: &ConditionKey) -> Option<&'static str> {
    (key.folded() == "aws:tagkeys").then_some("aws:requesttag/")
}

/// Whether the key is a Boolean that is absent from most requests signed with long-term credentials.
pub(super) fn is_often_absent_boolean(key: &ConditionKey) -> bool {
    key.folded() == "aws:multifactorauthpresent"
}

/// Prefixes of keys that are followed by the name of a tag, in lower case.
const SINGLE_VALUED_TAGS: [&str; 3] = ["aws:principaltag/", "aws:requesttag/", "aws:resourcetag/"];

/// In lower case.
const SINGLE_VALUED: [&str; 32] = [
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:currenttime",
    "aws:epochtime",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalservicename",
    "aws:principaltype",
    "aws:referer",
    "aws:requestedregion",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:securetransport",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
    "aws:vpcsourceip",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{MULTIVALUED, is_multivalued};

    #[test]
    fn keys_are_listed_once_and_in_lower_case() {
        let listed: Vec<&str> = [&MULTIVALUED[..], &SINGLE_VALUED_TAGS, &SINGLE_VALUED].concat();
        for (index, name) in listed.iter().enumerate() {
            assert_eq!(*name, name.to_ascii_lowercase());
            assert!(!listed[index + 1..].contains(name), "{name}");
            let key = ConditionKey::new(name);
            assert_ne!(is_multivalued(&key), is_single_valued(&key), "{name}");
        }
    }
}
