//! Timing, counting, and what the operating system says.

mod clock;
pub mod process;
mod rounds;

pub use self::clock::Clock;
pub use self::rounds::{Contestant, interleave, median};
