//! A tolerant reader: reports every error of the grammar, and returns what could be read.
//!
//! The strict reader of `pinpoint-iam-core` stops at the first error, which is right for a program that must not use
//! half of a policy. Here, an error in one statement must not hide the others.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use pinpoint_iam_core::__private::{Quoted, list, nearest};
use pinpoint_iam_core::condition::{Operator, SetOperator};
use pinpoint_iam_core::json::{Member, Node, Type};
use pinpoint_iam_core::policy::Effect;

use crate::checker::Checker;
use crate::grammar;

/// A string and the offset of its opening quotation mark.
#[derive(Clone, Debug)]
pub(crate) struct Text<'s> {
    pub(crate) text: Cow<'s, str>,
    pub(crate) at: usize,
}

/// A document, as far as it could be read.
#[derive(Debug)]
pub(crate) struct Policy<'s> {
    /// The offset of the document.
    pub(crate) at: usize,
    /// The offset of the name `Statement`.
    pub(crate) name_at: usize,
    pub(crate) version: Option<Text<'s>>,
    pub(crate) statements: Vec<Statement<'s>>,
}

/// A statement, as far as it could be read.
#[derive(Debug)]
pub(crate) struct Statement<'s> {
    /// The offset of the statement.
    pub(crate) at: usize,
    pub(crate) written: &'s str,
    pub(crate) sid: Option<Text<'s>>,
    pub(crate) effect: Option<(Effect, usize)>,
    pub(crate) principal: Option<Principal<'s>>,
    pub(crate) action: Option<Element<'s>>,
    pub(crate) resource: Option<Element<'s>>,
    pub(crate) conditions: Vec<Condition<'s>>,
    /// The text of `Condition`.
    pub(crate) condition_text: Option<&'s str>,
}

/// `Action`, `NotAction`, `Resource` or `NotResource`.
#[derive(Debug)]
pub(crate) struct Element<'s> {
    pub(crate) name: &'static str,
    pub(crate) is_negated: bool,
    /// The offset of the value.
    pub(crate) at: usize,
    pub(crate) items: Vec<Text<'s>>,
    /// The items as they are compared: actions in lower case, because their case does not matter.
    pub(crate) compared: Vec<Cow<'s, str>>,
}

impl Element<'_> {
    pub(crate) fn is_action(&self) -> bool {
        self.name.ends_with("Action")
    }
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug)]
pub(crate) struct Principal<'s> {
    pub(crate) name: &'static str,
    pub(crate) is_negated: bool,
    /// The offset of the value.
    pub(crate) at: usize,
    pub(crate) written: &'s str,
    /// Whether the value is the string `*`.
    pub(crate) is_star: bool,
    pub(crate) entries: Vec<(&'static str, Text<'s>)>,
}

/// One condition key with its operator and values.
#[derive(Debug)]
pub(crate) struct Condition<'s> {
    pub(crate) operator: Text<'s>,
    /// `None` for an unknown operator.
    pub(crate) parsed: Option<Operator>,
    pub(crate) key: Text<'s>,
    pub(crate) values: Vec<Value<'s>>,
}

/// A value of a condition.
#[derive(Debug)]
pub(crate) struct Value<'s> {
    pub(crate) text: Cow<'s, str>,
    pub(crate) json: Type,
    pub(crate) at: usize,
}

impl Policy<'_> {
    /// Whether the document has a `Version` that does not exist.
    pub(crate) fn has_invalid_version(&self) -> bool {
        let version = self.version.as_ref();
        version.is_some_and(|version| !matches!(&*version.text, "2012-10-17" | "2008-10-17"))
    }

    /// The statement that contains an offset.
    pub(crate) fn statement_at(&self, at: usize) -> Option<&Statement<'_>> {
        let after = self
            .statements
            .partition_point(|statement| statement.at <= at);
        let statement = self.statements.get(after.checked_sub(1)?)?;
        statement.range().contains(&at).then_some(statement)
    }

    /// Whether `${` starts a policy variable.
    pub(crate) fn has_variables(&self) -> bool {
        let version = self.version.as_ref();
        version.is_some_and(|version| version.text == "2012-10-17")
    }
}

