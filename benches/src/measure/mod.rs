//! Timing, counting, and process figures from the operating system.

mod clock;
mod noise;
pub mod process;
mod rounds;

pub use self::clock::Clock;
pub use self::noise::{Noise, Watch};
pub use self::rounds::{Contestant, interleave, median};
