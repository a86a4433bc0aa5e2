//! `pinpoint-iam replay`.

mod html;
mod inputs;
#[cfg(feature = "object-store")]
mod objects;
mod output;
mod text;
mod used;

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand, ValueEnum};
use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam_replay::{LogFile, Partial, Progress, Replay, Report, Shard};

use crate::compare::{NEW_ACCESS, UNDECIDED};
use crate::documents::find;
use crate::failure::{Failure, NO_INPUT, read};
use crate::progress::{BytesBar, Reader};

/// Decides logged requests again: which would be newly allowed, and which newly denied?
///
/// OLD and NEW are the policies before and after a change: a directory with `attachments.json`, the output of
/// `aws iam get-account-authorization-details`, or policy documents (a file, or a directory without attachments), which
/// apply to every user and role.
///
/// LOG are files of a decision log or of AWS CloudTrail, directories of them, or patterns such as `logs/**/*.jsonl`; they
/// may be compressed by gzip. If the program was installed with the feature `object-store`, LOG may also be an address in
/// object storage, such as `s3://bucket/path` or `s3://bucket/path/**/*.gz`, `gs://` or `az://`. The credentials are in the
/// environment variables of the store, such as `AWS_ACCESS_KEY_ID`. If an exact comparison shows that both policies decide all requests in the same way, no log
/// is read.
///
/// Every record is newly allowed, newly denied, unchanged, not replayable, or depends on condition keys that the log does
/// not contain. Lines that are corrupted or foreign are counted as not replayable.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Exit codes: 0 if no requests are newly allowed, 15 if some are, 16 if none are but some records depend on missing keys or
are not replayable; 1 if a file cannot be read or parsed, 2 for wrong arguments, 3 if there are no policies, logs or
records. A shard that is not merged has 0.

Examples:
  pinpoint-iam replay --old released/ --new policies/ logs/
  pinpoint-iam replay --old policies/ --new policies/ --used logs/
  pinpoint-iam replay --old account.json --new new.json 'AWSLogs/123456789012/CloudTrail/**/*.json.gz'
  pinpoint-iam replay --old released/ --new policies/ --format html logs/ > replay.html
  pinpoint-iam replay --old old.json --new new.json --shard 1/2 --partial 1.json logs/
  pinpoint-iam replay --old old.json --new new.json --shard 2/2 --partial 2.json logs/
  pinpoint-iam replay merge 1.json 2.json"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The policies before the change.
    #[arg(long, required = true, value_name = "OLD")]
    old: Option<PathBuf>,
    /// The policies after the change.
    #[arg(long, required = true, value_name = "NEW")]
    new: Option<PathBuf>,
    /// The log files.
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// Translates events of CloudTrail by this catalog: a file, or the prefix of a built-in service; can be repeated. The
    /// built-in catalogs are always used.
    #[arg(long = "catalog", value_name = "CATALOG")]
    catalogs: Vec<String>,
    /// Also lists the permissions of NEW that no request has used, and writes the smallest policies that would have
    /// sufficed. The logs are read also if both policies are equal.
    #[arg(long)]
    used: bool,
    /// The number of threads; all processors by default.
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZero<usize>>,
    /// How many examples of each result are shown.
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    examples: usize,
    /// Writes the result so far to this file while the logs are read. If it exists, the replay continues after the log
    /// files that it contains.
    #[arg(long, value_name = "FILE")]
    partial: Option<PathBuf>,
    /// Reads only a part of the log files, such as the second of eight. `pinpoint-iam replay merge` adds up the partial
    /// results of all shards.
    #[arg(long, value_name = "NUMBER/OF", requires = "partial")]
    shard: Option<Shard>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for terminals.
    Human,
    /// JSON.
    Json,
    /// One HTML page with tables and a timeline.
    Html,
}

#[derive(Debug, Subcommand)]
enum Command {
    Merge(MergeArguments),
}

/// Adds up the partial results of all shards of a replay.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: those of `pinpoint-iam replay`; 1 if a shard is missing or incomplete.