impl Statement<'_> {
    /// Returns its range in the text.
    pub(crate) fn range(&self) -> Range<usize> {
        self.at..self.at + self.written.len()
    }

    pub(crate) fn allows(&self) -> bool {
        self.effect
            .is_some_and(|(effect, _)| effect == Effect::Allow)
    }

    pub(crate) fn denies(&self) -> bool {
        self.effect
            .is_some_and(|(effect, _)| effect == Effect::Deny)
    }

    /// Whether a condition uses one of these keys, ignoring case.
    pub(crate) fn has_key(&self, names: &[&str]) -> bool {
        self.conditions.iter().any(|condition| {
            let mut names = names.iter();
            names.any(|name| condition.key.text.eq_ignore_ascii_case(name))
        })
    }
}

impl Principal<'_> {
    /// Whether it includes everyone.
    pub(crate) fn is_everyone(&self) -> bool {
        self.is_star || self.of("AWS").any(|entry| entry.text == "*")
    }

    /// The entries of a type.
    pub(crate) fn of(&self, wanted: &str) -> impl Iterator<Item = &Text<'_>> {
        let entries = self.entries.iter();
        entries.filter_map(move |(name, text)| (*name == wanted).then_some(text))
    }
}

/// The elements of a policy document.
pub const DOCUMENT_ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];
/// The elements of a statement, in the order of [`format`](crate::format()).
pub const STATEMENT_ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];
/// The types of principals.
pub const PRINCIPAL_TYPES: [&str; 4] = ["AWS", "CanonicalUser", "Federated", "Service"];

/// Reads the document; `None` if it is not a JSON object.
pub(crate) fn read<'s>(source: &'s str, check: &mut Checker<'_>) -> Option<Policy<'s>> {
    let root = match Node::root(source) {
        Ok(root) => root,
        Err(fault) => {
            let (message, help) = split(fault.explanation());
            check.report(&grammar::JSON_SYNTAX_ERROR, fault.offset(), message, help);
            return None;
        }
    };
    if root.json_type() != Type::Object {
        wrong_type(
            check,
            &root,
            "the document",
            "write an object with `Version` and `Statement`",
        );
        return None;
    }
    let members = members(&root, "a policy document", &DOCUMENT_ELEMENTS, check)?;
    let mut policy = Policy {
        at: root.offset(),
        name_at: 0,
        version: None,
        statements: Vec::new(),
    };
    let mut nodes = None;
    for member in members {
        match &*member.name {
            "Version" => policy.version = string(&member.value, "`Version`", check),
            "Id" => {
                string(&member.value, "`Id`", check);
            }
            _ => {
                policy.name_at = member.name_offset;
                nodes = Some(member.value);
            }
        }
    }
    let Some(node) = nodes else {
        check.report(
            &grammar::MISSING_STATEMENT,
            policy.at,
            "the document has no `Statement`",
            "add a statement, or a list of statements",
        );
        return Some(policy);
    };
    let nodes = match node.json_type() {
        Type::Object => vec![node],
        Type::List => node.elements().ok()?,
        _ => {
            wrong_type(
                check,
                &node,
                "`Statement`",
                "write an object or a list of objects",
            );
            return Some(policy);
        }
    };
    if nodes.is_empty() {
        check.report(
            &grammar::MISSING_STATEMENT,
            node.offset(),
            "the list of statements is empty",
            "add a statement",
        );
    }
    for node in nodes {
        if node.json_type() != Type::Object {
            wrong_type(
                check,
                &node,
                "the statement",
                "write an object with `Effect`, `Action` and `Resource`",
            );
            continue;
        }
        policy.statements.extend(read_statement(node, check));
    }
    Some(policy)
}

/// The message and the hint of `message; hint`.
fn split(explanation: String) -> (String, String) {
    match explanation.split_once("; ") {
        Some((message, hint)) => (message.to_owned(), hint.to_owned()),
        None => (explanation, "write valid JSON".to_owned()),
    }
}

