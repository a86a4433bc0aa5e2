//! `pinpoint-iam rule`.

use clap::Args;
use pinpoint_iam_lint::{CONFIG_RULES, rule, rules};

use crate::failure::Failure;

/// Prints the documentation of a rule, or the list of all rules.
#[derive(Debug, Args)]
#[command(after_help = "Example: pinpoint-iam rule invalid-effect")]
pub(crate) struct Arguments {
    /// The code of the rule, or an issue code of IAM Access Analyzer.
    code: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Some(code) = &arguments.code else {
        for rule in rules() {
            println!("{:<17} {}", rule.class.name(), rule.code);
        }
        return Ok(());
    };
    if let Some(rule) = CONFIG_RULES.iter().find(|rule| rule.code == code) {
        println!("{} ({})\n\n{}", rule.code, rule.class, rule.description);
        return Ok(());
    }
    let Some(rule) = rule(code) else {
        let near = pinpoint_iam_catalog::nearest(code, rules().map(|rule| rule.code));
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
    if let Some(configuration) = rule.configuration {
        println!("\nIt needs such a table in `pinpoint-iam.toml`:\n");
        for line in configuration.lines() {
            println!("  {line}");
        }
    }
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
