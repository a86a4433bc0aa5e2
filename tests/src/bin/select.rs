//! Selects the lists of an evaluation suite: JSON lines in, JSON lines out.

use std::io::{self, BufRead, BufWriter, Write};
use std::process::ExitCode;

use pinpoint_iam_tests::select::List;
use serde::{Deserialize, Serialize};

const USAGE: &str = "\
usage: select

Reads one JSON object a line on standard input, a list of resources, and prints one a line on standard output.
tests/conformance/FORMAT.md describes both.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => {}
        Some("--help" | "-h") => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Some(other) => {
            eprintln!("select: unknown argument `{other}`\n\n{USAGE}");
            return ExitCode::from(2);
        }
    }
    match run(io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the output has closed it, so there is nothing left to do.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("select: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut input: impl BufRead, output: impl Write) -> io::Result<()> {
    let mut output = BufWriter::new(output);
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            answer(&line, &mut output)?;
            output.write_all(b"\n")?;
        }
        line.clear();
    }
    output.flush()
}

fn answer(line: &[u8], output: &mut impl Write) -> io::Result<()> {
    let fault = |name: Option<String>, error: String| InputError { name, error };
    let Ok(text) = std::str::from_utf8(line.trim_ascii_end()) else {
        return write(output, &fault(None, "the line is not UTF-8".to_owned()));
    };
    match serde_json::from_str::<List<'_>>(text) {
        Ok(list) => match list.select() {
            Ok(selection) => write(output, &selection),
            Err(error) => write(output, &fault(Some(list.name), error.to_string())),
        },
        Err(error) => {
            let named = serde_json::from_str::<Named>(text).ok();
            write(
                output,
                &fault(named.map(|named| named.name), error.to_string()),
            )
        }
    }
}

fn write(output: &mut impl Write, answer: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(output, answer).map_err(io::Error::from)
}

/// The name of a list that is otherwise unreadable.
#[derive(Deserialize)]
struct Named {
    name: String,
}

/// A list that could not be selected.
#[derive(Serialize)]
struct InputError {
    name: Option<String>,
    error: String,
}