Example: pinpoint-iam replay merge 1.json 2.json")]
struct MergeArguments {
    /// The files that `--partial` has written.
    #[arg(required = true, value_name = "PARTIAL")]
    partials: Vec<PathBuf>,
    /// The catalogs of the replay, for the policies of `--used`; can be repeated.
    #[arg(long = "catalog", value_name = "CATALOG")]
    catalogs: Vec<String>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Runs `pinpoint-iam replay`.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if let Some(Command::Merge(merge)) = &arguments.command {
        return run_merge(merge);
    }
    let (Some(old), Some(new)) = (&arguments.old, &arguments.new) else {
        return Err(Failure::usage("error: `--old` and `--new` are required"));
    };
    let replay = Replay::new(inputs::policies(old)?, inputs::policies(new)?);
    let services = find(&arguments.catalogs)?.metadata();
    let mut replay = replay
        .with_examples(arguments.examples)
        .with_services(services.iter().copied());
    if arguments.used {
        replay = replay.with_used_permissions();
    }
    let logs = inputs::logs(&arguments.logs)?;
    let shard = arguments.shard.unwrap_or(Shard::WHOLE);
    let mut partial = Partial::new(&replay, &logs.files, shard);
    if let Some(path) = arguments.partial.as_deref().filter(|path| path.exists()) {
        let earlier = read_partial(path)?;
        partial
            .resume(earlier)
            .map_err(|error| Failure::new(format!("error: `{}`: {error}", path.display())))?;
    }
    let partial = read_logs(arguments, &replay, &logs.files, partial)?;
    match arguments.shard {
        Some(shard) => {
            let records = partial.report().counts.records;
            println!(
                "shard {shard}: {records} records; `pinpoint-iam replay merge` adds up the shards"
            );
            Ok(ExitCode::SUCCESS)
        }
        None => Ok(print(arguments.format, &partial, &services)),
    }
}

/// Adds the results of the files that remain.
fn read_logs(
    arguments: &Arguments,
    replay: &Replay,
    logs: &[LogFile],
    partial: Partial,
) -> Result<Partial, Failure> {
    let remaining = partial.remaining(logs);
    let threads = arguments
        .threads
        .or_else(|| thread::available_parallelism().ok());
    let threads = threads.map_or(1, NonZero::get);
    let state = Mutex::new(State {
        partial,
        path: arguments.partial.as_deref(),
        saved: None,
        failure: None,
    });
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let progress = Progress::default();
    let reader = match arguments.format {
        Format::Human | Format::Html => Reader::Person,
        Format::Json => Reader::Program,
    };
    let bytes = remaining.iter().map(LogFile::bytes).sum();
    BytesBar::new("replaying", bytes, reader).follow(&progress.bytes, || {
        replay.run_each(&remaining, threads, &progress, |report| lock().add(report));
    });
    let mut state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    state.save();
    match state.failure {
        None => Ok(state.partial),
        Some(failure) => Err(failure),
    }
}

/// The result so far, and the file that contains it.
struct State<'a> {
    partial: Partial,
    path: Option<&'a Path>,
    /// When the file was written.
    saved: Option<Instant>,
    failure: Option<Failure>,
}

impl State<'_> {
    fn add(&mut self, report: Report) {
        // The result has one entry for each log file, so that writing it after each of many small files would be slow.
        const INTERVAL: Duration = Duration::from_secs(1);
        self.partial.add(report);
        if self.saved.is_none_or(|saved| saved.elapsed() >= INTERVAL) {
            self.save();
        }
    }

    /// Replaces the file at once, so that an interruption leaves the last result or this one.
    fn save(&mut self) {
        let Some(path) = self.path else { return };
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".tmp");
        let temporary = PathBuf::from(temporary);
        let written = fs::write(&temporary, self.partial.to_json());
        if let Err(error) = written.and_then(|()| fs::rename(&temporary, path)) {
            let shown = path.display();
            self.failure = Some(Failure::new(format!(
                "error: cannot write `{shown}`: {error}"
            )));
        }
        self.saved = Some(Instant::now());
    }
}

fn read_partial(path: &Path) -> Result<Partial, Failure> {
    Partial::from_json(&read(path)?)
        .map_err(|error| Failure::new(format!("error: `{}`: {error}", path.display())))
}

/// Runs `pinpoint-iam replay merge`.
fn run_merge(arguments: &MergeArguments) -> Result<ExitCode, Failure> {
    let parts = arguments.partials.iter();
    let parts = parts
        .map(|path| read_partial(path))
        .collect::<Result<Vec<_>, _>>()?;
    let merged = Partial::merge(parts).map_err(|error| Failure::new(format!("error: {error}")))?;
    let services = find(&arguments.catalogs)?.metadata();
    Ok(print(arguments.format, &merged, &services))
}

/// Prints a result, and returns the exit code.
fn print(format: Format, partial: &Partial, services: &[&'static ServiceMetadata]) -> ExitCode {
    match format {
        Format::Human => print!("{}", output::human(partial, services)),
        Format::Json => println!("{:#}", output::json(partial, services)),
        Format::Html => print!("{}", html::html(partial, services)),
    }
    let counts = &partial.report().counts;
    if counts.records == 0 && !partial.is_equal() {
        eprintln!("error: the logs contain no records");
        return ExitCode::from(NO_INPUT);
    }
    ExitCode::from(
        match (counts.newly_allowed, counts.depends + counts.not_replayable) {
            (0, 0) => 0,
            (0, _) => UNDECIDED,
            _ => NEW_ACCESS,
        },
    )
}
