//! The peers, and everybody together.

pub mod casbin;
pub mod cedar;
pub mod iam;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::engine::{Engine, linear, ours};
use pinpoint_iam_benches::workload::Workload;

/// Ours, three times: as text, as types, as types with the resource made from ids.
///
/// # Errors
///
/// When the workload cannot be loaded.
pub fn ours(workload: &Workload) -> Result<Vec<Box<dyn Engine + '_>>, Failure> {
    Ok(vec![
        Box::new(ours::Text::load(workload)?),
        Box::new(ours::Typed::load(workload)?),
        Box::new(ours::FromIds::load(workload)?),
    ])
}

/// The others, and the linear scan.
///
/// # Errors
///
/// When the workload cannot be loaded.
pub fn peers(workload: &Workload) -> Result<Vec<Box<dyn Engine + '_>>, Failure> {
    Ok(vec![
        Box::new(iam::Iam::load(workload)?),
        Box::new(cedar::Cedar::load(workload, cedar::Resources::Entities)?),
        Box::new(cedar::Cedar::load(workload, cedar::Resources::Texts)?),
        Box::new(casbin::Casbin::load(workload)?),
        Box::new(linear::Linear::load(workload)?),
    ])
}
