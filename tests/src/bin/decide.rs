//! Decides the cases of an evaluation suite. Reads and writes JSON lines.

use std::io::{self, BufRead, BufWriter, Write};
use std::process::ExitCode;

use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam_test_policies::case::{Case, Evaluator};
use serde::{Deserialize, Serialize};

const USAGE: &str = "\
usage: decide [--evaluator reference|compiled] [--grammar]

Reads one JSON object a line on standard input and prints one a line on standard output.
tests/conformance/FORMAT.md describes both.

  --evaluator NAME   decides with this evaluator (default: reference)
  --grammar          reads documents (`name`, `kind`, `document`) and says whether each is valid";

fn main() -> ExitCode {
    let mode = match Mode::from_arguments(std::env::args().skip(1)) {
        Ok(Some(mode)) => mode,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("decide: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(mode, io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the output has ended, so the rest is not needed.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("decide: {error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Clone, Copy)]
enum Mode {
    Decide(Evaluator),
    Grammar,
}

impl Mode {
    /// Parses the arguments. Returns `None` if they ask for the usage.
    fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut evaluator = None;
        let mut grammar = false;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--evaluator" => {
                    let name = arguments.next().ok_or("`--evaluator` needs a name")?;
                    let named = Evaluator::named(&name)
                        .ok_or_else(|| format!("there is no evaluator `{name}`"))?;
                    evaluator = Some(named);
                }
                "--grammar" => grammar = true,
                "--help" | "-h" => return Ok(None),
                other => return Err(format!("unknown argument `{other}`")),
            }
        }
        Ok(Some(if grammar {
            Self::Grammar
        } else {
            Self::Decide(evaluator.unwrap_or(Evaluator::Reference))
        }))
    }
}

fn run(mode: Mode, mut input: impl BufRead, output: impl Write) -> io::Result<()> {
    let mut output = BufWriter::new(output);
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            answer(mode, &line, &mut output)?;
            output.write_all(b"\n")?;
        }
        line.clear();
    }
    output.flush()
}

fn answer(mode: Mode, line: &[u8], output: &mut impl Write) -> io::Result<()> {
    let fault = |name: Option<&str>, error: String| InputError {
        name: name.map(str::to_owned),
        error,
    };
    // Without the line break, so that positions refer to this one line.
    let Ok(text) = std::str::from_utf8(line.trim_ascii_end()) else {
        return write(output, &fault(None, "the line is not UTF-8".to_owned()));
    };
    match mode {
        Mode::Decide(evaluator) => match serde_json::from_str::<Case<'_>>(text) {
            Ok(case) => match case.decide(evaluator) {
                Ok(answer) => write(output, &answer),
                Err(error) => write(output, &fault(Some(&case.name), error.to_string())),
            },
            Err(error) => write(output, &fault(name_of(text).as_deref(), error.to_string())),
        },
        Mode::Grammar => match serde_json::from_str::<DocumentCase>(text) {
            Ok(case) => write(output, &case.check()),
            Err(error) => write(output, &fault(name_of(text).as_deref(), error.to_string())),
        },
    }
}

fn write(output: &mut impl Write, answer: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(output, answer).map_err(io::Error::from)
}

/// Returns the name of a case that cannot be read otherwise.
fn name_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    serde_json::from_str::<Named>(text)
        .ok()
        .map(|named| named.name)
}

/// The error for a case that could not be decided.
#[derive(Serialize)]
struct InputError {
    name: Option<String>,
    error: String,
}

/// A document to validate.
#[derive(Deserialize)]
#[serde(expecting = "an object with the members of a document case")]
struct DocumentCase {
    name: String,
    kind: String,
    document: String,
}

#[derive(Serialize)]
struct Verdict {
    name: String,
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl DocumentCase {
    fn check(self) -> Verdict {
        let result = match self.kind.parse::<PolicyKind>() {
            Err(error) => Err(error.to_string()),
            Ok(kind) => Document::parse(&self.document)
                .and_then(|document| document.validate(kind))
                .map_err(|error| error.to_string()),
        };
        Verdict {
            name: self.name,
            valid: result.is_ok(),
            error: result.err(),
        }
    }
}
