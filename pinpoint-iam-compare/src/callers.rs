//! Representative callers: every caller is equivalent to one of them.
//!
//! Policies distinguish callers by one text, the ARN: the keys `aws:PrincipalArn`, `aws:PrincipalAccount` and
//! `aws:username` are derived from it. Therefore the values that policies compare with these keys become patterns for
//! ARNs, and representative ARNs are searched for in the same way as other texts.

use pinpoint_iam::Principal;
use pinpoint_iam::context::Context;
use pinpoint_iam::pattern::Case;
use pinpoint_iam::pattern::characters::Characters;
use pinpoint_iam::pattern::classes::{Atom, Atoms, Classes, Question, literal};
use pinpoint_iam::pattern::nfa::Nfa;

use crate::grouped::Grouped;

/// The values that policies compare with parts of the caller's ARN.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked<'a> {
    /// Patterns by the condition key, in lower case, with the number of the condition that they are alternatives of.
    pub(crate) keys: Vec<(String, Atoms, usize)>,
    /// The entries of principal elements, which are accounts and ARNs.
    pub(crate) entries: Vec<&'a str>,
    /// The service principals that policies name.
    pub(crate) services: Vec<&'a str>,
    /// The identity providers that policies name.
    pub(crate) providers: Vec<&'a str>,
    /// Texts to prefer as callers.
    pub(crate) preferred: Vec<String>,
    /// Whether policies name callers, so that callers of every kind and account must be considered.
    pub(crate) names_callers: bool,
}

/// A caller.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The principal with its condition keys.
    pub(crate) principal: Principal,
    /// The principal without its condition keys, which are then part of the request context.
    pub(crate) bare: Principal,
    /// The text of `principal` in a test case.
    pub(crate) text: String,
    /// The account of the requested resource.
    pub(crate) resource_account: String,
    /// The order in which callers are preferred. Callers that need less explanation come first.
    pub(crate) rank: usize,
    /// Whether every other caller is equivalent.
    pub(crate) is_anybody: bool,
    /// Whether the text is neither an example nor in a policy.
    pub(crate) is_made_up: bool,
}

/// The account of callers and resources if no other account is required.
pub(crate) const ACCOUNT: &str = "123456789012";
/// Another account.
const OTHER_ACCOUNT: &str = "999988887777";
/// The caller if all callers are equivalent.
const ANYBODY: &str = "arn:aws:iam::123456789012:user/ana";

impl Caller {
    fn new(principal: Principal, text: String, resource_account: &str, rank: usize) -> Self {
        Self {
            bare: principal.clone().with_keys(Context::new()),
            principal,
            text,
            resource_account: resource_account.to_owned(),
            rank,
            is_anybody: false,
            is_made_up: false,
        }
    }

    /// Returns `principal` with resources of its own account and, if resource-based policies are compared, of another
    /// account. A stranger is combined with resources of another account only.
    pub(crate) fn given(
        principal: &Principal,
        names_callers: bool,
        is_stranger: bool,
    ) -> Vec<Self> {
        let text = match principal.arn() {
            Some(arn) => arn.to_owned(),
            None => principal.to_string(),
        };
        let caller =
            |account: &str, rank| Self::new(principal.clone(), text.clone(), account, rank);
        match principal.account() {
            None => vec![caller(ACCOUNT, 0)],
            Some(account) => {
                let other = names_callers.then(|| caller(another_account(account), 10));
                let own = (!is_stranger).then(|| caller(account, 0));
                own.into_iter().chain(other).collect()
            }
        }
    }

    /// Returns a user of the account, for decisions that do not depend on the caller.
    pub(crate) fn anybody(account: &str) -> Option<Self> {
        let text = ANYBODY.replace(ACCOUNT, account);
        let principal = Principal::from_arn(&text).ok()?;
        let mut caller = Self::new(principal, text, account, 0);
        caller.is_anybody = true;
        Some(caller)
    }
}

fn another_account(account: &str) -> &'static str {
    if account == OTHER_ACCOUNT {
        ACCOUNT
    } else {
        OTHER_ACCOUNT
    }
}

/// The kinds of callers, in the order in which they are preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    User,
    Role,
    Federated,
    Root,
}

