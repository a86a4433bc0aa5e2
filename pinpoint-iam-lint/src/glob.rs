//! Whether one pattern of a policy covers another.

use std::collections::{BTreeSet, HashMap};

/// Whether every text that `specific` matches is also matched by `general`. Both may contain `*` and `?`.
///
/// `true` is certain. `false` may also mean that this simple comparison does not recognize it.
pub(crate) fn covers(general: &str, specific: &str) -> bool {
    if general == specific {
        return true;
    }
    // A `${*}` in the pattern is not a wildcard.
    if !has_wildcard(general) || general.contains("${") {
        return false;
    }
    if general.is_ascii() && specific.is_ascii() {
        return covers_units(general.as_bytes(), specific.as_bytes(), [b'*', b'?']);
    }
    let general: Vec<char> = general.chars().collect();
    let specific: Vec<char> = specific.chars().collect();
    covers_units(&general, &specific, ['*', '?'])
}

/// The classic algorithm: after a mismatch, the last `*` takes one more character.
fn covers_units<T: PartialEq>(general: &[T], specific: &[T], [star, any]: [T; 2]) -> bool {
    let (mut in_general, mut in_specific) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(unit) = specific.get(in_specific) {
        match general.get(in_general) {
            Some(wanted) if *wanted == star => {
                in_general += 1;
                retry = Some((in_general, in_specific));
                continue;
            }
            // Only a `*` covers a `*`.
            Some(wanted) if *unit != star && (*wanted == any || wanted == unit) => {}
            _ => match retry {
                Some((after_star, start)) => {
                    in_general = after_star;
                    in_specific = start + 1;
                    retry = Some((after_star, start + 1));
                    continue;
                }
                None => return false,
            },
        }
        in_general += 1;
        in_specific += 1;
    }
    general
        .get(in_general..)
        .is_some_and(|rest| rest.iter().all(|unit| *unit == star))
}

/// Whether an action pattern covers another one, ignoring case.
pub(crate) fn action_covers(general: &str, specific: &str) -> bool {
    lower_action_covers(
        &general.to_ascii_lowercase(),
        &specific.to_ascii_lowercase(),
    )
}

/// Whether an action pattern in lower case covers another one in lower case.
pub(crate) fn lower_action_covers(general: &str, specific: &str) -> bool {
    if matches!(general, "*" | "*:*") || general == specific {
        return true;
    }
    // Without a wildcard, only an equal one is covered.
    let Some((prefix, name)) = general.split_once(':').filter(|_| has_wildcard(general)) else {
        return false;
    };
    specific
        .split_once(':')
        .is_some_and(|(other_prefix, other_name)| {
            prefix == other_prefix && !has_wildcard(prefix) && covers(name, other_name)
        })
}

/// Whether a resource pattern covers another one.
pub(crate) fn resource_covers(general: &str, specific: &str) -> bool {
    if general == "*" || general == specific {
        return true;
    }
    if !has_wildcard(general) {
        return false;
    }
    // The components of an ARN are matched one by one. A short ARN has several meanings.
    let (mut general, mut specific) = (general.splitn(6, ':'), specific.splitn(6, ':'));
    let mut components = 0;
    loop {
        match (general.next(), specific.next()) {
            (None, None) => return components == 6,
            (Some(general), Some(specific)) if covers(general, specific) => components += 1,
            _ => return false,
        }
    }
}

/// The part of a pattern before its first wildcard. Each text that the pattern covers starts with it.
fn literal(pattern: &str) -> &str {
    let end = pattern.find(['*', '?']).unwrap_or(pattern.len());
    pattern.get(..end).unwrap_or(pattern)
}

/// Patterns with numbers, to find those that may cover a text without a comparison with each of them.
#[derive(Debug, Default)]
pub(crate) struct Patterns<'p> {
    by_literal: HashMap<&'p str, Vec<usize>>,
    lengths: BTreeSet<usize>,
}

impl<'p> Patterns<'p> {
    pub(crate) fn add(&mut self, pattern: &'p str, number: usize) {
        let literal = literal(pattern);
        self.lengths.insert(literal.len());
        self.by_literal.entry(literal).or_default().push(number);
    }

    /// The numbers of the patterns that may cover a text, in their order; among them are all that do.
    pub(crate) fn that_may_cover(&self, text: &str) -> Vec<usize> {
        let mut found: Vec<usize> = self.found(text).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The number of the patterns that may cover a text.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.found(text).map(Vec::len).sum()
    }

    fn found(&self, text: &str) -> impl Iterator<Item = &Vec<usize>> {
        let lengths = self.lengths.range(..=text.len());
        lengths.filter_map(move |length| self.by_literal.get(text.get(..*length)?))
    }
}

pub(crate) fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (general, specific, expected) in [
            ("Get*", "GetApp", true),
            ("Get*", "Get*", true),
            ("Get*", "GetApp*", true),
            ("Get*", "G*", false),
            ("*App", "Get*App", true),
            ("*App", "GetApps", false),
            ("*a*b", "xaxbxb", true),
            ("*a*b", "*b*a", false),
            ("Get?pp", "GetApp", true),
            ("Get?pp", "Get*pp", false),
            ("Get?pp", "Get?pp", true),
            ("GetApp", "Get?pp", false),
            ("?", "*", false),
            ("*?", "*", false),
            ("**", "", true),
            ("a", "", false),
            ("${*}x", "ax", false),
            ("*", "${aws:username}", true),
        ] {
            assert_eq!(covers(general, specific), expected, "{general} {specific}");
        }
        // The index finds every pattern that covers a text.
        let texts = [
            "",
            "a",
            "ab",
            "äb",
            "Get*",
            "GetApp",
            "Get?pp",
            "*",
            "?b",
            "${*}x",
            "a:*",
            "*:*",
            "a:b:c:d:e:f*",
            "a:b:c:d:e:*",
        ];
        let mut patterns = Patterns::default();
        for (number, pattern) in texts.iter().enumerate() {
            patterns.add(pattern, number);
        }
        for text in texts {
            let found = patterns.that_may_cover(text);
            for (number, pattern) in texts.iter().enumerate() {
                let is_covered = covers(pattern, text)
                    || lower_action_covers(pattern, text)
                    || resource_covers(pattern, text);
                assert!(!is_covered || found.contains(&number), "{pattern} {text}");
            }
        }
        assert!(action_covers("*", "s3:GetObject"));
        assert!(action_covers("S3:get*", "s3:GetObject"));
        assert!(!action_covers("s*:*", "s3:GetObject"));
        assert!(resource_covers("arn:aws:s3:::a/*", "arn:aws:s3:::a/b*"));
        assert!(!resource_covers("arn:aws:s3:::a", "arn:aws:s3:::a/b"));
        assert!(!resource_covers("arn:aws:*", "arn:aws:s3:::a/b"));
        assert!(!resource_covers("arn:*:*:*:*:x", "arn:aws:s3:::a:x"));
    }
}
