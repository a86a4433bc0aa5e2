//! The metrics of the process, in the format of Prometheus.

use std::fmt;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use pinpoint_iam::Authorizer;

/// The upper bounds of the histogram of decisions, in seconds.
const BOUNDS: [f64; 7] = [1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 1e-3, 1e-2];

/// What the process has counted.
#[derive(Clone)]
pub(crate) struct Prometheus {
    recorder: PrometheusHandle,
    authorizer: Authorizer,
}

/// Installs the recorder of the process, once.
///
/// # Errors
///
/// One line, if the process has another recorder.
pub(crate) fn install() -> Result<PrometheusHandle, String> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    let installed = RECORDER.get_or_init(|| {
        let build = || -> Result<PrometheusHandle, BuildError> {
            let durations = Matcher::Suffix("_duration_seconds".to_owned());
            PrometheusBuilder::new()
                .set_buckets_for_metric(durations, &BOUNDS)?
                .install_recorder()
        };
        build().map_err(|error| format!("cannot record metrics: {error}"))
    });
    installed.clone()
}

impl Prometheus {
    /// The metrics of `recorder`, to which those of `authorizer` belong.
    pub(crate) const fn new(recorder: PrometheusHandle, authorizer: Authorizer) -> Self {
        Self {
            recorder,
            authorizer,
        }
    }

    /// Returns the present values.
    pub(crate) fn read(&self) -> String {
        self.authorizer.report_metrics();
        self.recorder.run_upkeep();
        self.recorder.render()
    }
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Prometheus")
    }
}