/// Returns representative callers, and whether the search was complete.
pub(crate) fn callers(asked: &Asked<'_>, budget: usize, steps: &mut usize) -> (Vec<Caller>, bool) {
    let mut callers = Vec::new();
    let mut is_complete = true;
    let asks_for_keys = !asked.keys.is_empty() || !asked.entries.is_empty();
    for (kind, rank) in [
        (Kind::User, 0),
        (Kind::Role, 2),
        (Kind::Federated, 4),
        (Kind::Root, 6),
    ] {
        // Identity-based policies belong to users and roles, and no policy grants permissions to the root user in its
        // own account.
        if kind == Kind::Root && !asked.names_callers {
            continue;
        }
        let found = texts(kind, asked, budget);
        *steps += found.steps;
        is_complete &= found.is_complete;
        for text in found.texts {
            for session in sessions(kind, &text, asked) {
                let principal = match (kind, &session) {
                    (Kind::Role, Some(session)) => Principal::role_session(&text, session),
                    _ => Principal::from_arn(&text),
                };
                let Ok(principal) = principal else { continue };
                let account = principal.account().unwrap_or(ACCOUNT).to_owned();
                let text = match session.as_deref() {
                    // One session represents a role.
                    None | Some(SESSION) => text.clone(),
                    Some(_) => principal.arn().unwrap_or_default().to_owned(),
                };
                let is_anybody = text == ANYBODY;
                let is_made_up =
                    !EXAMPLES.contains(&text.as_str()) && !asked.entries.contains(&text.as_str());
                let mut push = |account: &str, rank| {
                    let mut caller = Caller::new(principal.clone(), text.clone(), account, rank);
                    caller.is_anybody = is_anybody && !asks_for_keys;
                    caller.is_made_up = is_made_up;
                    callers.push(caller);
                };
                if kind != Kind::Root {
                    push(&account, rank);
                }
                if asked.names_callers {
                    push(another_account(&account), rank + 10);
                }
            }
        }
    }
    if asked.names_callers {
        let mut services: Vec<&str> = asked.services.clone();
        services.push("other.amazonaws.com");
        services.dedup();
        for service in services {
            callers.push(Caller::new(
                Principal::service(service),
                service.to_owned(),
                ACCOUNT,
                20,
            ));
        }
        callers.push(Caller::new(
            Principal::anonymous(),
            "*".to_owned(),
            ACCOUNT,
            30,
        ));
    }
    callers.sort_by_key(|caller| caller.rank);
    (callers, is_complete)
}

/// Readable callers.
const EXAMPLES: [&str; 7] = [
    ANYBODY,
    "arn:aws:iam::123456789012:role/service",
    "arn:aws:sts::123456789012:federated-user/ana",
    "arn:aws:iam::123456789012:root",
    "arn:aws:iam::999988887777:user/ana",
    "arn:aws:iam::999988887777:role/service",
    "arn:aws:iam::999988887777:root",
];

/// The session that represents a role.
const SESSION: &str = "session";

/// Returns the session names to consider for a role: one that no policy names, and those that policies name.
fn sessions(kind: Kind, role: &str, asked: &Asked<'_>) -> Vec<Option<String>> {
    if kind != Kind::Role {
        return vec![None];
    }
    let name = role.rsplit('/').next().unwrap_or_default();
    let named = asked.entries.iter().filter_map(|entry| {
        let (_, rest) = entry.split_once(":assumed-role/")?;
        let (of, session) = rest.split_once('/')?;
        (of == name).then(|| session.to_owned())
    });
    let mut sessions: Vec<String> = std::iter::once(SESSION.to_owned()).chain(named).collect();
    sessions.dedup();
    sessions.into_iter().map(Some).collect()
}

