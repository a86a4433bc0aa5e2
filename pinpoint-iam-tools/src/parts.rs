//! Finds the policy documents in a text: alone, in the output of AWS's tools, or in the details of an account.

use std::borrow::Cow;
use std::iter::repeat_n;
use std::ops::Range;

use pinpoint_iam::Policy;
use pinpoint_iam_core::json::{self, Member, Node, Type};
use pinpoint_iam_core::policy::{Document, PolicyKind};
use pinpoint_iam_lint::Finding;

/// Members that contain a policy document, as an object or as a string.
const DOCUMENTS: [&str; 7] = [
    "PolicyDocument",
    ROLE_TRUST,
    "Policy",
    "Document",
    // `aws organizations describe-policy`
    "Content",
    // `aws secretsmanager get-resource-policy`
    "ResourcePolicy",
    // `aws ecr get-repository-policy`
    "policyText",
];

/// The member that contains the trust policy of a role.
const ROLE_TRUST: &str = "AssumeRolePolicyDocument";

/// Members whose value contains one of [`DOCUMENTS`]: `aws iam get-policy-version`, `aws iam get-role`, and the
/// attributes of queues and topics.
const CONTAINERS: [&str; 3] = ["PolicyVersion", "Role", "Attributes"];

/// A policy document in a text.
#[derive(Debug)]
pub struct Part<'a> {
    /// Its JSON.
    pub document: Cow<'a, str>,
    /// Its kind, if the member that contains it determines it.
    pub kind: Option<PolicyKind>,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// The document starts here.
    At(usize),
    /// The document is the content of a string. For each byte and for the end, its offset in the text.
    InString(Vec<usize>),
}

impl<'a> Part<'a> {
    fn of(node: &Node<'a>, kind: Option<PolicyKind>) -> Self {
        Self {
            document: Cow::Borrowed(node.written()),
            kind,
            place: Place::At(node.offset()),
        }
    }

    /// The document in a string; `None` if the string does not contain one.
    fn in_string(node: &Node<'a>, kind: Option<PolicyKind>) -> Option<Self> {
        let content = node.text().ok()?.content;
        is_document(&Node::root(&content).ok()?).then_some(())?;
        let start = node.offset();
        let offsets = offsets(node.written());
        Some(Self {
            kind,
            place: Place::InString(offsets.into_iter().map(|offset| start + offset).collect()),
            document: content,
        })
    }

    fn of_member(member: &Member<'a>, kind: Option<PolicyKind>) -> Option<Self> {
        match member.value.json_type() {
            Type::Object => Some(Self::of(&member.value, kind)),
            Type::Text => Self::in_string(&member.value, kind),
            _ => None,
        }
    }

    /// Where the document starts in the text; `None` if it is the content of a string.
    pub const fn start(&self) -> Option<usize> {
        match &self.place {
            Place::At(start) => Some(*start),
            Place::InString(_) => None,
        }
    }

    /// The offset in the text.
    pub fn offset(&self, at: usize) -> usize {
        match &self.place {
            Place::At(start) => start + at,
            Place::InString(offsets) => {
                let last = offsets.last().copied();
                offsets.get(at).copied().or(last).unwrap_or_default()
            }
        }
    }

    /// Converts the positions of a finding in the document to positions in the text.
    pub fn locate(&self, finding: &mut Finding) {
        let locate = |span: &mut Range<usize>| {
            *span = self.offset(span.start)..self.offset(span.end);
        };
        locate(&mut finding.span);
        for related in &mut finding.related {
            locate(&mut related.span);
        }
        for edit in finding.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
            locate(&mut edit.span);
            if self.start().is_none() {
                edit.replacement = escaped(&edit.replacement);
            }
        }
    }
}

/// The text as a part of a string in JSON.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inner = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or_default().to_owned()
}

/// For each byte of the content of a string, and for its end, the offset in the string as it is written in JSON.
fn offsets(written: &str) -> Vec<usize> {
    let quote = '"'.len_utf8();
    let inner = written
        .get(quote..written.len().saturating_sub(quote))
        .unwrap_or_default();
    let mut offsets = Vec::with_capacity(inner.len() + 1);
    let mut rest = inner;
    while let Some(first) = rest.chars().next() {
        let (written, content) = match first {
            '\\' => escape(rest),
            other => (other.len_utf8(), other.len_utf8()),
        };
        offsets.extend(repeat_n(quote + inner.len() - rest.len(), content));
        rest = rest.get(written..).unwrap_or_default();
    }
    offsets.push(quote + inner.len());
    offsets
}