/// The known members of an object. Unknown and repeated ones are reported.
fn members<'s>(
    node: &Node<'s>,
    what: &str,
    names: &[&'static str],
    check: &mut Checker<'_>,
) -> Option<Vec<Member<'s>>> {
    let members = node.members().ok()?;
    let written: Vec<Cow<'s, str>> = members.iter().map(|member| member.name.clone()).collect();
    let mut known: Vec<Member<'s>> = Vec::with_capacity(members.len());
    for member in members {
        if !names.contains(&&*member.name) {
            let near = nearest(&member.name, names.iter().copied());
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{what} has {}", list("and", names)),
            };
            let message = format!("unknown element {}", Quoted(&member.name));
            // Another member with this name would be an error.
            let free = near.filter(|near| !written.iter().any(|name| name == near));
            let fix = free.and_then(|near| check.string_fix(member.name_offset, near));
            check
                .report(
                    &grammar::INVALID_POLICY_ELEMENT,
                    member.name_offset,
                    message,
                    help,
                )
                .fix = fix;
        } else if known.iter().any(|earlier| earlier.name == member.name) {
            report_repeated(&member, check);
        } else {
            known.push(member);
        }
    }
    Some(known)
}

fn report_repeated(member: &Member<'_>, check: &mut Checker<'_>) {
    check.report(
        &grammar::REPEATED_ELEMENT,
        member.name_offset,
        format!("{} is written twice", Quoted(&member.name)),
        "merge both into one",
    );
}

fn wrong_type(check: &mut Checker<'_>, node: &Node<'_>, what: &str, help: &str) {
    let found = node.json_type().phrase();
    check.report(
        &grammar::DATA_TYPE_MISMATCH,
        node.offset(),
        format!("{what} is {found}"),
        help,
    );
}

fn string<'s>(node: &Node<'s>, what: &str, check: &mut Checker<'_>) -> Option<Text<'s>> {
    if node.json_type() != Type::Text {
        wrong_type(check, node, what, "write a string");
        return None;
    }
    text(node, check)
}

fn text<'s>(node: &Node<'s>, check: &mut Checker<'_>) -> Option<Text<'s>> {
    match node.text() {
        Ok(text) => Some(Text {
            text: text.content,
            at: text.offset,
        }),
        Err(fault) => {
            let (message, help) = split(fault.explanation());
            check.report(&grammar::JSON_SYNTAX_ERROR, fault.offset(), message, help);
            None
        }
    }
}

fn read_statement<'s>(node: Node<'s>, check: &mut Checker<'_>) -> Option<Statement<'s>> {
    let mut read = Statement {
        at: node.offset(),
        written: node.written(),
        sid: None,
        effect: None,
        principal: None,
        action: None,
        resource: None,
        conditions: Vec::new(),
        condition_text: None,
    };
    let members = members(&node, "a statement", &STATEMENT_ELEMENTS, check)?;
    report_pairs(&members, check);
    let has = |name: &str| members.iter().any(|member| member.name == name);
    if !has("Effect") {
        check.report(
            &grammar::MISSING_EFFECT,
            read.at,
            "the statement has no `Effect`",
            "add `\"Effect\": \"Allow\"` or `\"Effect\": \"Deny\"`",
        );
    }
    if !has("Action") && !has("NotAction") {
        check.report(
            &grammar::MISSING_ACTION,
            read.at,
            "the statement has neither `Action` nor `NotAction`",
            "add the actions that the statement covers",
        );
    }
    for member in &members {
        let value = &member.value;
        match &*member.name {
            "Sid" => read.sid = string(value, "`Sid`", check),
            "Effect" => {
                let effect = string(value, "`Effect`", check);
                read.effect = effect.and_then(|text| read_effect(&text, check));
            }
            "Principal" => read.principal = read_principal(member, "Principal", check),
            "NotPrincipal" => read.principal = read_principal(member, "NotPrincipal", check),
            "Action" => read.action = Some(read_element(member, "Action", check)),
            "NotAction" => read.action = Some(read_element(member, "NotAction", check)),
            "Resource" => read.resource = Some(read_element(member, "Resource", check)),
            "NotResource" => read.resource = Some(read_element(member, "NotResource", check)),
            _ => {
                read.condition_text = Some(value.written());
                read.conditions = read_conditions(member, check);
            }
        }
    }
    Some(read)
}