/// Returns representative ARNs of callers of a kind. For a role session it is the ARN of the role.
fn texts(kind: Kind, asked: &Asked<'_>, budget: usize) -> Classes {
    let mut frame = Nfa::text("arn:");
    frame.push_name();
    frame.push_text(if kind == Kind::Federated {
        ":sts::"
    } else {
        ":iam::"
    });
    frame.push_name();
    match kind {
        Kind::User => {
            frame.push_text(":user/");
            frame.push_path();
        }
        Kind::Role => {
            frame.push_text(":role/");
            frame.push_path();
        }
        Kind::Federated => {
            frame.push_text(":federated-user/");
            frame.push_name();
        }
        Kind::Root => frame.push_text(":root"),
    }
    let mut grouped = Grouped::default();
    for (key, atoms, condition) in &asked.keys {
        let of_arn: Vec<Atoms> = match (key.as_str(), kind) {
            ("aws:principalarn", _) => vec![atoms.clone()],
            ("aws:principalaccount", _) | ("aws:userid", Kind::Root) => vec![of_account(atoms)],
            ("aws:username", Kind::User) => of_name(":user/", atoms).into(),
            _ => Vec::new(),
        };
        for atoms in of_arn {
            grouped.add(atoms, *condition);
        }
    }
    let mut patterns: Vec<Atoms> = Vec::new();
    for entry in &asked.entries {
        if entry.contains(':') {
            patterns.push(text(entry));
            // A session of a role. The ARN of the session does not contain the path of the role.
            if let Some((_, rest)) = entry.split_once(":assumed-role/")
                && let Some((role, _)) = rest.split_once('/')
            {
                patterns.extend(of_name(":role/", &text(role)));
            }
            // If the path is unknown, the entry may refer to any user or role of that name.
            for before in [":role/", ":user/"] {
                if let Some((_, path)) = entry.split_once(before) {
                    let name = path.rsplit('/').next().unwrap_or_default();
                    patterns.extend(of_name(before, &text(name)));
                }
            }
            if let Some(account) = entry.split(':').nth(4) {
                patterns.push(of_account(&text(account)));
            }
            // An account belongs to its own partition.
            if let Some(partition) = entry.split(':').nth(1) {
                let mut pattern = text(&format!("arn:{partition}:"));
                pattern.push(Atom::Run(Characters::All));
                patterns.push(pattern);
            }
        } else {
            patterns.push(of_account(&text(entry)));
        }
    }
    // The entries of principal elements match in different ways, so each is distinguished.
    let conditions = asked.keys.iter().map(|(_, _, condition)| condition + 1);
    let first = conditions.max().unwrap_or_default();
    for (atoms, number) in patterns.into_iter().zip(first..) {
        grouped.add(atoms, number);
    }
    let grouped = grouped.build();
    // Unless all callers are equivalent, a caller that a policy names is clearer than an invented one.
    let preferred: Vec<&str> = EXAMPLES
        .into_iter()
        .chain(asked.entries.iter().copied())
        .chain(asked.preferred.iter().map(String::as_str))
        .collect();
    Classes::of(&Question {
        patterns: &grouped.patterns,
        groups: Some(&grouped.groups),
        frame: Some(&frame),
        required: None,
        permits: |character| !character.is_control(),
        preferred: &preferred,
        budget,
    })
}

fn text(text: &str) -> Atoms {
    literal(text, Case::Sensitive).collect()
}

/// Converts a pattern for the account into one for the ARN.
fn of_account(atoms: &[Atom]) -> Atoms {
    let run = Atom::Run(Characters::WithoutColon);
    let colon = Atom::One(Characters::One(':'));
    let mut pattern = text("arn:");
    pattern.extend([run, colon, run, colon, run, colon]);
    pattern.extend(within(atoms, Characters::WithoutColon));
    pattern.extend([colon, Atom::Run(Characters::All)]);
    pattern
}

/// Converts a pattern for the last segment of the name into patterns for the ARN: without a path, and with one.
fn of_name(before: &str, atoms: &[Atom]) -> [Atoms; 2] {
    let mut start: Atoms = vec![Atom::Run(Characters::All)];
    start.extend(text(before));
    let mut with_path = start.clone();
    with_path.push(Atom::Run(Characters::All));
    with_path.extend(text("/"));
    let name = within(atoms, Characters::Unslashed);
    start.extend(name.iter().copied());
    with_path.extend(name);
    [start, with_path]
}

/// Returns the pattern with its wildcards restricted to some characters.
fn within(atoms: &[Atom], characters: Characters) -> Atoms {
    let narrow = |atom: &Atom| match atom {
        Atom::One(Characters::All) => Atom::One(characters),
        Atom::Run(Characters::All) => Atom::Run(characters),
        other => *other,
    };
    atoms.iter().map(narrow).collect()
}
