//! Measures replays of decision logs: `cargo bench --bench replay`, and `-- LINES` for the length of the log.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::process::resident_bytes;
use pinpoint_iam_benches::measure::{Clock, median};
use pinpoint_iam_benches::report::{Table, figure, write_json};
use pinpoint_iam_replay::generate::{Generator, policies};
use pinpoint_iam_replay::{LogFile, Policies, Progress, Replay};
use serde_json::json;

/// The number of files, each of which one thread reads.
const FILES: u64 = 8;

/// The length of the log, unless it is given.
const LINES: u64 = 400_000;

const ROUNDS: usize = 9;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let lines = arguments
        .find_map(|word| word.parse().ok())
        .unwrap_or(LINES);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay");
    let files = write_logs(&folder, lines)?;
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    let replay = Replay::new(
        Policies::of_store(policies(true)?)?,
        Policies::of_store(policies(false)?)?,
    );
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
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
    write_json(
        "replay",
        &json!({
            "records_per_second": rate,
            "bytes_per_line": length,
            "two_threads_to_one": median(&ratios),
            "resident_mb": megabytes,
        }),
    )
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
