//! Rules for policy variables: `${aws:username}`.

use pinpoint_iam_core::__private::Quoted;

use crate::checker::Checker;
use crate::read::{Policy, Statement, Text};

rules! {
    MISSING_BRACE_IN_VARIABLE: "missing-brace-in-variable", Some("MISSING_BRACE_IN_VARIABLE"), Error, IdentityManaged,
        "A policy variable ends with `}`.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}""#);
    MISSING_QUOTE_IN_VARIABLE: "missing-quote-in-variable", Some("MISSING_QUOTE_IN_VARIABLE"), Error, IdentityManaged,
        "The default value of a policy variable is in single quotes.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username, 'anyone}""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username, 'anyone'}""#);
    UNSUPPORTED_SPACE_IN_VARIABLE: "unsupported-space-in-variable", Some("UNSUPPORTED_SPACE_IN_VARIABLE"), Error, IdentityManaged,
        "The name of a policy variable contains no spaces.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws: username}""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}""#);
    EMPTY_VARIABLE: "empty-variable", Some("EMPTY_VARIABLE"), Error, IdentityManaged,
        "A policy variable has a name.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${}""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${*}""#);
    VARIABLE_UNSUPPORTED_IN_ELEMENT: "variable-unsupported-in-element", Some("VARIABLE_UNSUPPORTED_IN_ELEMENT"), Error, IdentityManaged,
        "Policy variables work in the resource part of an ARN and in the values of conditions. In every other place, they are plain text, or AWS rejects them.",
        statements!(r#""Effect": "Allow", "Action": "s3:${aws:username}", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}""#);
    EARLY_VARIABLE: "early-variable", Some("VARIABLE_UNSUPPORTED_IN_ELEMENT"), Error, IdentityManaged,
        "A policy variable before the fifth colon of an ARN is plain text, so the ARN matches nothing.",
        statements!(r#""Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:${aws:PrincipalAccount}:t""#),
        statements!(r#""Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:*:${aws:username}""#);
    VARIABLE_UNSUPPORTED_IN_VERSION: "variable-unsupported-in-version", Some("VARIABLE_UNSUPPORTED_IN_VERSION"), Error, IdentityInlineRole,
        "Only documents of version 2012-10-17 have policy variables. In others, `${` is plain text.",
        r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}"}}"#,
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}""#);
}

pub(super) fn apply(policy: &Policy<'_>, statement: &Statement<'_>, check: &mut Checker<'_>) {
    for action in statement.action.iter().flat_map(|element| &element.items) {
        unsupported(
            action,
            "an action",
            "list the actions, or use `*` and `?`",
            check,
        );
    }
    for (_, entry) in statement
        .principal
        .iter()
        .flat_map(|principal| &principal.entries)
    {
        let help = "use a condition on `aws:PrincipalArn` or `aws:PrincipalTag/…`";
        unsupported(entry, "a principal", help, check);
    }
    if let Some(sid) = &statement.sid {
        unsupported(sid, "a `Sid`", "write a fixed name", check);
    }
    for condition in &statement.conditions {
        let help = "use variables in the values only";
        unsupported(&condition.key, "a condition key", help, check);
    }
    let has_variables = policy.has_variables();
    for resource in statement.resource.iter().flat_map(|element| &element.items) {
        let fifth_colon = resource
            .text
            .match_indices(':')
            .nth(4)
            .map(|(colon, _)| colon);
        let early = resource.text.find("${");
        match early.zip(fifth_colon.or(Some(usize::MAX))) {
            Some((early, colon)) if early < colon && resource.text.starts_with("arn:") => {
                check.report(
                    &EARLY_VARIABLE,
                    resource.at,
                    format!("the resource {} has a `${{` before its fifth colon, where it is plain text", Quoted(&resource.text)),
                    "write `*` there, and compare the variable in a condition",
                );
            }
            _ => supported(&resource.text, resource.at, has_variables, check),
        }
    }
    for condition in &statement.conditions {
        let takes_variables = condition.parsed.is_some_and(|operator| {
            let name = operator.base().as_str();
            name.starts_with("String") || name.starts_with("Arn")
        });
        for value in condition.values.iter().filter(|_| takes_variables) {
            supported(&value.text, value.at, has_variables, check);
        }
    }
}

fn unsupported(text: &Text<'_>, place: &str, help: &str, check: &mut Checker<'_>) {
    if text.text.contains("${") {
        check.report(
            &VARIABLE_UNSUPPORTED_IN_ELEMENT,
            text.at,
            format!(
                "{} contains a policy variable, which {place} cannot have",
                Quoted(&text.text)
            ),
            help,
        );
    }
}

/// Checks the variables of a text in which they are allowed.
fn supported(text: &str, at: usize, has_variables: bool, check: &mut Checker<'_>) {
    if !has_variables {
        if text.contains("${") {
            check.report(
                &VARIABLE_UNSUPPORTED_IN_VERSION,
                at,
                format!(
                    "the `${{` in {} is plain text, because of the document's version",
                    Quoted(text)
                ),
                "write `\"Version\": \"2012-10-17\"`",
            );
        }
        return;
    }
    let mut rest = text;
    while let Some((_, variable)) = rest.split_once("${") {
        let Some((name, after)) = variable.split_once('}') else {
            check.report(
                &MISSING_BRACE_IN_VARIABLE,
                at,
                format!("the variable in {} does not end", Quoted(text)),
                "add a `}`",
            );
            return;
        };
        variable_name(name, at, check);
        rest = after;
    }
}

fn variable_name(content: &str, at: usize, check: &mut Checker<'_>) {
    let (name, default) = match content.split_once(',') {
        Some((name, default)) => (name, Some(default.trim())),
        None => (content, None),
    };
    let is_quoted = |text: &str| text.len() >= 2 && text.starts_with('\'') && text.ends_with('\'');
    if name.trim().is_empty() {
        check.report(
            &EMPTY_VARIABLE,
            at,
            "a policy variable has no name",
            "name a condition key, or remove the variable",
        );
    } else if name.contains(' ') {
        check.report(
            &UNSUPPORTED_SPACE_IN_VARIABLE,
            at,
            format!("the name of the variable {} contains a space", Quoted(name)),
            "remove the space",
        );
    }
    if let Some(default) = default.filter(|default| !is_quoted(default)) {
        check.report(
            &MISSING_QUOTE_IN_VARIABLE,
            at,
            format!(
                "the default value {} is not in single quotes",
                Quoted(default)
            ),
            "write it as in `${aws:username, 'anyone'}`",
        );
    }
}
