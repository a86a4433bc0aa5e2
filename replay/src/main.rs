//! Replays logs with DataFusion, in this process or on a cluster.

use std::error::Error;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::{env, fs, io, thread};

use lexopt::{Arg, Parser, ValueExt as _};
use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_datafusion::{Functions, RECORD, cluster, inputs, replay, session};
use pinpoint_iam_tools::metadata::metadata;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const HELP: &str = "\
Replays logs of requests with the IAM policies before and after a change.

usage:
  pinpoint-iam-datafusion run --old POLICIES --new POLICIES [--column NAME] [--threads N] [--scheduler URL [--tasks N]] LOG..
      Prints the number of records with each result, as JSON. POLICIES is a file with an identity-based policy, or with
      the output of `aws iam get-account-authorization-details`. LOG is a path or URL of a file, of a directory that ends
      with `/`, or a pattern. Files whose names end with `.parquet` have the records in the column NAME, `record` by default.
      With --scheduler, the workers of a cluster read the files, in N tasks: 64 by default.
      Events of CloudTrail are translated by the built-in catalogs.
  pinpoint-iam-datafusion scheduler [--address HOST:PORT] [--worker-timeout SECONDS]
      Distributes the tasks. Prints its address when it is ready. The defaults are 127.0.0.1:50050 and 30 seconds.
  pinpoint-iam-datafusion worker --scheduler HOST:PORT [--address HOST:PORT] [--control-port PORT] [--directory PATH]
      [--threads N]
      Runs tasks, and prints the name of each log file before it reads a part of it. The default address is
      127.0.0.1:50051. The scheduler connects to the control port, 50052 by default.
";

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The options of all commands.
#[derive(Default)]
struct Options {
    command: Option<String>,
    old: Option<String>,
    new: Option<String>,
    column: Option<String>,
    threads: Option<usize>,
    tasks: Option<usize>,
    scheduler: Option<String>,
    address: Option<SocketAddr>,
    control_port: Option<u16>,
    worker_timeout: Option<u64>,
    directory: Option<String>,
    logs: Vec<String>,
}

fn run() -> Result<(), Failure> {
    let mut options = Options::default();
    let mut arguments = Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => {
                print!("{HELP}");
                return Ok(());
            }
            Arg::Long("old") => options.old = Some(policies(arguments.value()?.string()?)?),
            Arg::Long("new") => options.new = Some(policies(arguments.value()?.string()?)?),
            Arg::Long("column") => options.column = Some(arguments.value()?.string()?),
            Arg::Long("threads") => options.threads = Some(arguments.value()?.parse()?),
            Arg::Long("tasks") => options.tasks = Some(arguments.value()?.parse()?),
            Arg::Long("scheduler") => options.scheduler = Some(arguments.value()?.string()?),
            Arg::Long("address") => options.address = Some(arguments.value()?.parse()?),
            Arg::Long("control-port") => options.control_port = Some(arguments.value()?.parse()?),
            Arg::Long("worker-timeout") => {
                options.worker_timeout = Some(arguments.value()?.parse()?);
            }
            Arg::Long("directory") => options.directory = Some(arguments.value()?.string()?),
            Arg::Value(value) if options.command.is_none() => {
                options.command = Some(value.string()?);
            }
            Arg::Value(value) => options.logs.push(value.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let runtime = Runtime::new()?;
    match options.command.as_deref() {
        Some("run") => runtime.block_on(run_replay(options)),
        Some("scheduler") => runtime.block_on(run_scheduler(options)),
        Some("worker") => runtime.block_on(run_worker(options)),
        _ => Err("expected `run`, `scheduler` or `worker`; `--help` lists the options".into()),
    }
}

fn policies(path: String) -> Result<String, Failure> {
    fs::read_to_string(&path).map_err(|error| format!("cannot read `{path}`: {error}").into())
}

/// The functions with the built-in catalogs, which are the same in all processes of a cluster.
fn functions() -> Result<Functions, Failure> {
    let catalog = Catalog::builtin().map_err(ToString::to_string)?;
    Ok(Functions::new(catalog.services().iter().map(metadata)))
}

fn default_threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

async fn run_replay(options: Options) -> Result<(), Failure> {
    let (Some(old), Some(new)) = (options.old, options.new) else {
        return Err("`--old` and `--new` are missing".into());
    };
    let inputs = inputs(options.logs, options.column.as_deref().unwrap_or(RECORD));
    if inputs.is_empty() {
        return Err("there are no log files".into());
    }
    let threads = options.threads.unwrap_or_else(default_threads);
    let (session, tasks) = match &options.scheduler {
        Some(url) => (cluster::session(url).await?, options.tasks.unwrap_or(64)),
        None => (session(threads), threads),
    };
    let counts = replay(&session, &functions()?, &old, &new, &inputs, tasks).await?;
    println!("{}", serde_json::to_string_pretty(&counts)?);
    Ok(())
}

async fn run_scheduler(options: Options) -> Result<(), Failure> {
    let address = options
        .address
        .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 50050)));
    let listener = TcpListener::bind(address).await?;
    println!("{}", listener.local_addr()?);
    let timeout = options.worker_timeout.unwrap_or(30);
    cluster::scheduler(listener, functions()?, timeout).await?;
    Ok(())
}

async fn run_worker(options: Options) -> Result<(), Failure> {
    let scheduler = options.scheduler.unwrap_or_default();
    let scheduler = scheduler
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
    let Some(scheduler) = scheduler else {
        return Err("`--scheduler` is missing, or is not HOST:PORT".into());
    };
    let directory = match options.directory {
        Some(directory) => directory,
        None => env::temp_dir().display().to_string(),
    };
    let settings = cluster::Worker {
        scheduler,
        address: options
            .address
            .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 50051))),
        control_port: options.control_port.unwrap_or(50052),
        directory,
        threads: options.threads.unwrap_or_else(default_threads),
    };
    // A worker continues if its output is closed.
    let observer = |file: &str| drop(writeln!(io::stdout(), "{file}"));
    cluster::worker(settings, &functions()?, observer).await?;
    Ok(())
}
