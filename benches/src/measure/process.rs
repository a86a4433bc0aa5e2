//! Figures about a process that Linux provides in `/proc`.

use std::fs;
use std::time::Duration;

use crate::Failure;

/// Returns the resident memory of this process, in bytes.
///
/// # Errors
///
/// If `/proc` does not exist.
pub fn resident_bytes() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("`/proc/self/status` has no `VmRSS`")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// Returns the processor time of the running threads of process `id`, with nanosecond resolution.
///
/// # Errors
///
/// If the kernel does not record it.
pub fn threads_time(id: u32) -> Result<Duration, Failure> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        let schedstat = fs::read_to_string(thread?.path().join("schedstat"))?;
        let first = schedstat.split_whitespace().next();
        nanoseconds += first.ok_or("`schedstat` is empty")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// Returns the processor time of all child processes that have been waited for, and of their own children, in
/// hundredths of a second.
///
/// # Errors
///
/// If `/proc` does not exist.
pub fn children_time() -> Result<Duration, Failure> {
    Ok(Duration::from_millis(children_ticks()? * 10))
}

/// The same in ticks.
pub(super) fn children_ticks() -> Result<u64, Failure> {
    ticks(13)
}

/// Returns the processor time of all threads of this process, in ticks.
pub(super) fn own_ticks() -> Result<u64, Failure> {
    ticks(11)
}

/// Adds up two neighbouring fields of this process, time in user mode and time in the kernel.
fn ticks(first: usize) -> Result<u64, Failure> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The program's name is in parentheses and may contain any character, so fields are counted after it.
    let (_, fields) = stat
        .rsplit_once(") ")
        .ok_or("`/proc/self/stat` has no name")?;
    let ticks = fields
        .split_whitespace()
        .skip(first)
        .take(2)
        .map(str::parse::<u64>);
    Ok(ticks.sum::<Result<_, _>>()?)
}