fn report_pairs(members: &[Member<'_>], check: &mut Checker<'_>) {
    for (positive, negated) in [
        ("Principal", "NotPrincipal"),
        ("Action", "NotAction"),
        ("Resource", "NotResource"),
    ] {
        let offset = |name: &str| {
            let member = members.iter().find(|member| member.name == name);
            member.map(|member| member.name_offset)
        };
        if let (Some(first), Some(second)) = (offset(positive), offset(negated)) {
            let other = check.related(first.min(second), "the other element");
            check
                .report(
                    &grammar::UNSUPPORTED_ELEMENT_COMBINATION,
                    first.max(second),
                    format!("the statement has both `{positive}` and `{negated}`"),
                    "keep one of them",
                )
                .related
                .push(other);
        }
    }
}

fn read_effect(text: &Text<'_>, check: &mut Checker<'_>) -> Option<(Effect, usize)> {
    let effects = [Effect::Allow, Effect::Deny];
    let effect = effects
        .into_iter()
        .find(|effect| effect.name() == text.text);
    if effect.is_none() {
        let near = nearest(&text.text, effects.map(Effect::name));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write `Allow` or `Deny`".to_owned(),
        };
        let fix = near.and_then(|near| check.string_fix(text.at, near));
        let message = format!("unknown effect {}", Quoted(&text.text));
        check
            .report(&grammar::INVALID_EFFECT, text.at, message, help)
            .fix = fix;
    }
    Some((effect?, text.at))
}

/// A string or a list of strings. `null` in a list of resources is ignored, as AWS does.
fn read_element<'s>(
    member: &Member<'s>,
    name: &'static str,
    check: &mut Checker<'_>,
) -> Element<'s> {
    let is_resource = name.ends_with("Resource");
    let items = strings(&member.value, name, is_resource, check);
    let is_empty = member.value.json_type() == Type::List
        && member
            .value
            .elements()
            .is_ok_and(|elements| elements.is_empty());
    if is_empty {
        let (rule, what) = if is_resource {
            (&grammar::EMPTY_ARRAY_RESOURCE, "resources")
        } else {
            (&grammar::EMPTY_ARRAY_ACTION, "actions")
        };
        check.report(
            rule,
            member.value.offset(),
            format!("the list `{name}` contains no {what}, so the statement has no effect"),
            format!("add {what}, or remove the statement"),
        );
    }
    let compared = items.iter().map(|item| match is_resource {
        true => item.text.clone(),
        false => Cow::Owned(item.text.to_ascii_lowercase()),
    });
    Element {
        name,
        is_negated: name.starts_with("Not"),
        at: member.value.offset(),
        compared: compared.collect(),
        items,
    }
}

fn strings<'s>(
    value: &Node<'s>,
    name: &str,
    skips_null: bool,
    check: &mut Checker<'_>,
) -> Vec<Text<'s>> {
    match value.json_type() {
        Type::Text => text(value, check).into_iter().collect(),
        Type::List => {
            let mut items = Vec::new();
            for element in value.elements().unwrap_or_default() {
                match element.json_type() {
                    Type::Text => items.extend(text(&element, check)),
                    Type::Null if skips_null => {}
                    _ => wrong_type(
                        check,
                        &element,
                        &format!("an element of `{name}`"),
                        "write strings only",
                    ),
                }
            }
            items
        }
        _ => {
            wrong_type(
                check,
                value,
                &format!("`{name}`"),
                "write a string or a list of strings",
            );
            Vec::new()
        }
    }
}

