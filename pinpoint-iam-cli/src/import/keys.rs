//! Names of condition keys, in the notations of the reference and of catalogs.

use crate::names;

/// Returns a key in the notation of catalogs: variable parts are `${Part}`, even if the reference writes `<part>`.
pub(super) fn canonical(key: &str) -> String {
    let mut text = String::new();
    let mut rest = key;
    while let Some(start) = rest.find(['<', '$']) {
        let (before, part) = rest.split_at(start);
        text.push_str(before);
        let inside = part
            .strip_prefix("${")
            .and_then(|inside| inside.split_once('}'))
            .or_else(|| part.strip_prefix('<')?.split_once('>'));
        let Some((name, after)) = inside else {
            // Not a placeholder. The loader reports the error.
            text.push_str(part);
            return text;
        };
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let name = if is_name {
            name.to_owned()
        } else {
            names::capitalized(name)
        };
        text.push_str(&format!("${{{name}}}"));
        rest = after;
    }
    text.push_str(rest);
    text
}

/// Returns a text that is equal for all spellings of a key: case and the names of placeholders are ignored.
pub(super) fn identity(key: &str) -> String {
    let mut text = String::new();
    let mut rest = key;
    while let Some((before, (_, after))) = rest
        .split_once("${")
        .and_then(|(before, inside)| Some((before, inside.split_once('}')?)))
    {
        text.push_str(before);
        text.push_str("${}");
        rest = after;
    }
    text.push_str(rest);
    text.to_ascii_lowercase()
}

/// Returns the value type of a key in the notation of catalogs, and whether the reference has the same type.
///
/// A type that catalogs do not know becomes `String`.
pub(super) fn value_type(types: &[String]) -> (String, bool) {
    const TYPES: [&str; 7] = [
        "String",
        "Bool",
        "Numeric",
        "Date",
        "ARN",
        "IPAddress",
        "Binary",
    ];
    let is_list = |name: &String| name.starts_with("ArrayOf");
    if let [only] = types {
        let element = only.strip_prefix("ArrayOf").unwrap_or(only);
        if TYPES.contains(&element) {
            return (only.clone(), true);
        }
    }
    // A list of several types is still a list, because conditions treat multivalued keys differently.
    let is_list = !types.is_empty() && types.iter().all(is_list);
    let value_type = if is_list { "ArrayOfString" } else { "String" };
    (value_type.to_owned(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_one_form() {
        for (key, expected) in [
            ("aws:TagKeys", "aws:TagKeys"),
            ("shop:Tag/<key>", "shop:Tag/${key}"),
            ("shop:Tag/${Tag key}.x", "shop:Tag/${TagKey}.x"),
            ("shop:Tag/${", "shop:Tag/${"),
            ("shop:<", "shop:<"),
        ] {
            assert_eq!(canonical(key), expected);
        }
        assert_eq!(identity("S:Tag/${A}/B/${C}"), identity("s:tag/${X}/b/${y}"));
        assert_ne!(identity("s:tag/${A}"), identity("s:tag/"));
    }

    #[test]
    fn types_stay_lists() {
        let found = |types: &[&str]| {
            let types: Vec<String> = types.iter().map(|name| (*name).to_owned()).collect();
            value_type(&types)
        };
        assert_eq!(found(&["ArrayOfARN"]), ("ArrayOfARN".to_owned(), true));
        assert_eq!(found(&["Bool"]), ("Bool".to_owned(), true));
        assert_eq!(found(&["Shape"]), ("String".to_owned(), false));
        assert_eq!(
            found(&["ArrayOfShape"]),
            ("ArrayOfString".to_owned(), false)
        );
        assert_eq!(
            found(&["ArrayOfARN", "ArrayOfString"]),
            ("ArrayOfString".to_owned(), false)
        );
        assert_eq!(found(&["ARN", "ArrayOfARN"]), ("String".to_owned(), false));
        assert_eq!(found(&[]), ("String".to_owned(), false));
    }
}
