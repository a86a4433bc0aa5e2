//! Standard output, whose reader may stop before the end, as in `pinpoint-iam rule | head`.

use std::fmt;
use std::io::{self, Write};

use clap::{Args, ValueEnum};

/// How a command prints its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for terminals.
    Human,
    /// JSON.
    Json,
}

/// The option `--format` of a command.
#[derive(Debug, Args)]
pub(crate) struct FormatArgument {
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Prints like the standard macro, which panics if the reader has stopped.
macro_rules! print {
    ($($argument:tt)*) => {
        $crate::output::write(format_args!($($argument)*))
    };
}

/// Prints a line like the standard macro, which panics if the reader has stopped.
macro_rules! println {
    ($($argument:tt)*) => {
        $crate::output::write(format_args!("{}\n", format_args!($($argument)*)))
    };
}

/// Writes to standard output. If the reader has stopped, the rest of the command runs on, so that its exit code is the
/// same.
pub(crate) fn write(text: fmt::Arguments<'_>) {
    let mut stdout = io::stdout().lock();
    match stdout.write_fmt(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("error: cannot write: {error}");
            std::process::exit(1);
        }
        _ => {}
    }
}
