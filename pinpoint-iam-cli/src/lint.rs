//! `pinpoint-iam lint` and `pinpoint-iam rule`.

mod batch;
mod files;
mod output;

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};
use pinpoint_iam_catalog::{Catalog, SourceFile};
use pinpoint_iam_core::policy::PolicyKind;
use pinpoint_iam_lint::{Class, Linter, parse_kind, rule, rules};

use self::files::Input;
use self::output::Format;
use crate::failure::{Failure, read};

const HELP: &str = "\
Checks policy documents: grammar, kind of policy, catalogs and practice.

Usage: pinpoint-iam lint [options] <file|directory|->...
       pinpoint-iam lint --batch < documents.jsonl

Options:
  --kind <kind>          what the policies are attached to: identity (the default), identity-inline, resource, trust,
                         boundary, session, scp, rcp, and the other names of policy kinds
  --catalog <file.toml>  the catalog of a service, in addition to the built-in ones; can be repeated
  --format <format>      human (the default), json, sarif or github
  --batch                read lines {\"name\", \"kind\", \"document\"}, and write one line with the findings for each

A directory stands for its files `*.json`, and files that `.gitignore` excludes are skipped. A document may be the value
of `PolicyDocument`, `AssumeRolePolicyDocument` or `Policy` in a JSON object, as AWS's tools write it.

Exit code: 0 without findings, 11 for suggestions, 12 for warnings, 13 for security warnings, 14 for errors; 1 if a file
cannot be read, 2 for wrong arguments, 3 if there is no document.

Example: pinpoint-iam lint --kind resource --format github policies/
";

const RULE_HELP: &str = "\
Prints the documentation of a rule, or the list of all rules.

Usage: pinpoint-iam rule [<code>]

Example: pinpoint-iam rule invalid-effect
";

/// The exit code if there was nothing to check.
const NO_INPUT: u8 = 3;

/// Runs `pinpoint-iam lint`, and returns its exit code.
pub(crate) fn run(mut parser: Parser) -> Result<ExitCode, Failure> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut catalogs: Vec<PathBuf> = Vec::new();
    let mut kind = PolicyKind::IdentityManaged;
    let mut format = Format::Human;
    let mut is_batch = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(path) => paths.push(path.into()),
            Arg::Long("kind") => {
                let name = parser.value()?.string()?;
                kind =
                    parse_kind(&name).map_err(|error| Failure::usage(format!("error: {error}")))?;
            }
            Arg::Long("catalog") => catalogs.push(parser.value()?.into()),
            Arg::Long("format") => format = parser.value()?.parse_with(str::parse)?,
            Arg::Long("batch") => is_batch = true,
            Arg::Long("help") | Arg::Short('h') => {
                print!("{HELP}");
                return Ok(ExitCode::SUCCESS);
            }
            argument => return Err(argument.unexpected().into()),
        }
    }
    let catalog = load(&catalogs)?;
    let linter = Linter::new(&catalog);
    if is_batch {
        return batch::run(linter);
    }
    if paths.is_empty() {
        return Err(Failure::usage(HELP.trim_end()));
    }
    let inputs = files::collect(&paths);
    let code = check(linter, kind, &inputs, format)?;
    Ok(ExitCode::from(code))
}

/// The built-in catalogs and those in files.
fn load(paths: &[PathBuf]) -> Result<Catalog, Failure> {
    let builtin = Catalog::builtin().map_err(|faults| Failure::new(faults.to_string()))?;
    if paths.is_empty() {
        return Ok(builtin.clone());
    }
    let mut files = Vec::new();
    for path in paths {
        files.push(SourceFile::new(path.display().to_string(), read(path)?));
    }
    let own = Catalog::load(files).map_err(|faults| Failure::new(faults.report().to_string()))?;
    Ok(own.beside(builtin))
}

fn check(
    linter: Linter<'_>,
    kind: PolicyKind,
    inputs: &[Input],
    format: Format,
) -> Result<u8, Failure> {
    let mut results = Vec::new();
    let mut is_broken = false;
    let mut unknown = BTreeSet::new();
    for input in inputs {
        match &input.text {
            Ok(text) => {
                let (document, start) = files::unwrap(text);
                let mut report = linter.lint(document, kind);
                unknown.append(&mut report.unknown_services);
                results.push(output::Checked {
                    input,
                    text,
                    document,
                    start,
                    findings: report.findings,
                });
            }
            Err(error) => {
                is_broken = true;
                eprintln!("error: cannot read `{}`: {error}", input.name);
            }
        }
    }
    let written = output::write(format, &results);
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(written.as_bytes())
        .map_err(|error| Failure::new(format!("error: cannot write: {error}")))?;
    if !unknown.is_empty() && format == Format::Human {
        let names: Vec<String> = unknown.iter().map(|name| format!("`{name}`")).collect();
        eprintln!(
            "no catalog: the actions of {} were not compared with a catalog",
            names.join(", ")
        );
    }
    let worst = results
        .iter()
        .flat_map(|checked| &checked.findings)
        .map(|finding| finding.class)
        .max();
    Ok(match worst {
        _ if is_broken => 1,
        _ if results.is_empty() => NO_INPUT,
        None => 0,
        Some(Class::Suggestion) => 11,
        Some(Class::Warning) => 12,
        Some(Class::SecurityWarning) => 13,
        Some(Class::Error) => 14,
    })
}

/// Runs `pinpoint-iam rule`.
pub(crate) fn explain(mut parser: Parser) -> Result<(), Failure> {
    let mut wanted = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(code) if wanted.is_none() => wanted = Some(code.string()?),
            Arg::Long("help") | Arg::Short('h') => {
                print!("{RULE_HELP}");
                return Ok(());
            }
            argument => return Err(argument.unexpected().into()),
        }
    }
    let Some(code) = wanted else {
        for rule in rules() {
            println!("{:<17} {}", rule.class.name(), rule.code);
        }
        return Ok(());
    };
    let Some(rule) = rule(&code) else {
        let near = pinpoint_iam_catalog::nearest(&code, rules().map(|rule| rule.code));
        let hint = match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`pinpoint-iam rule` lists the rules".to_owned(),
        };
        return Err(Failure::usage(format!(
            "error: unknown rule `{}`; {hint}",
            code.escape_debug()
        )));
    };
    let aws_code = rule.aws_code.map_or_else(String::new, |code| {
        format!(", in IAM Access Analyzer {code}")
    });
    println!(
        "{} ({}{aws_code})\n\n{}",
        rule.code, rule.class, rule.description
    );
    for (title, example) in [("reports", &rule.example), ("accepts", &rule.near_miss)] {
        if example.document.len() < 1000 {
            println!(
                "\nAs a policy of kind {}, it {title}:\n\n  {}",
                example.kind, example.document
            );
        }
    }
    Ok(())
}

fn read_stdin() -> Result<String, io::Error> {
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text)?;
    Ok(text)
}
