//! Patterns of actions as patterns of texts, and actions as policies write them.

use pinpoint_iam::context::Context;
use pinpoint_iam::pattern::characters::Characters;
use pinpoint_iam::pattern::classes::{Atom, Atoms};
use pinpoint_iam::pattern::{Case, Match};

/// Returns the pattern of an action, in lower case. It applies to texts with one colon.
pub(super) fn action_atoms(text: &str) -> Atoms {
    if matches!(text, "*" | "*:*") {
        return vec![Atom::Run(Characters::All)];
    }
    let text = text.to_ascii_lowercase();
    let mut within = Characters::WithoutColon;
    let atom = |character| match character {
        '*' => Atom::Run(within),
        '?' => Atom::One(within),
        one => {
            if one == ':' {
                // Nothing that follows is a colon.
                within = Characters::All;
            }
            Atom::One(Characters::One(one))
        }
    };
    text.chars().map(atom).collect()
}

pub(super) fn covers_text(pattern: &str, action: &str) -> bool {
    use pinpoint_iam::pattern::{Pattern, Syntax};
    let syntax = Syntax {
        wildcards: true,
        variables: false,
    };
    let pattern = Pattern::parse(pattern, syntax);
    pattern.is_ok_and(|pattern| {
        pattern.matches(action, Case::IgnoreAscii, Context::empty()) == Match::Yes
    })
}

pub(super) fn spelled_of(text: &str, preferred: &mut Vec<String>) {
    if !text.contains(['*', '?']) {
        preferred.push(text.to_ascii_lowercase());
    }
}

/// Returns whether a character is valid in an action, except upper-case letters, because actions are case-insensitive.
pub(super) fn is_lower_case_of_action(character: char) -> bool {
    !matches!(character, '*' | '?' | '$' | ' ' | 'A'..='Z') && !character.is_control()
}

/// Returns the lower-case `action`, with the longest matching start of a pattern in the case of the pattern.
pub(super) fn spell(action: &str, patterns: &[&str]) -> String {
    let mut best: &str = "";
    for pattern in patterns {
        let literal = pattern.split(['*', '?']).next().unwrap_or_default();
        let starts = action
            .get(..literal.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(literal));
        if starts && literal.len() > best.len() {
            best = literal;
        }
    }
    format!("{best}{}", action.get(best.len()..).unwrap_or_default())
}
