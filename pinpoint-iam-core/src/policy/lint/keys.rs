//! The global condition keys of AWS that have one value, and what else lints know of keys.
//!
//! From the line "Value type" of each key in
//! [global condition keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html). Of keys
//! that are not listed here nothing is known, and no lint speaks about them.

use crate::context::ConditionKey;

/// Whether a request brings one value for the key at the most.
pub(super) fn is_single_valued(key: &ConditionKey) -> bool {
    let key = key.folded();
    SINGLE_VALUED.contains(&key)
        || SINGLE_VALUED_TAGS
            .iter()
            .any(|start| key.starts_with(start))
}

/// How keys start, in lower case, of which none is in a request without this one.
pub(super) fn brought_along_by(key: &ConditionKey) -> Option<&'static str> {
    (key.folded() == "aws:tagkeys").then_some("aws:requesttag/")
}

/// Whether most requests that are signed with long-term credentials come without the key, which is a Boolean.
pub(super) fn is_often_absent_boolean(key: &ConditionKey) -> bool {
    key.folded() == "aws:multifactorauthpresent"
}

/// The keys with the name of a tag behind them, in lower case.
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
