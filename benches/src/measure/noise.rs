//! Other work on the machine while a benchmark runs, which makes its figures unreliable.

use std::cmp::Ordering;
use std::fmt;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value, json};

use super::process::{children_ticks, own_ticks};
use crate::Failure;

/// The limits of a quiet run.
const MAX_LOAD: f64 = 0.75;
const MAX_OTHERS: f64 = 0.05;
const MAX_SPREAD: f64 = 0.10;

/// The number of probes at the start of a run, and as many at its end.
const PROBES: usize = 20;

/// The repetitions of the step that one probe times. They take about a millisecond.
const STEPS: usize = 20_000;

/// Observes the machine during a run.
#[derive(Debug)]
pub struct Watch {
    start: Counters,
    load: f64,
    processors: f64,
    /// The wall time of each probe, in seconds.
    probes: Vec<f64>,
}

impl Watch {
    /// Starts to observe.
    ///
    /// # Errors
    ///
    /// If `/proc` does not exist.
    pub fn start() -> Result<Self, Failure> {
        let mut watch = Self {
            start: Counters::now()?,
            load: load_average(&fs::read_to_string("/proc/loadavg")?)?,
            processors: processors(&fs::read_to_string("/proc/stat")?),
            probes: Vec::new(),
        };
        watch.probe_often();
        Ok(watch)
    }

    /// Times the baseline once more. Call it between the parts of a long run.
    pub fn probe(&mut self) {
        self.probes.push(probe());
    }

    fn probe_often(&mut self) {
        (0..PROBES).for_each(|_| self.probe());
    }

    /// Ends the run. Processes that it has started must have ended and been waited for, because their processor time
    /// would otherwise count as that of others.
    ///
    /// # Errors
    ///
    /// If `/proc` does not exist.
    pub fn end(mut self) -> Result<Noise, Failure> {
        self.probe_often();
        let others = Counters::now()?.others_since(&self.start);
        Ok(Noise {
            load: self.load / self.processors,
            others,
            spread: spread(&self.probes),
        })
    }
}

/// The noise of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// The load average of the last minute before the run, per processor.
    pub load: f64,
    /// The share of the machine's processor time that other processes, and other virtual machines, have used.
    pub others: f64,
    /// The difference between the 90th and the 10th percentile of the baseline's wall time, divided by the median.
    pub spread: f64,
}

impl Noise {
    /// Returns the limits that this run exceeds. A quiet run exceeds none.
    pub fn excesses(&self) -> Vec<String> {
        [
            ("load average per processor", self.load, MAX_LOAD),
            ("processor time of others", self.others, MAX_OTHERS),
            ("spread of the baseline", self.spread, MAX_SPREAD),
        ]
        .into_iter()
        // A number that is not comparable is not quiet either.
        .filter(|(_, measured, limit)| measured.partial_cmp(limit).is_none_or(Ordering::is_gt))
        .map(|(what, measured, limit)| format!("{what} {measured:.2}, limit {limit:.2}"))
        .collect()
    }

    /// The noise for a file of results.
    pub fn to_json(self) -> Value {
        json!({"load": self.load, "others": self.others, "spread": self.spread})
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "load average {:.2} per processor before the run, {:.1} % of the processor time used by others, baseline within {:.1} %",
            self.load,
            self.others * 100.0,
            self.spread * 100.0
        )
    }
}

/// The processor time of the machine and of this process with its children, in ticks.
#[derive(Clone, Copy, Debug)]
struct Counters {
    busy: u64,
    idle: u64,
    own: u64,
}

impl Counters {
    fn now() -> Result<Self, Failure> {
        let [busy, idle] = machine_ticks(&fs::read_to_string("/proc/stat")?)?;
        let own = own_ticks()? + children_ticks()?;
        Ok(Self { busy, idle, own })
    }

    /// The share of the machine's time that others used. Without any time, nothing is known, so all of it.
    fn others_since(&self, start: &Self) -> f64 {
        let busy = self.busy.saturating_sub(start.busy);
        let total = busy + self.idle.saturating_sub(start.idle);
        let own = self.own.saturating_sub(start.own);
        match total {
            0 => 1.0,
            total => busy.saturating_sub(own) as f64 / total as f64,
        }
    }
}

/// Returns the busy and the idle ticks of all processors. Time stolen by other virtual machines is busy; interrupts are
/// not counted, because the run itself causes many.
fn machine_ticks(stat: &str) -> Result<[u64; 2], Failure> {
    let line = stat
        .lines()
        .find_map(|line| line.strip_prefix("cpu "))
        .ok_or("`/proc/stat` has no line for all processors")?;
    let ticks = line
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<Vec<u64>, _>>()?;
    let [user, nice, system, idle, waiting, _, _, stolen, ..] = ticks[..] else {
        return Err("`/proc/stat` has too few columns".into());
    };
    Ok([user + nice + system + stolen, idle + waiting])
}

