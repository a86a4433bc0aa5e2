//! `pinpoint-iam lint`.

mod batch;
pub(crate) mod fix;
mod output;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Args;
use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_core::policy::PolicyKind;
use pinpoint_iam_lint::{Class, Config, Linter};
use pinpoint_iam_tools::parts;

use self::fix::{Fixer, Mode, Target};
use self::output::Format;
use crate::common::{CatalogArguments, KindArgument};
use crate::failure::{Failure, NO_INPUT, read};
use crate::files::{self, Input};
use crate::progress::Progress;

/// Checks policy documents: grammar, kind of policy, catalogs and practice.
///
/// A directory is searched for files `*.json`, without those that `.gitignore` excludes, `attachments.json` and `*.test.json`.
/// A path may be a pattern such as `policies/**/*.json`, and `-` is standard input. A document may be in the output of AWS's tools,
/// for example of `aws iam get-policy-version` and `aws s3api get-bucket-policy`. In the output of
/// `aws iam get-account-authorization-details`, all inline policies, trust policies and default versions of managed policies are
/// checked, each as a policy of its kind.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 without findings, 11 for suggestions, 12 for warnings, 13 for security warnings, 14 for errors; 1 if a file
cannot be read or written, 2 for wrong arguments, 3 if there is no document.

Examples:
  pinpoint-iam lint --kind resource --format github policies/
  pinpoint-iam lint --fix=unsafe --diff policies/reader.json")]
pub(crate) struct Arguments {
    /// Files, directories and patterns, or `-`.
    #[arg(required_unless_present = "batch", value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    kind: KindArgument,
    #[command(flatten)]
    catalogs: CatalogArguments,
    /// The configuration file; default: `pinpoint-iam.toml` in the current directory, if it exists.
    #[arg(long, value_name = "FILE.TOML")]
    config: Option<PathBuf>,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Fixes findings in the files: those whose fix is proven to keep the meaning of the policy, or with `unsafe` all
    /// that have one. The findings that remain are printed. With `-`, the fixed document is printed instead.
    #[arg(
        long,
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "safe"
    )]
    fix: Option<Mode>,
    /// Prints the changes that `--fix` would make, and writes nothing.
    #[arg(long)]
    diff: bool,
    /// Reads lines {"name", "kind", "document"} from standard input, and writes one line with the findings for each.
    #[arg(long, conflicts_with_all = ["paths", "format", "config", "fix", "diff"])]
    batch: bool,
}

/// Runs `pinpoint-iam lint`, and returns its exit code.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let catalog = arguments.catalogs.load()?;
    if arguments.batch {
        return batch::run(Linter::new(&catalog));
    }
    let config = ConfigFile::read(arguments.config.as_deref())?;
    let linter = linter(&catalog, config.as_ref());
    let mut inputs = files::collect(&arguments.paths)?;
    let mut has_failed = false;
    // With `-`, standard output contains the document.
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let mut output: Option<&mut dyn Write> = Some(&mut stdout);
    if arguments.fix.is_some() || arguments.diff {
        let fixer = Fixer {
            linter,
            kind: arguments.kind.kind,
            config: config.as_ref().map(|file| &file.config),
            mode: arguments.fix.unwrap_or(Mode::Safe),
            reader: arguments.format.reader(),
        };
        let has_stdin = inputs.iter().any(|input| input.is_stdin());
        let target = match arguments.diff {
            true => Target::Diff,
            false => Target::Write,
        };
        if has_stdin && target == Target::Write {
            if inputs.len() > 1 {
                return Err(Failure::usage(
                    "error: `--fix` with `-` prints one document, so there can be no other path",
                ));
            }
            output = Some(&mut stderr);
        }
        if target == Target::Diff {
            output = None;
        }
        let outcome = fixer
            .apply(inputs, target)
            .map_err(|error| cannot_write(&error))?;
        (inputs, has_failed) = (outcome.inputs, outcome.has_failed);
    }
    let code = check(
        linter,
        arguments.kind.kind,
        &inputs,
        config.as_ref(),
        arguments.format,
        output,
    )?;
    Ok(ExitCode::from(if has_failed { 1 } else { code }))
}