/// The lengths in bytes of the escape at the start of a text: as it is written, and of its character.
fn escape(text: &str) -> (usize, usize) {
    const SHORT: usize = r"\n".len();
    const LONG: usize = r"\u0000".len();
    if !text.starts_with(r"\u") {
        return (SHORT, 1);
    }
    let digits = text.get(SHORT..LONG).unwrap_or_default();
    match u32::from_str_radix(digits, 16).map(char::from_u32) {
        Ok(Some(character)) => (LONG, character.len_utf8()),
        // The first half of a surrogate pair. All pairs have four bytes in UTF-8.
        _ => (2 * LONG, 4),
    }
}

fn members<'a>(node: &Node<'a>) -> Vec<Member<'a>> {
    match node.json_type() {
        Type::Object => node.members().unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn is_document(node: &Node<'_>) -> bool {
    members(node)
        .iter()
        .any(|member| member.name == "Statement")
}

/// The policy documents in a text. If there are none, the whole text is one, so that its errors are found.
pub fn documents(text: &str) -> Vec<Part<'_>> {
    let whole = || Part {
        document: Cow::Borrowed(text),
        kind: None,
        place: Place::At(0),
    };
    let Ok(root) = Node::root(text) else {
        return vec![whole()];
    };
    if is_document(&root) {
        return vec![whole()];
    }
    let mut found = of_account(&root);
    if found.is_empty() {
        found.extend(of_wrapper(&root));
    }
    if found.is_empty() {
        found.push(whole());
    }
    found
}

/// The document in a wrapper, or in several.
fn of_wrapper<'a>(root: &Node<'a>) -> Option<Part<'a>> {
    let mut node = *root;
    let mut kind = None;
    let mut found = None;
    while !is_document(&node) {
        let members = members(&node);
        let is_container = |member: &&Member<'_>| {
            member.value.json_type() == Type::Object
                && (DOCUMENTS.contains(&&*member.name) || CONTAINERS.contains(&&*member.name))
        };
        let Some(inner) = members.iter().find(is_container) else {
            let mut strings = members
                .iter()
                .filter(|member| DOCUMENTS.contains(&&*member.name));
            return strings
                .find_map(|member| Part::of_member(member, kind_of(member).or(kind)))
                .or(found);
        };
        kind = kind_of(inner).or(kind);
        node = inner.value;
        if DOCUMENTS.contains(&&*inner.name) {
            found = Some(Part::of(&node, kind));
        }
    }
    found.or_else(|| Some(Part::of(&node, kind)))
}

fn kind_of(member: &Member<'_>) -> Option<PolicyKind> {
    (member.name == ROLE_TRUST).then_some(PolicyKind::RoleTrust)
}

/// The members of the details of an account that contain identities, with the member of each that contains its inline
/// policies, and their kind.
const IDENTITIES: [(&str, &str, PolicyKind); 3] = [
    (
        "UserDetailList",
        "UserPolicyList",
        PolicyKind::IdentityInlineUser,
    ),
    (
        "GroupDetailList",
        "GroupPolicyList",
        PolicyKind::IdentityInlineGroup,
    ),
    (
        "RoleDetailList",
        "RolePolicyList",
        PolicyKind::IdentityInlineRole,
    ),
];

fn lists_identities(members: &[Member<'_>]) -> bool {
    let mut lists = IDENTITIES.iter();
    lists.any(|(list, ..)| members.iter().any(|member| member.name == *list))
}

/// The policies in the output of `aws iam get-account-authorization-details`: inline policies, trust policies, and the
/// default versions of managed policies.
fn of_account<'a>(root: &Node<'a>) -> Vec<Part<'a>> {
    let mut found = Vec::new();
    let of_root = members(root);
    if !lists_identities(&of_root) {
        return found;
    }
    for member in &of_root {
        if let Some((_, list, kind)) = IDENTITIES.iter().find(|(name, ..)| member.name == *name) {
            for identity in elements(&member.value) {
                for part in members(&identity) {
                    if part.name == ROLE_TRUST {
                        found.extend(Part::of_member(&part, Some(PolicyKind::RoleTrust)));
                    }
                    let policies = (part.name == *list).then(|| elements(&part.value));
                    for policy in policies.into_iter().flatten() {
                        let members = members(&policy);
                        let mut members = members.iter();
                        let document = members.find(|member| member.name == "PolicyDocument");
                        let kind = Some(*kind);
                        found.extend(document.and_then(|member| Part::of_member(member, kind)));
                    }
                }
            }
        } else if member.name == "Policies" {
            for policy in elements(&member.value) {
                let members = members(&policy);
                let mut lists = members
                    .iter()
                    .filter(|member| member.name == "PolicyVersionList");
                let versions = lists.next().map(|member| elements(&member.value));
                found.extend(
                    versions
                        .into_iter()
                        .flatten()
                        .filter_map(|version| default(&version)),
                );
            }
        }
    }
    found
}