/// Returns the number of processors, including those that this process is not allowed to use.
fn processors(stat: &str) -> f64 {
    let is_one = |line: &&str| line.starts_with("cpu") && !line.starts_with("cpu ");
    stat.lines().filter(is_one).count() as f64
}

fn load_average(text: &str) -> Result<f64, Failure> {
    let first = text.split_whitespace().next();
    Ok(first.ok_or("`/proc/loadavg` is empty")?.parse()?)
}

/// Times a fixed amount of work.
fn probe() -> f64 {
    let start = Instant::now();
    for _ in 0..STEPS {
        let arn = black_box("arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1");
        black_box(arn.splitn(6, ':').last());
    }
    start.elapsed().as_secs_f64()
}

fn spread(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |hundredth: usize| sorted.get(sorted.len() * hundredth / 100).copied();
    match (at(10), at(50), at(90)) {
        (Some(low), Some(middle), Some(high)) => (high - low) / middle,
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    const QUIET: Noise = Noise {
        load: 0.2,
        others: 0.01,
        spread: 0.03,
    };

    #[test]
    fn every_limit_is_compared() {
        let excesses = |change: fn(&mut Noise)| {
            let mut noise = QUIET;
            change(&mut noise);
            noise.excesses().len()
        };
        assert_eq!(excesses(|_| ()), 0);
        assert_eq!(excesses(|noise| noise.load = 1.0), 1);
        assert_eq!(excesses(|noise| noise.others = 0.06), 1);
        assert_eq!(excesses(|noise| noise.spread = 0.2), 1);
        assert_eq!(excesses(|noise| noise.spread = f64::NAN), 1);
        assert_eq!(
            excesses(|noise| *noise = Noise {
                load: 9.0,
                others: 0.9,
                spread: 9.0
            }),
            3
        );
    }

    #[test]
    fn others_are_what_this_process_and_its_children_do_not_use() {
        let counters = |busy, idle, own| Counters { busy, idle, own };
        let start = counters(1_000, 5_000, 100);
        for (end, expected) in [
            (counters(1_100, 5_100, 200), 0.0),
            (counters(1_100, 5_100, 100), 0.5),
            (counters(1_200, 5_000, 200), 0.5),
            // A process that ended before the end of the run counts as a whole.
            (counters(1_000, 5_100, 400), 0.0),
            (start, 1.0),
        ] {
            assert_eq!(end.others_since(&start), expected, "{end:?}");
        }
    }

    #[test]
    fn time_that_another_virtual_machine_uses_is_not_idle() {
        let stat = "cpu  10 20 30 400 50 6000 7000 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(machine_ticks(stat).unwrap(), [68, 450]);
        assert_eq!(processors(stat), 1.0);
        assert!(machine_ticks("cpu  1 2 3\n").is_err());
        assert!(machine_ticks("cpu0 1 2 3 4 5 6 7 8\n").is_err());
        assert!(machine_ticks("").is_err());
    }

    #[test]
    fn the_spread_ignores_single_outliers() {
        let mut times = vec![1.0; 40];
        assert_eq!(spread(&times), 0.0);
        times[7] = 50.0;
        assert_eq!(spread(&times), 0.0);
        times[..10].fill(1.5);
        assert_eq!(spread(&times), 0.5);
        assert_eq!(spread(&[]), f64::INFINITY);
    }

    /// A process that uses a processor until it is dropped.
    struct Busy(Child);

    impl Drop for Busy {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn a_run_next_to_busy_processes_is_not_quiet() {
        let processors = std::thread::available_parallelism().unwrap().get();
        let busy = (0..processors).map(|_| {
            let mut command = Command::new("sh");
            Busy(command.args(["-c", "while :; do :; done"]).spawn().unwrap())
        });
        let busy: Vec<Busy> = busy.collect();
        let mut watch = Watch::start().unwrap();
        // Until the counters of the kernel, which have a resolution of a hundredth of a second, have advanced far enough.
        while watch.probes.iter().sum::<f64>() < 0.3 {
            watch.probe();
        }
        let noise = watch.end().unwrap();
        drop(busy);
        assert!(noise.others > MAX_OTHERS, "{noise}");
        assert!(!noise.excesses().is_empty(), "{noise}");
    }
}
