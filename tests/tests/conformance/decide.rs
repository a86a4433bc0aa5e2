//! The program `decide` returns a result for every line, regardless of its contents, and continues.

use std::error::Error;
use std::io::Write;
use std::process::{Command, Output, Stdio};

type TestResult = Result<(), Box<dyn Error>>;

fn run(arguments: &[&str], input: &[u8]) -> Result<Output, Box<dyn Error>> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_decide"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // The inputs are much shorter than the buffer of a pipe. A program that rejects its arguments does not read them.
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input);
    }
    Ok(child.wait_with_output()?)
}

fn answers(arguments: &[&str], input: &[u8]) -> Result<Vec<String>, Box<dyn Error>> {
    let output = run(arguments, input)?;
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().map(str::to_owned).collect())
}

const CASE: &str = r#"{"name":"sound","principal":"arn:aws:iam::1:user/a","action":"s3:GetObject","resource":"*","title":"ignored"}"#;
const DECIDED: &str =
    r#"{"name":"sound","decision":"ImplicitlyDenied","by":"no identity-based policy allows it"}"#;

#[test]
fn an_invalid_line_does_not_stop_the_run() -> TestResult {
    for (line, answer) in [
        (
            &b"{"[..],
            r#"{"name":null,"error":"EOF while parsing an object at line 1 column 1"}"#,
        ),
        (
            b"null",
            r#"{"name":null,"error":"invalid type: null, expected an object with the members of a case at line 1 column 4"}"#,
        ),
        (
            br#"{"name":5}"#,
            r#"{"name":null,"error":"invalid type: integer `5`, expected a string at line 1 column 9"}"#,
        ),
        (
            br#"{"name":"x"}"#,
            r#"{"name":"x","error":"missing field `principal` at line 1 column 12"}"#,
        ),
        (
            b"\xff\xfe",
            r#"{"name":null,"error":"the line is not UTF-8"}"#,
        ),
    ] {
        let mut input = line.to_vec();
        input.extend_from_slice(format!("\n\n  \r\n{CASE}").as_bytes());
        assert_eq!(answers(&[], &input)?, [answer, DECIDED]);
    }
    Ok(())
}

/// The forms in which a suite may specify a caller from an identity provider.
#[test]
fn callers_from_identity_providers_are_decided_by_the_trust_policy() -> TestResult {
    let oidc =
        "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com".to_owned();
    let saml = "arn:aws:iam::111122223333:saml-provider/office".to_owned();
    for (principal, provider) in [
        (format!(r#""{oidc}""#), &oidc),
        (format!(r#"{{"type":"Federated","name":"{oidc}"}}"#), &oidc),
        (format!(r#"{{"type":"WebIdentity","arn":"{oidc}"}}"#), &oidc),
        (
            format!(r#"{{"type":"Federated","provider":"{saml}"}}"#),
            &saml,
        ),
        (
            r#"{"type":"Federated","name":"accounts.google.com"}"#.to_owned(),
            &"accounts.google.com".to_owned(),
        ),
    ] {
        for (trusted, decision) in [
            (provider.as_str(), "Allowed"),
            ("www.amazon.com", "ImplicitlyDenied"),
        ] {
            let input = format!(
                r#"{{"name":"x","principal":{principal},"action":"sts:AssumeRoleWithWebIdentity","resource":"arn:aws:iam::111122223333:role/r","context":{{"token.actions.githubusercontent.com:sub":"repo:o/r:main"}},"resource_policy":{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"Federated":"{trusted}"}},"Action":"sts:*","Condition":{{"StringLike":{{"token.actions.githubusercontent.com:sub":"repo:o/*"}}}}}}}}}}"#
            );
            for evaluator in ["reference", "compiled"] {
                let answers = answers(&["--evaluator", evaluator], input.as_bytes())?;
                let expected = format!(r#"{{"name":"x","decision":"{decision}""#);
                assert!(
                    answers.len() == 1 && answers[0].starts_with(&expected),
                    "{answers:?}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn documents_are_judged_by_their_kind() -> TestResult {
    let input = concat!(
        r#"{"name":"a","kind":"session","document":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}"}"#,
        "\n",
        r#"{"name":"b","kind":"session","document":"[]"}"#,
        "\n",
        r#"{"name":"c","kind":"sesion","document":"{}"}"#,
        "\n",
        "7\n",
    );
    let answers = answers(&["--grammar"], input.as_bytes())?;
    let [sound, faulty, unknown, no_case] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert_eq!(sound, r#"{"name":"a","valid":true}"#);
    assert_eq!(
        faulty,
        r#"{"name":"b","valid":false,"error":"line 1, column 1: the document is a list; write an object with `Version` and `Statement`"}"#
    );
    assert!(
        unknown
            .starts_with(r#"{"name":"c","valid":false,"error":"unknown kind of policy `sesion`"#),
        "{unknown}"
    );
    assert_eq!(
        no_case,
        r#"{"name":null,"error":"invalid type: integer `7`, expected an object with the members of a document case at line 1 column 1"}"#
    );
    Ok(())
}

#[test]
fn rejects_unknown_arguments() -> TestResult {
    for (arguments, said) in [
        (&["--evaluator", "x"][..], "there is no evaluator `x`"),
        (&["--evaluator"], "`--evaluator` needs a name"),
        (&["--fast"], "unknown argument `--fast`"),
    ] {
        let output = run(arguments, b"")?;
        let stderr = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.starts_with(&format!("decide: {said}\n")), "{stderr}");
        assert!(output.stdout.is_empty());
    }
    Ok(())
}
