//! Measures replays of decision logs and of events of CloudTrail: `cargo bench --bench replay`, and `-- LINES` for the length of the log.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use pinpoint_iam::mobiletargeting;
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::process::resident_bytes;
use pinpoint_iam_benches::measure::{Clock, Watch, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_replay::generate::{Generator, policies};
use pinpoint_iam_replay::{LogFile, Policies, Progress, Replay};
use serde_json::json;

/// The number of files, each of which one thread reads.
const FILES: u64 = 8;

/// The length of the log, unless it is given.
const LINES: u64 = 400_000;

const ROUNDS: usize = 9;

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let mut arguments = std::env::args().skip(1);
    let lines = arguments
        .find_map(|word| word.parse().ok())
        .unwrap_or(LINES);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay");
    let files = write_logs(&folder, lines)?;
    let bytes: u64 = files.iter().map(LogFile::bytes).sum();
    let replay = Replay::new(
        Policies::of_store(policies(true)?)?,
        Policies::of_store(policies(false)?)?,
    )
    .with_services([&mobiletargeting::SERVICE]);
    let (trail, events) = (write_trail(&folder, lines / 4)?, lines / 4);
    let trail_bytes: u64 = trail.iter().map(LogFile::bytes).sum();
    let trail_replay = Replay::new(
        Policies::of_store(policies(true)?)?,
        Policies::of_store(policies(false)?)?,
    )
    .with_services([&mobiletargeting::SERVICE]);
    let mut trail_rates = Vec::new();
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let clock = Clock::start();
        let report = trail_replay.run(&trail, 1, &Progress::default());
        trail_rates.push(events as f64 / clock.elapsed().as_secs_f64());
        if report.counts.records != events || report.counts.not_replayable > 0 {
            return Err("the replay of the events is wrong".into());
        }
        let (start, clock) = (Instant::now(), Clock::start());
        let one = replay.run(&files, 1, &Progress::default());
        let (wall, processor) = (start.elapsed(), clock.elapsed());
        rates.push(one.counts.records as f64 / processor.as_secs_f64());
        let start = Instant::now();
        let two = replay.run(&files, 2, &Progress::default());
        ratios.push(wall.as_secs_f64() / start.elapsed().as_secs_f64());
        if one != two || one.counts.records != lines || one.decided_differently > 0 {
            return Err("the replay of the log is wrong".into());
        }
    }
    let rate = median(&rates);
    let length = bytes as f64 / lines as f64;
    let megabytes = resident_bytes()? as f64 / 1e6;
    let mut table = Table::new(["", "measured", "goal"]);
    table.row([
        format!("records/s per core, lines of {length:.0} bytes"),
        figure(rate),
        "≥ 700,000".to_owned(),
    ]);
    table.row([
        "MB/s per core".to_owned(),
        figure(rate * length / 1e6),
        String::new(),
    ]);
    let trail_rate = median(&trail_rates);
    let event_length = trail_bytes as f64 / events as f64;
    table.row([
        format!("events of CloudTrail/s per core, of {event_length:.0} bytes"),
        figure(trail_rate),
        String::new(),
    ]);
    table.row([
        "MB/s per core of CloudTrail, not compressed".to_owned(),
        figure(trail_rate * event_length / 1e6),
        String::new(),
    ]);
    table.row([
        "two threads to one".to_owned(),
        format!("{} ×", figure(median(&ratios))),
        "≥ 1.9 ×".to_owned(),
    ]);
    table.row([
        format!(
            "resident memory, a log of {} MB",
            figure(bytes as f64 / 1e6)
        ),
        format!("{} MB", figure(megabytes)),
        "< 200 MB".to_owned(),
    ]);
    table.print();
    fs::remove_dir_all(&folder)?;
    publish(
        watch,
        "replay",
        &json!({
            "records_per_second": rate,
            "bytes_per_line": length,
            "events_per_second": trail_rate,
            "bytes_per_event": event_length,
            "two_threads_to_one": median(&ratios),
            "resident_mb": megabytes,
        }),
    )
}

/// Writes files of CloudTrail with this many events.
fn write_trail(folder: &Path, events: u64) -> Result<Vec<LogFile>, Failure> {
    let mut generator = Generator::new(1, Policies::of_store(policies(true)?)?);
    (0..FILES)
        .map(|number| {
            let path: PathBuf = folder.join(format!("{number}.json"));
            let mut file = BufWriter::new(fs::File::create(&path)?);
            generator.write_events((events + number) / FILES, &mut file)?;
            file.flush()?;
            Ok(LogFile::at(path)?)
        })
        .collect()
}

/// Writes a log with this many lines.
fn write_logs(folder: &Path, lines: u64) -> Result<Vec<LogFile>, Failure> {
    fs::create_dir_all(folder)?;
    let mut generator = Generator::new(1, Policies::of_store(policies(true)?)?);
    (0..FILES)
        .map(|number| {
            let path: PathBuf = folder.join(format!("{number}.jsonl"));
            let mut file = BufWriter::new(fs::File::create(&path)?);
            generator.write((lines + number) / FILES, &mut file)?;
            file.flush()?;
            Ok(LogFile::at(path)?)
        })
        .collect()
}