fn read_principal<'s>(
    member: &Member<'s>,
    name: &'static str,
    check: &mut Checker<'_>,
) -> Option<Principal<'s>> {
    let value = &member.value;
    let mut read = Principal {
        name,
        is_negated: name.starts_with("Not"),
        at: value.offset(),
        written: value.written(),
        is_star: false,
        entries: Vec::new(),
    };
    let help = "write `\"*\"` for everyone, or an object such as `{\"AWS\": \"123456789012\"}`";
    match value.json_type() {
        Type::Text => {
            let text = text(value, check)?;
            read.is_star = text.text == "*";
            if !read.is_star {
                check.report(
                    &grammar::INVALID_PRINCIPAL_FORMAT,
                    text.at,
                    format!("the principal {} has no type", Quoted(&text.text)),
                    help,
                );
            }
        }
        Type::Object => {
            let members = value.members().ok()?;
            if members.is_empty() {
                check.report(
                    &grammar::EMPTY_OBJECT_PRINCIPAL,
                    value.offset(),
                    format!("`{name}` contains no principals, so the statement has no effect"),
                    help,
                );
            }
            let mut seen: Vec<&'static str> = Vec::new();
            for entry in &members {
                let Some(kind) = PRINCIPAL_TYPES.into_iter().find(|kind| *kind == entry.name)
                else {
                    report_principal_key(entry, &members, check);
                    continue;
                };
                if seen.contains(&kind) {
                    report_repeated(entry, check);
                    continue;
                }
                seen.push(kind);
                let is_empty = entry.value.json_type() == Type::List
                    && entry
                        .value
                        .elements()
                        .is_ok_and(|elements| elements.is_empty());
                if is_empty {
                    check.report(
                        &grammar::EMPTY_ARRAY_PRINCIPAL,
                        entry.value.offset(),
                        format!("the list `{kind}` contains no principals"),
                        "add principals, or remove the list",
                    );
                }
                let entries = strings(&entry.value, kind, false, check);
                read.entries
                    .extend(entries.into_iter().map(|text| (kind, text)));
            }
        }
        _ => {
            let found = value.json_type().phrase();
            let message = format!("`{name}` is {found}");
            check.report(
                &grammar::INVALID_PRINCIPAL_FORMAT,
                value.offset(),
                message,
                help,
            );
        }
    }
    Some(read)
}

fn report_principal_key(entry: &Member<'_>, all: &[Member<'_>], check: &mut Checker<'_>) {
    let near = nearest(&entry.name, PRINCIPAL_TYPES);
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the types are {}", list("and", PRINCIPAL_TYPES)),
    };
    let free = near.filter(|near| !all.iter().any(|other| other.name == **near));
    let fix = free.and_then(|near| check.string_fix(entry.name_offset, near));
    let message = format!("unknown principal type {}", Quoted(&entry.name));
    check
        .report(
            &grammar::INVALID_PRINCIPAL_KEY,
            entry.name_offset,
            message,
            help,
        )
        .fix = fix;
}

fn read_conditions<'s>(member: &Member<'s>, check: &mut Checker<'_>) -> Vec<Condition<'s>> {
    let mut read = Vec::new();
    let Some(operators) = object(
        &member.value,
        "`Condition`",
        "write an object with operators",
        check,
    ) else {
        return read;
    };
    if operators.is_empty() {
        report_empty_condition(member.value.offset(), "`Condition`", check);
    }
    let mut seen: Vec<String> = Vec::new();
    for operator in &operators {
        if seen.iter().any(|earlier| *earlier == *operator.name) {
            report_repeated(operator, check);
        }
        seen.push(operator.name.to_string());
        let name = Text {
            text: operator.name.clone(),
            at: operator.name_offset,
        };
        let parsed = parse_operator(&name, check);
        let what = format!("the value of {}", Quoted(&operator.name));
        let Some(keys) = object(
            &operator.value,
            &what,
            "write an object with condition keys",
            check,
        ) else {
            continue;
        };
        if keys.is_empty() {
            report_empty_condition(
                operator.value.offset(),
                &Quoted(&operator.name).to_string(),
                check,
            );
        }
        let mut folded: HashMap<String, usize> = HashMap::new();
        for key in &keys {
            if let Some(earlier) = folded.insert(key.name.to_ascii_lowercase(), key.name_offset) {
                let other = check.related(earlier, "the other spelling");
                let is_same = keys
                    .iter()
                    .any(|other| other.name_offset == earlier && other.name == key.name);
                if is_same {
                    report_repeated(key, check);
                } else {
                    check
                        .report(
                            &grammar::DUPLICATE_KEYS_WITH_DIFFERENT_CASE,
                            key.name_offset,
                            format!("the condition key {} is written twice, in different case", Quoted(&key.name)),
                            "put all values into one list; the case of a condition key does not matter",
                        )
                        .related
                        .push(other);
                }
            }
            read.push(read_condition(&name, parsed, key, check));
        }
    }
    read
}