fn cannot_write(error: &io::Error) -> Failure {
    Failure::new(format!("error: cannot write: {error}"))
}

/// The linter with the catalogs and the sources of the configuration.
pub(crate) fn linter<'a>(catalog: &'a Catalog, config: Option<&'a ConfigFile>) -> Linter<'a> {
    let linter = Linter::new(catalog);
    match config.and_then(|file| file.config.sources()) {
        Some(sources) => linter.with_sources(sources),
        None => linter,
    }
}

/// A configuration and its file.
pub(crate) struct ConfigFile {
    input: Input,
    text: String,
    pub(crate) config: Config,
}

impl ConfigFile {
    /// Reads the configuration. The default one need not exist.
    pub(crate) fn read(path: Option<&Path>) -> Result<Option<Self>, Failure> {
        const DEFAULT: &str = "pinpoint-iam.toml";
        let path = match path {
            Some(path) => path,
            None if !Path::new(DEFAULT).exists() => return Ok(None),
            None => Path::new(DEFAULT),
        };
        let name = path.display().to_string();
        let text = read(path)?;
        let config = Config::parse(&text, SystemTime::now())
            .map_err(|error| Failure::new(format!("error: {name}:{error}")))?;
        let input = Input {
            name,
            path: Some(path.to_owned()),
            text: Ok(text.clone()),
        };
        Ok(Some(Self {
            input,
            text,
            config,
        }))
    }
}

/// Lists services; the first ones if there are many.
fn services(names: &BTreeSet<String>) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        1 => format!("{shown} and 1 other service"),
        others => format!("{shown} and {others} other services"),
    }
}

fn check(
    linter: Linter<'_>,
    kind: PolicyKind,
    inputs: &[Input],
    config: Option<&ConfigFile>,
    format: Format,
    output: Option<&mut dyn Write>,
) -> Result<u8, Failure> {
    let mut results = Vec::new();
    let mut is_broken = false;
    let mut documents = 0;
    let mut unknown = BTreeSet::new();
    let progress = Progress::new("linting", inputs.len(), format.reader());
    for input in inputs {
        match &input.text {
            Ok(text) => {
                let mut findings = Vec::new();
                for part in parts::documents(text) {
                    let mut report = linter.lint(&part.document, part.kind.unwrap_or(kind));
                    unknown.append(&mut report.unknown_services);
                    report
                        .findings
                        .iter_mut()
                        .for_each(|finding| part.locate(finding));
                    findings.append(&mut report.findings);
                    documents += 1;
                }
                if let Some(file) = config {
                    file.config.apply(&input.name, &mut findings);
                }
                results.push(output::Checked {
                    input,
                    text,
                    findings,
                });
            }
            Err(error) => {
                is_broken = true;
                progress.hide(|| eprintln!("error: cannot read `{}`: {error}", input.name));
            }
        }
        progress.step();
    }
    drop(progress);
    if documents == 0 && !is_broken {
        eprintln!(
            "error: there are no policy documents; in a directory, they are the files `*.json`"
        );
    }
    if let Some(file) = config {
        results.push(output::Checked {
            input: &file.input,
            text: &file.text,
            findings: file.config.findings(),
        });
    }
    if let Some(output) = output {
        let written = output::write(format, documents, &results);
        output
            .write_all(written.as_bytes())
            .map_err(|error| cannot_write(&error))?;
    }
    if !unknown.is_empty() && format == Format::Human {
        eprintln!(
            "no catalog: the actions of {} were not compared with a catalog",
            services(&unknown)
        );
    }
    let worst = results
        .iter()
        .flat_map(|checked| &checked.findings)
        .map(|finding| finding.class)
        .max();
    Ok(match worst {
        _ if is_broken => 1,
        _ if documents == 0 => NO_INPUT,
        None => 0,
        Some(Class::Suggestion) => 11,
        Some(Class::Warning) => 12,
        Some(Class::SecurityWarning) => 13,
        Some(Class::Error) => 14,
    })
}
