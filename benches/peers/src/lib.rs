//! Adapters for the other engines, and the lists of all engines.

pub mod casbin;
pub mod cedar;
pub mod iam;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::engine::pinpoint::{Form, Pinpoint};
use pinpoint_iam_benches::engine::{Engine, linear};
use pinpoint_iam_benches::workload::Workload;

/// Returns pinpoint-iam, once for every form of request.
///
/// # Errors
///
/// If the workload cannot be loaded.
pub fn pinpoint(workload: &Workload) -> Result<Vec<Box<dyn Engine + '_>>, Failure> {
    let mut engines: Vec<Box<dyn Engine + '_>> = Vec::new();
    for form in Form::ALL {
        engines.push(Box::new(Pinpoint::load(workload, form)?));
    }
    Ok(engines)
}

/// Returns the other engines and the linear scan.
///
/// # Errors
///
/// If the workload cannot be loaded.
pub fn peers(workload: &Workload) -> Result<Vec<Box<dyn Engine + '_>>, Failure> {
    Ok(vec![
        Box::new(iam::Iam::load(workload)?),
        Box::new(cedar::Cedar::load(workload, cedar::Resources::Entities)?),
        Box::new(cedar::Cedar::load(workload, cedar::Resources::Texts)?),
        Box::new(casbin::Casbin::load(workload)?),
        Box::new(linear::Linear::load(workload)?),
    ])
}