fn object<'s>(
    node: &Node<'s>,
    what: &str,
    help: &str,
    check: &mut Checker<'_>,
) -> Option<Vec<Member<'s>>> {
    if node.json_type() != Type::Object {
        wrong_type(check, node, what, help);
        return None;
    }
    node.members().ok()
}

fn report_empty_condition(at: usize, what: &str, check: &mut Checker<'_>) {
    check.report(
        &grammar::EMPTY_OBJECT_CONDITION,
        at,
        format!("{what} is empty and has no effect"),
        "add conditions, or remove it",
    );
}

fn read_condition<'s>(
    operator: &Text<'s>,
    parsed: Option<Operator>,
    key: &Member<'s>,
    check: &mut Checker<'_>,
) -> Condition<'s> {
    let is_list = key.value.json_type() == Type::List;
    let nodes = match is_list {
        true => key.value.elements().unwrap_or_default(),
        false => vec![key.value],
    };
    let mut values = Vec::with_capacity(nodes.len());
    for node in &nodes {
        let json = node.json_type();
        let text = match json {
            Type::Text => match text(node, check) {
                Some(text) => text.text,
                None => continue,
            },
            Type::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
            Type::Number => Cow::Borrowed(node.written()),
            Type::Object | Type::List | Type::Null => {
                let what = format!("a value of {}", Quoted(&key.name));
                wrong_type(
                    check,
                    node,
                    &what,
                    "write a string, a number, `true` or `false`",
                );
                continue;
            }
        };
        values.push(Value {
            text,
            json,
            at: node.offset(),
        });
    }
    let condition = Condition {
        operator: operator.clone(),
        parsed,
        key: Text {
            text: key.name.clone(),
            at: key.name_offset,
        },
        values,
    };
    if is_list && nodes.is_empty() {
        report_no_values(&condition, key.value.offset(), check);
    }
    condition
}

/// Parses an operator, and reports an unknown one.
fn parse_operator(name: &Text<'_>, check: &mut Checker<'_>) -> Option<Operator> {
    match Operator::parse(&name.text) {
        Ok(operator) => Some(operator),
        Err(_) if name.text.ends_with("NullIfExists") => {
            check.report(
                &grammar::NULL_WITH_IF_EXISTS,
                name.at,
                "`Null` tests whether the key exists, so it has no `IfExists`",
                "write `Null`",
            );
            None
        }
        Err(error) => {
            let (message, help) = (error.message().to_owned(), error.hint().to_owned());
            check.report(&grammar::INVALID_CONDITION_OPERATOR, name.at, message, help);
            None
        }
    }
}

/// Reports an empty list of values.
fn report_no_values(condition: &Condition<'_>, at: usize, check: &mut Checker<'_>) {
    let Some(operator) = condition.parsed else {
        return;
    };
    let null = "write `Null` with `true`, or add values";
    let (rule, effect, help) = match (operator.set(), operator.if_exists()) {
        (Some(SetOperator::ForAllValues), _) => (
            &grammar::EMPTY_ARRAY_CONDITION_FORALLVALUES,
            "holds only for requests without the key",
            null,
        ),
        (Some(SetOperator::ForAnyValue), _) => (
            &grammar::EMPTY_ARRAY_CONDITION_FORANYVALUE,
            "never holds",
            "add values, or remove the statement",
        ),
        (None, true) => (
            &grammar::EMPTY_ARRAY_CONDITION_IFEXISTS,
            "holds only for requests without the key",
            null,
        ),
        (None, false) if operator.base().is_negated() => (
            &grammar::EMPTY_ARRAY_CONDITION,
            "always holds",
            "add values, or remove the condition",
        ),
        (None, false) => (
            &grammar::EMPTY_ARRAY_CONDITION,
            "never holds",
            "add values, or remove the statement",
        ),
    };
    let message = format!(
        "{} is compared with no values, so the condition {effect}",
        Quoted(&condition.key.text)
    );
    check.report(rule, at, message, help);
}
