//! Whether one pattern of a policy covers another.

/// Whether every text that `specific` matches is also matched by `general`. Both may contain `*` and `?`.
///
/// `true` is certain. `false` may also mean that this simple comparison does not recognize it.
pub(crate) fn covers(general: &str, specific: &str) -> bool {
    if general == specific {
        return true;
    }
    // A `${*}` in the pattern is not a wildcard.
    if general.contains("${") {
        return false;
    }
    let general: Vec<char> = general.chars().collect();
    let specific: Vec<char> = specific.chars().collect();
    // The classic algorithm: after a mismatch, the last `*` takes one more character.
    let (mut in_general, mut in_specific) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(character) = specific.get(in_specific) {
        match general.get(in_general) {
            Some('*') => {
                in_general += 1;
                retry = Some((in_general, in_specific));
                continue;
            }
            // Only a `*` covers a `*`.
            Some('?') if *character != '*' => {}
            Some(wanted) if wanted == character && *character != '*' => {}
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
        .is_some_and(|rest| rest.iter().all(|character| *character == '*'))
}

/// Whether an action pattern covers another one, ignoring case.
pub(crate) fn action_covers(general: &str, specific: &str) -> bool {
    if matches!(general, "*" | "*:*") {
        return true;
    }
    let (general, specific) = (general.to_ascii_lowercase(), specific.to_ascii_lowercase());
    match (general.split_once(':'), specific.split_once(':')) {
        (Some((prefix, name)), Some((other_prefix, other_name))) => {
            prefix == other_prefix && !has_wildcard(prefix) && covers(name, other_name)
        }
        _ => general == specific,
    }
}

/// Whether a resource pattern covers another one.
pub(crate) fn resource_covers(general: &str, specific: &str) -> bool {
    if general == "*" || general == specific {
        return true;
    }
    let general: Vec<&str> = general.splitn(6, ':').collect();
    let specific: Vec<&str> = specific.splitn(6, ':').collect();
    // The components of an ARN are matched one by one. A short ARN has several meanings.
    general.len() == 6
        && specific.len() == 6
        && general
            .iter()
            .zip(&specific)
            .all(|(general, specific)| covers(general, specific))
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
        assert!(action_covers("*", "s3:GetObject"));
        assert!(action_covers("S3:get*", "s3:GetObject"));
        assert!(!action_covers("s*:*", "s3:GetObject"));
        assert!(resource_covers("arn:aws:s3:::a/*", "arn:aws:s3:::a/b*"));
        assert!(!resource_covers("arn:aws:s3:::a", "arn:aws:s3:::a/b"));
        assert!(!resource_covers("arn:aws:*", "arn:aws:s3:::a/b"));
        assert!(!resource_covers("arn:*:*:*:*:x", "arn:aws:s3:::a:x"));
    }
}
