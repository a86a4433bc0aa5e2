//! The process itself, on a path of our own. `catalog/campaigns.toml` has its action.

use pinpoint_iam::requires;

use super::respond::Text;
use crate::prometheus::Prometheus;

/// Reads the metrics of the process.
#[requires(campaigns::GetMetrics)]
pub(crate) async fn get_metrics(prometheus: Prometheus) -> Text {
    Text(prometheus.read())
}
