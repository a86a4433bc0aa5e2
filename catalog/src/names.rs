//! Converts names of a catalog to names of Rust items, and formats lists of names for messages.

/// A piece of a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPiece<'a> {
    /// Literal text of the key.
    Literal(&'a str),
    /// The name of a part that requests fill in: `TagKey`.
    Placeholder(&'a str),
}

/// The pieces of a condition key. A `${` without a closing `}` is literal text.
pub(crate) fn key_pieces(key: &str) -> Vec<KeyPiece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = key;
    while let Some((literal, (name, after))) = rest
        .split_once("${")
        .and_then(|(literal, after)| Some((literal, after.split_once('}')?)))
    {
        if !literal.is_empty() {
            pieces.push(KeyPiece::Literal(literal));
        }
        pieces.push(KeyPiece::Placeholder(name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(KeyPiece::Literal(rest));
    }
    pieces
}

/// Converts `campaign-metrics` to the name of a type, `CampaignMetrics`. Upper-case letters are kept.
pub(crate) fn type_name(name: &str) -> String {
    name.split('-')
        .flat_map(|word| {
            let mut characters = word.chars();
            let first = characters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(characters)
        })
        .collect()
}

/// The name of the struct of a resource type's condition keys.
pub(crate) fn keys_type_name(type_name: &str) -> String {
    format!("{type_name}Keys")
}

/// Whether a condition key is a tag of the resource.
pub(crate) fn is_resource_tag(key: &str) -> bool {
    key.to_ascii_lowercase().starts_with("aws:resourcetag/")
}

/// Whether a condition key belongs to the tags of the request.
pub(crate) fn is_request_tag(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key == "aws:tagkeys" || key.starts_with("aws:requesttag/")
}

/// Converts `application-id` to the name of a function or an argument, `application_id`.
pub(crate) fn snake_case(kebab: &str) -> String {
    kebab.replace('-', "_")
}

/// Converts `aws:ResourceTag/${TagKey}` to the words `aws`, `resource`, `tag`, which form the Rust name of the
/// condition key.
///
/// The parts that a request fills in are not included.
pub(crate) fn condition_key_words(key: &str) -> Vec<String> {
    let fixed = key_pieces(key).into_iter().map(|piece| match piece {
        KeyPiece::Literal(text) => text,
        KeyPiece::Placeholder(_) => "/",
    });
    words(&fixed.collect::<String>())
}

/// Splits `sourceIdentifier` into the words `source` and `identifier`.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut start_word = true;
    let mut previous_is_lower = false;
    for character in text.chars() {
        if !character.is_ascii_alphanumeric() {
            start_word = true;
            previous_is_lower = false;
            continue;
        }
        start_word |= character.is_ascii_uppercase() && previous_is_lower;
        previous_is_lower = !character.is_ascii_uppercase();
        match words.last_mut() {
            Some(word) if !start_word => word.push(character.to_ascii_lowercase()),
            _ => words.push(character.to_ascii_lowercase().to_string()),
        }
        start_word = false;
    }
    words
}

/// Formats `names` in backticks, as alternatives: `` `a`, `b` or `c` ``.
pub(crate) fn list<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, " or ")
}

/// Formats `names` in backticks, as an enumeration: `` `a`, `b` and `c` ``.
pub(crate) fn all<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, " and ")
}

fn joined<S: AsRef<str>>(names: &[S], last: &str) -> String {
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        let separator = match index {
            0 => "",
            _ if index + 1 == names.len() => last,
            _ => ", ",
        };
        text.push_str(separator);
        text.push('`');
        text.push_str(name.as_ref());
        text.push('`');
    }
    text
}

/// The hint that suggests `names`; `None` if there are none.
pub(crate) fn did_you_mean<S: AsRef<str>>(names: &[S]) -> Option<String> {
    (!names.is_empty()).then(|| format!("did you mean {}?", list(names)))
}

/// Whether `name` consists of lower-case words of letters and digits, separated by single hyphens, as in
/// `campaign-metrics`.
pub(crate) fn is_kebab_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// Whether `name` is an upper-case letter followed by letters and digits, as in `GetCampaign`.
pub(crate) fn is_capitalized(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether `name` is valid as the name of an action, such as `GetCampaign` or `Sync-all`: letters and digits, starting
/// with a letter, with single hyphens between words.
pub(crate) fn is_action_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether `name` is a Rust keyword.
pub(crate) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// Whether generated code already contains a type with this name, or the name is reserved in Rust.
pub(crate) fn is_taken_type_name(name: &str) -> bool {
    ["Action", "ALL"].contains(&name) || is_in_prelude(name) || is_keyword(name)
}

/// Whether all Rust code uses the name for a value. With `use module::*`, the type would replace that value.
pub(crate) fn is_in_prelude(name: &str) -> bool {
    ["Ok", "Err", "Some", "None"].contains(&name)
}

/// Whether an argument with this name would hide a method that every resource type has, or the name is reserved in
/// Rust.
pub(crate) fn is_taken_by_resources(name: &str) -> bool {
    RESOURCE_METHODS.contains(&name) || is_keyword(name)
}

const RESOURCE_METHODS: [&str; 10] = [
    "any",
    "any_in",
    "arn",
    "clone",
    "from_arn",
    "from_ids",
    "new",
    "part",
    "requested",
    "eq",
];

/// Strict and reserved keywords of the 2024 edition.
const KEYWORDS: [&str; 52] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_capitalized_words() {
        assert_eq!(type_name("campaign-metrics"), "CampaignMetrics");
        assert_eq!(type_name("otp"), "Otp");
    }

    #[test]
    fn condition_keys_split_at_capitals_and_signs() {
        let words = |key| condition_key_words(key).join("_");
        assert_eq!(words("aws:ResourceTag/${TagKey}"), "aws_resource_tag");
        assert_eq!(words("aws:TagKeys"), "aws_tag_keys");
        assert_eq!(words("orders:VPCe-id"), "orders_vpce_id");
        assert_eq!(
            words("orders:parts/${PartId}.colour"),
            "orders_parts_colour"
        );
        assert_eq!(words("login.${Shop}.example:sub"), "login_example_sub");
    }

    #[test]
    fn keywords_are_known() {
        assert!(is_keyword("type"));
        assert!(is_keyword("yield"));
        assert!(!is_keyword("kind"));
    }
}
