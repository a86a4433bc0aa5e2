//! A replay on three worker processes, one of which is killed, has the results of `pinpoint_iam_replay`.
//!
//! `PINPOINT_IAM_REPLAY_RECORDS` sets the number of records, 200,000 by default.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Instant;
use std::{env, thread};

use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_replay::generate::{Generator, account_details, policies};
use pinpoint_iam_replay::{Counts, LogFile, Policies, Progress, Replay};
use pinpoint_iam_tools::metadata::metadata;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pinpoint-iam-datafusion");

/// The number of log files, which the workers read.
const FILES: u64 = 24;

/// The number of events of CloudTrail in a further file.
const EVENTS: u64 = 1_000;

/// The message after which the worker is killed.
const THIRD: &str = "the worker begins its third file";

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        let command = command.args(arguments).stdout(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// Returns the lines that the process prints.
    fn lines(&mut self) -> impl Iterator<Item = String> + use<> {
        let output = BufReader::new(self.0.stdout.take().unwrap());
        output.lines().map_while(Result::ok)
    }
}

/// A port that no other process uses.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn store(with_denies: bool) -> Policies {
    Policies::of_store(policies(with_denies).unwrap()).unwrap()
}

#[test]
fn a_killed_worker_does_not_change_the_result() {
    let records = env::var("PINPOINT_IAM_REPLAY_RECORDS");
    let records: u64 = records.map_or(200_000, |records| records.parse().unwrap());
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cluster");
    let _ = fs::remove_dir_all(&directory);
    let logs = directory.join("logs");
    fs::create_dir_all(&logs).unwrap();
    let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
    for (name, with_denies) in [("old.json", true), ("new.json", false)] {
        fs::write(path(name), account_details(with_denies)).unwrap();
    }
    let write = |files: std::ops::Range<u64>| {
        for number in files {
            let file = File::create(logs.join(format!("{number:02}.jsonl"))).unwrap();
            let mut file = BufWriter::new(file);
            let lines = records / FILES + u64::from(number < records % FILES);
            let mut generator = Generator::new(number, store(true));
            generator.write(lines, &mut file).unwrap();
            file.flush().unwrap();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| write(0..FILES / 2));
        write(FILES / 2..FILES);
    });
    let mut events = Vec::new();
    let mut generator = Generator::new(FILES, store(true));
    generator.write_events(EVENTS, &mut events).unwrap();
    fs::write(logs.join("events.json"), events).unwrap();

    let files: Vec<LogFile> = fs::read_dir(&logs)
        .unwrap()
        .map(|entry| LogFile::at(entry.unwrap().path()).unwrap())
        .collect();
    let started = Instant::now();
    let services = Catalog::builtin().unwrap().services();
    let replay =
        Replay::new(store(true), store(false)).with_services(services.iter().map(metadata));
    let expected = replay.run(&files, 2, &Progress::default()).counts;
    println!("embedded: {:.1?}, {expected:?}", started.elapsed());
    assert_eq!(expected.records, records + EVENTS);
    assert_eq!(expected.not_replayable, 0);

    let mut scheduler = Process::start(&[
        "scheduler",
        "--address",
        "127.0.0.1:0",
        // The least is 5 seconds.
        "--worker-timeout",
        "1",
    ]);
    let address = scheduler.lines().next().unwrap();
    let mut workers: Vec<Process> = (0..3)
        .map(|number| {
            let own = path(&format!("worker-{number}"));
            fs::create_dir_all(&own).unwrap();
            Process::start(&[
                "worker",
                "--scheduler",
                &address,
                "--address",
                &free_address(),
                "--control-port",
                free_address().rsplit(':').next().unwrap(),
                "--directory",
                &own,
                "--threads",
                "1",
            ])
        })
        .collect();
    let started = Instant::now();
    let mut client = Process::start(&[
        "run",
        "--scheduler",
        &format!("df://{address}"),
        "--tasks",
        &FILES.to_string(),
        "--old",
        &path("old.json"),
        "--new",
        &path("new.json"),
        &format!("{}/", logs.display()),
    ]);
    // The others' output is read as well, because they would wait for a reader otherwise.
    let mut killed = workers.remove(1);
    for worker in &mut workers {
        let lines = worker.lines();
        thread::spawn(move || lines.for_each(drop));
    }
    let (sender, first) = mpsc::channel();
    let mut output = client.0.stdout.take().unwrap();
    let ended = sender.clone();
    let result = thread::spawn(move || {
        let mut result = String::new();
        output.read_to_string(&mut result).unwrap();
        // The first message is received, and the second is not needed.
        let _ = ended.send("the replay has ended");
        result
    });
    // A worker that begins its third file has finished tasks, whose results are lost with it.
    let files = killed.lines();
    thread::spawn(move || {
        let read = files.take(3).count();
        let _ = sender.send(match read {
            3 => THIRD,
            _ => "the worker has ended",
        });
    });
    assert_eq!(first.recv().unwrap(), THIRD);
    killed.0.kill().unwrap();
    killed.0.wait().unwrap();
    let has_ended = client.0.try_wait().unwrap().is_some();
    assert!(!has_ended, "the replay ended before the worker was killed");

    let result = result.join().unwrap();
    assert!(client.0.wait().unwrap().success());
    let found: Counts = serde_json::from_str(&result).unwrap();
    println!(
        "three workers, one killed: {:.1?}, {found:?}",
        started.elapsed()
    );
    assert_eq!(found, expected);
}