/// The document of a version of a managed policy, if it is the default version.
fn default<'a>(version: &Node<'a>) -> Option<Part<'a>> {
    let members = members(version);
    let named = |name: &str| members.iter().find(|member| member.name == name);
    let is_default = named("IsDefaultVersion")?.value.json_type() == Type::Bool(true);
    let document = named("Document").filter(|_| is_default)?;
    Part::of_member(document, Some(PolicyKind::IdentityManaged))
}

fn elements<'a>(node: &Node<'a>) -> Vec<Node<'a>> {
    match node.json_type() {
        Type::List => node.elements().unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Whether a text is the output of `aws iam get-account-authorization-details`.
pub fn is_account(text: &str) -> bool {
    Node::root(text).is_ok_and(|root| lists_identities(&members(&root)))
}

/// Whether a text contains a policy document. It does not if it is not valid JSON.
pub fn has_document(text: &str) -> bool {
    let documents = documents(text);
    let mut documents = documents.iter();
    documents.any(|part| Node::root(&part.document).is_ok_and(|node| is_document(&node)))
}

/// The document in a text; `None` if there are several, or if it is in a string.
pub fn single(text: &str) -> Option<Part<'_>> {
    let mut documents = documents(text);
    let part = documents.pop()?;
    (documents.is_empty() && part.start().is_some()).then_some(part)
}

/// The document in a text, and where it starts. The whole text, if there are several or if it is in a string.
pub fn unwrap(text: &str) -> (&str, usize) {
    match single(text) {
        Some(Part {
            document: Cow::Borrowed(document),
            place: Place::At(start),
            ..
        }) => (document, start),
        _ => (text, 0),
    }
}

/// Reads the policy in a text.
///
/// # Errors
///
/// A message that starts with the name, the line and the column, if there is no policy or more than one.
pub fn policy(name: &str, text: &str) -> Result<Policy, String> {
    let documents = documents(text);
    let [part] = documents.as_slice() else {
        return Err(format!(
            "{name}: these are the details of an account, and not one policy"
        ));
    };
    match Document::parse(&part.document) {
        Ok(document) => Ok(Policy::new(name, document)),
        Err(error) => {
            let place = error.position();
            let lines = part.document.split_inclusive('\n');
            let before: usize = lines.clone().take(place.line() - 1).map(str::len).sum();
            let line = lines.clone().nth(place.line() - 1).unwrap_or_default();
            let characters = line.chars().take(place.column() - 1);
            let offset = before + characters.map(char::len_utf8).sum::<usize>();
            let place = json::position(text, part.offset(offset));
            Err(format!(
                "{name}:{}:{}: {}; {}",
                place.line(),
                place.column(),
                error.message(),
                error.hint()
            ))
        }
    }
}

