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

/// Returns the processor time of the main thread of process `id`, with nanosecond resolution.
///
/// # Errors
///
/// If the kernel does not record it.
pub fn main_thread_time(id: u32) -> Result<Duration, Failure> {
    let schedstat = fs::read_to_string(format!("/proc/{id}/task/{id}/schedstat"))?;
    let nanoseconds = schedstat
        .split_whitespace()
        .next()
        .ok_or("`schedstat` is empty")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

/// Returns the processor time of all child processes that have been waited for, and of their own children, in
/// hundredths of a second.
///
/// # Errors
///
/// If `/proc` does not exist.
pub fn children_time() -> Result<Duration, Failure> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The program's name is in parentheses and may contain any character, so fields are counted after it.
    let (_, fields) = stat
        .rsplit_once(") ")
        .ok_or("`/proc/self/stat` has no name")?;
    let ticks = fields
        .split_whitespace()
        .skip(13)
        .take(2)
        .map(str::parse::<u64>)
        .sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}
