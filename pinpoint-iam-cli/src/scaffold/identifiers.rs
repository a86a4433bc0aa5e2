//! Names of Rust items.

use std::collections::BTreeSet;

/// Names that cannot be those of generated items: strict and reserved keywords, and types that a handler's type would
/// hide.
const RESERVED: [&str; 72] = [
    "Self", "abstract", "as", "async", "await", "become", "bool", "box", "break", "char", "const",
    "continue", "crate", "do", "dyn", "else", "enum", "extern", "f128", "f16", "f32", "f64",
    "false", "final", "fn", "for", "gen", "i128", "i16", "i32", "i64", "i8", "if", "impl", "in",
    "isize", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "str", "struct", "super", "trait", "true", "try", "type",
    "typeof", "u128", "u16", "u32", "u64", "u8", "union", "unsafe", "unsized", "use", "usize",
    "virtual", "where", "while", "yield",
];

/// The names that are in use in one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Identifiers(BTreeSet<String>);

impl Identifiers {
    /// Names that are in use already.
    pub(super) fn with(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// Takes `name`, or a similar one if it is in use or reserved.
    pub(super) fn take(&mut self, name: &str) -> String {
        let mut free = match name.chars().next() {
            Some(first) if !first.is_ascii_digit() => name.to_owned(),
            _ => format!("_{name}"),
        };
        // A single underscore is not a name.
        while free == "_" || RESERVED.contains(&&*free) || self.0.contains(&free) {
            free.push('_');
        }
        self.0.insert(free.clone());
        free
    }
}

/// Returns `get_campaign` for `GetCampaign`.
pub(super) fn snake_case(name: &str) -> String {
    crate::names::words(name).join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_and_unique() {
        let mut names = Identifiers::with(&["routes"]);
        for (name, expected) in [
            ("get_campaign", "get_campaign"),
            ("get_campaign", "get_campaign_"),
            ("get_campaign", "get_campaign__"),
            ("move", "move_"),
            ("str", "str_"),
            ("routes", "routes_"),
            ("2fa", "_2fa"),
            ("", "__"),
            ("_", "___"),
        ] {
            assert_eq!(names.take(name), expected, "{name}");
        }
    }
}
