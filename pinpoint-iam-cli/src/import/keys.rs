//! Names of condition keys, as the reference spells them and as catalogs do.

use super::names;

/// A key in the form of catalogs: parts that requests fill in are `${Part}`, also where the reference writes `<part>`.
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
            // Not a placeholder: the loader says what is wrong with it.
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

/// What two spellings of one key have in common: neither case nor the names of placeholders matter.
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

/// A type of values in the words of catalogs; a type that they do not know is written as text.
///
/// ErrorResponses the type and whether it is the one that the reference has.
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
    // A list of all kinds is still a list: how many values a key has decides how conditions read it.
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