/// The part of a text that contains a statement of its only policy. `index` is counted from 0.
pub fn statement(text: &str, index: usize) -> Option<Range<usize>> {
    let documents = documents(text);
    let [part] = documents.as_slice() else {
        return None;
    };
    let root = Node::root(&part.document).ok()?;
    let members = members(&root);
    let list = members.iter().find(|member| member.name == "Statement")?;
    let node = match list.value.json_type() {
        Type::List => *elements(&list.value).get(index)?,
        _ => (index == 0).then_some(list.value)?,
    };
    let start = node.offset();
    Some(part.offset(start)..part.offset(start + node.written().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"Statement": {"Sid": "é\"\\", "Effect": "Allow"}}"#;

    /// The content of a string and its offsets agree for every kind of escape.
    #[test]
    fn positions_in_strings_are_those_of_the_text() {
        let plain = "aé😀\"\\/\u{8}\n\u{1}z";
        for written in [
            serde_json::Value::from(plain).to_string(),
            r#""a\u00e9\ud83d\ude00\"\\\/\b\n\u0001z""#.to_owned(),
        ] {
            let content: String = serde_json::from_str(&written).expect("a string");
            assert_eq!(content, plain);
            let offsets = offsets(&written);
            assert_eq!(offsets.len(), content.len() + 1, "{written}");
            let last = content.find('z').and_then(|at| offsets.get(at));
            assert_eq!(last.copied(), written.rfind('z'), "{written}");
            assert_eq!(offsets.last().copied(), Some(written.len() - 1));
            // Every character starts where its escape starts, and they are in order.
            assert!(offsets.is_sorted());
        }
    }

    #[test]
    fn documents_in_the_output_of_aws_tools_are_found() {
        let string = serde_json::Value::from(DOCUMENT).to_string();
        for (text, kind) in [
            (DOCUMENT.to_owned(), None),
            (format!(r#"{{"PolicyDocument": {DOCUMENT}}}"#), None),
            (
                format!(r#"{{"PolicyVersion": {{"VersionId": "v1", "Document": {DOCUMENT}}}}}"#),
                None,
            ),
            (
                format!(
                    r#"{{"Role": {{"RoleName": "r", "AssumeRolePolicyDocument": {DOCUMENT}}}}}"#
                ),
                Some(PolicyKind::RoleTrust),
            ),
            (format!(r#"{{"Policy": {string}}}"#), None),
            (
                format!(r#"{{"Policy": {{"PolicySummary": {{}}, "Content": {string}}}}}"#),
                None,
            ),
            (format!(r#"{{"Attributes": {{"Policy": {string}}}}}"#), None),
            (
                format!(r#"{{"ARN": "a", "ResourcePolicy": {string}}}"#),
                None,
            ),
            (
                format!(r#"{{"registryId": "1", "policyText": {string}}}"#),
                None,
            ),
        ] {
            let found = documents(&text);
            let [part] = found.as_slice() else {
                panic!("{text}: {found:?}")
            };
            assert_eq!((&*part.document, part.kind), (DOCUMENT, kind), "{text}");
            let at = DOCUMENT.find("Allow").expect("the effect");
            assert_eq!(Some(part.offset(at)), text.find("Allow"), "{text}");
            assert!(has_document(&text), "{text}");
        }
        for text in [
            "{",
            "[]",
            "3",
            r#"{"Policy": "a"}"#,
            r#"{"Policy": 3}"#,
            "{}",
        ] {
            assert_eq!(unwrap(text), (text, 0));
            assert!(!has_document(text), "{text}");
        }
        // The errors of a document in a wrapper are found, also if it has no statement.
        assert_eq!(unwrap(r#"{"PolicyDocument": {"a": 1}}"#).0, r#"{"a": 1}"#);
    }

    #[test]
    fn the_policies_of_accounts_have_their_kinds() {
        let text = format!(
            r#"{{"UserDetailList": [{{"UserPolicyList": [{{"PolicyDocument": {DOCUMENT}}}]}}, 3],
                "GroupDetailList": [{{"GroupPolicyList": [{{"PolicyDocument": {DOCUMENT}}}]}}],
                "RoleDetailList": [{{"AssumeRolePolicyDocument": {DOCUMENT}, "RolePolicyList": [{{"PolicyDocument": {DOCUMENT}}}]}}],
                "Policies": [{{"PolicyVersionList": [
                    {{"IsDefaultVersion": false, "Document": {DOCUMENT}}},
                    {{"IsDefaultVersion": true, "Document": {DOCUMENT}}}
                ]}}]}}"#
        );
        assert!(is_account(&text) && !is_account(DOCUMENT));
        let found = documents(&text);
        let kinds: Vec<_> = found.iter().filter_map(|part| part.kind).collect();
        assert_eq!(
            kinds,
            [
                PolicyKind::IdentityInlineUser,
                PolicyKind::IdentityInlineGroup,
                PolicyKind::RoleTrust,
                PolicyKind::IdentityInlineRole,
                PolicyKind::IdentityManaged,
            ]
        );
        let starts: Vec<_> = found.iter().filter_map(Part::start).collect();
        assert!(starts.is_sorted() && starts.len() == kinds.len());
    }

    #[test]
    fn statements_are_found_in_texts() {
        let one = r#"{"Sid": "é"}"#;
        let string = serde_json::Value::from(format!(r#"{{"Statement": [{one}]}}"#)).to_string();
        for (text, index, expected) in [
            (format!(r#"{{"Statement": {one}}}"#), 0, Some(one)),
            (format!(r#"{{"Statement": {one}}}"#), 1, None),
            (format!(r#"{{"Statement": [{{}}, {one}]}}"#), 1, Some(one)),
            (format!(r#"{{"Statement": [{{}}, {one}]}}"#), 2, None),
            (
                format!(r#"{{"PolicyDocument": {{"Statement": {one}}}}}"#),
                0,
                Some(one),
            ),
            (
                format!(r#"{{"Policy": {string}}}"#),
                0,
                Some(r#"{\"Sid\": \"é\"}"#),
            ),
            (r#"{"Statement": 3}"#.to_owned(), 1, None),
            ("{".to_owned(), 0, None),
            ("{}".to_owned(), 0, None),
        ] {
            let range = statement(&text, index);
            let found = range.map(|range| text.get(range).expect("a part of the text"));
            assert_eq!(found, expected, "{text} {index}");
        }
    }
}
