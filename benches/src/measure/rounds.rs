//! Rounds in which every engine has one turn.
//!
//! Other work on the machine affects the engine that happens to be running. Therefore the thread's processor time is
//! measured instead of wall time, turns are short, every engine has one turn in each round, the order changes from
//! round to round, and the median over the rounds is reported.

use std::hint::black_box;
use std::time::Duration;

use super::Clock;
use crate::engine::Engine;

/// An engine to be timed.
pub struct Contestant<'a> {
    /// The engine.
    pub engine: &'a dyn Engine,
    /// The number of its questions.
    pub questions: usize,
}

/// Returns the median, or 0 for an empty slice.
pub fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.get(middle.wrapping_sub(1))) {
        (Some(upper), Some(lower)) if sorted.len().is_multiple_of(2) => (upper + lower) / 2.0,
        (Some(middle), _) => *middle,
        _ => 0.0,
    }
}

/// Returns the nanoseconds per decision: for each engine, one number per round.
///
/// A turn decides every question at least once, and repeats them for about `turn`.
pub fn interleave(contestants: &[Contestant<'_>], rounds: usize, turn: Duration) -> Vec<Vec<f64>> {
    let counts: Vec<usize> = contestants
        .iter()
        .map(|contestant| decisions_per_turn(contestant, turn))
        .collect();
    let mut results = vec![Vec::with_capacity(rounds); contestants.len()];
    for round in 0..rounds {
        for position in 0..contestants.len() {
            let index = (position + round) % contestants.len();
            let (Some(contestant), Some(&count), Some(result)) = (
                contestants.get(index),
                counts.get(index),
                results.get_mut(index),
            ) else {
                continue;
            };
            let took = time(contestant, count);
            result.push(nanoseconds(took) / count as f64);
        }
    }
    results
}

fn time(contestant: &Contestant<'_>, count: usize) -> Duration {
    let clock = Clock::start();
    black_box(contestant.engine.run(0, count));
    clock.elapsed()
}

fn decisions_per_turn(contestant: &Contestant<'_>, turn: Duration) -> usize {
    // The first pass warms up the caches and compiles what is compiled on first use.
    time(contestant, contestant.questions);
    let pass = nanoseconds(time(contestant, contestant.questions)).max(1.0);
    let passes = (nanoseconds(turn) / pass).clamp(1.0, 1e9);
    contestant.questions.saturating_mul(passes as usize)
}

fn nanoseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[]), 0.0);
    }
}
