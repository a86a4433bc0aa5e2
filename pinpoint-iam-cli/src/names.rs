//! Converts AWS's names into those of catalogs, and into sentences.

/// Returns the words of a name: `OptOutList`, `optOutList` and `opt-out-list` consist of `opt`, `out` and `list`.
///
/// A sequence of capitals is one word, except that its last letter starts the next word: `ARNFormats` is `arn`,
/// `formats`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut current = String::new();
    let characters: Vec<char> = name.chars().collect();
    for (index, character) in characters.iter().enumerate() {
        if !character.is_ascii_alphanumeric() {
            if !current.is_empty() {
                words.push(std::mem::take(&mut current));
            }
            continue;
        }
        let before = index.checked_sub(1).and_then(|index| characters.get(index));
        let after = characters.get(index + 1);
        let starts = character.is_ascii_uppercase()
            && before.is_some_and(|before| {
                !before.is_ascii_uppercase() || after.is_some_and(char::is_ascii_lowercase)
            });
        if starts && !current.is_empty() {
            words.push(std::mem::take(&mut current));
        }
        current.push(character.to_ascii_lowercase());
    }
    if !current.is_empty() {
        words.push(current);
    }
    words
}

/// Returns a name in lower-case words with hyphens. A digit never starts a word.
pub(crate) fn kebab(name: &str) -> String {
    words(name).join("-")
}

/// Returns a name in capitalized words, for a placeholder.
pub(crate) fn capitalized(name: &str) -> String {
    let words = words(name).into_iter().map(|word| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    });
    words.collect()
}

/// Returns whether a name already has the form of a Rust type name.
pub(crate) fn is_capitalized(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns a name with each part capitalized. Other capitals are kept.
pub(crate) fn type_name(name: &str) -> String {
    let parts = name.split(|character: char| !character.is_ascii_alphanumeric());
    let parts = parts.map(|part| {
        let mut characters = part.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    });
    parts.collect()
}

/// Returns a summary of an action, derived from its name. A correction can replace it.
pub(crate) fn summary(action: &str) -> String {
    let mut words = words(action).into_iter();
    let verb = words.next().unwrap_or_default();
    let verb = match verb.as_str() {
        "get" | "describe" => "Reads".to_owned(),
        "put" => "Stores".to_owned(),
        "set" => "Sets".to_owned(),
        "modify" => "Changes".to_owned(),
        "" => "Does".to_owned(),
        other => third_person(other),
    };
    let object: Vec<String> = words.map(|word| spelled(&word)).collect();
    match (object.first(), object.last()) {
        (Some(first), Some(last)) => {
            let is_plural = last.ends_with('s') && !last.ends_with("ss");
            let article = if is_plural {
                ""
            } else if first.starts_with(['a', 'e', 'i', 'o']) {
                "an "
            } else {
                "a "
            };
            format!("{verb} {article}{}.", object.join(" "))
        }
        _ => format!("{verb}."),
    }
}

/// Returns the description of a placeholder: part of a sentence, in lower case.
pub(crate) fn phrase(name: &str) -> String {
    let words: Vec<String> = words(name).into_iter().map(|word| spelled(&word)).collect();
    format!("the {}", words.join(" "))
}

/// Returns a word as it is spelled in sentences: abbreviations are written in capitals.
fn spelled(word: &str) -> String {
    match word {
        "api" | "arn" | "dkim" | "iso" | "ip" | "mms" | "otp" | "rcs" | "sms" | "url" => {
            word.to_ascii_uppercase()
        }
        _ => word.to_owned(),
    }
}

fn third_person(verb: &str) -> String {
    let mut characters = verb.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    let verb: String = first.into_iter().chain(characters).collect();
    let stem = verb
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    match stem {
        Some(stem) => format!("{stem}ies"),
        None if verb.ends_with("ch") || verb.ends_with("sh") || verb.ends_with(['s', 'x', 'o']) => {
            format!("{verb}es")
        }
        None => format!("{verb}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        for (name, expected) in [
            ("OptOutList", "opt-out-list"),
            ("configuration-set", "configuration-set"),
            ("WABAId", "waba-id"),
            ("DedicatedIPPool", "dedicated-ip-pool"),
            ("S3Bucket2", "s3-bucket2"),
            ("dbPl:name_x", "db-pl-name-x"),
            ("", ""),
        ] {
            assert_eq!(kebab(name), expected);
        }
        assert_eq!(capitalized("waba_id"), "WabaId");
        assert_eq!(capitalized("PhoneNumberId"), "PhoneNumberId");
    }

    #[test]
    fn summaries_are_sentences() {
        for (name, expected) in [
            ("GetCampaign", "Reads a campaign."),
            ("SendSMSMessages", "Sends SMS messages."),
            ("VerifyDestinationNumber", "Verifies a destination number."),
            ("AddIdentity", "Adds an identity."),
            ("DeployPool", "Deploys a pool."),
            ("SearchWidgets", "Searches widgets."),
            ("Ping", "Pings."),
        ] {
            assert_eq!(summary(name), expected);
        }
        assert_eq!(phrase("IsoCountryCode"), "the ISO country code");
    }
}
