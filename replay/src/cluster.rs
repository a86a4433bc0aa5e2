//! Schedulers and workers of Ballista that know the functions and the table.
//!
//! If a worker stops, the scheduler runs its tasks on the others, including those whose results are lost with it.
//!
//! The processes trust each other, and their connections are not encrypted: use a private network.

use std::net::SocketAddr;
use std::sync::Arc;

use ballista::prelude::SessionContextExt as _;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::error::{BallistaError, Result};
use ballista_core::extension::SessionConfigExt as _;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::utils::default_session_builder;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::TcpListener;

use crate::codec::Codec;
use crate::functions::Functions;

/// The seconds between two messages of a worker.
const HEARTBEAT: u64 = 2;

/// Settings of a worker.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The host and the port of the scheduler.
    pub scheduler: (String, u16),
    /// The address for other workers and for clients. The scheduler passes it to them.
    pub address: SocketAddr,
    /// The port for the messages of the scheduler, at the same host.
    pub control_port: u16,
    /// The directory for intermediate results.
    pub directory: String,
    /// The number of tasks that run at the same time.
    pub threads: usize,
}

/// Runs a scheduler that accepts connections from `listener`, until it fails. A worker that is silent for `timeout` seconds
/// is considered lost; the least is 5.
///
/// # Errors
///
/// Fails if the scheduler cannot be started.
pub async fn scheduler(listener: TcpListener, functions: Functions, timeout: u64) -> Result<()> {
    let address = listener.local_addr()?;
    let codec = Arc::new(Codec::default());
    let timeout = timeout.max(2 * HEARTBEAT + 1);
    let config = SchedulerConfig {
        external_host: address.ip().to_string(),
        bind_host: address.ip().to_string(),
        bind_port: address.port(),
        scheduling_policy: TaskSchedulingPolicy::PushStaged,
        executor_timeout_seconds: timeout,
        expire_dead_executor_interval_seconds: HEARTBEAT,
        no_executors_grace_period_seconds: timeout,
        override_session_builder: Some(Arc::new(move |config| {
            let mut state = default_session_builder(config)?;
            functions.register(&mut state)?;
            Ok(state)
        })),
        override_logical_codec: Some(codec.clone()),
        override_physical_codec: Some(codec),
        ..SchedulerConfig::default()
    };
    config.validate()?;
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let scheduler =
        create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await?;
    start_grpc_service_with_listener(listener, scheduler).await
}

/// Runs a worker until the process gets a signal to end. Calls `observer` with the name of each log file before it reads a
/// part of it.
///
/// # Errors
///
/// Fails if the scheduler cannot be reached.
pub async fn worker(
    settings: Worker,
    functions: &Functions,
    observer: impl Fn(&str) + Send + Sync + 'static,
) -> Result<()> {
    let codec = Arc::new(Codec::default().with_observer(observer));
    let mut registry = BallistaFunctionRegistry::default();
    for function in [functions.decide(), functions.compare()] {
        let name = function.name().to_owned();
        registry.scalar_functions.insert(name, Arc::clone(function));
    }
    let (scheduler_host, scheduler_port) = settings.scheduler;
    let config = ExecutorProcessConfig {
        bind_host: settings.address.ip().to_string(),
        external_host: Some(settings.address.ip().to_string()),
        port: settings.address.port(),
        grpc_port: settings.control_port,
        task_scheduling_policy: TaskSchedulingPolicy::PushStaged,
        scheduler_host,
        scheduler_port,
        vcores: settings.threads,
        work_dir: Some(settings.directory),
        executor_heartbeat_interval_seconds: HEARTBEAT,
        override_function_registry: Some(Arc::new(registry)),
        override_logical_codec: Some(codec.clone()),
        override_physical_codec: Some(codec),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await
}

/// Creates a session that runs queries on the cluster of the scheduler at this URL, such as `df://127.0.0.1:50050`.
///
/// # Errors
///
/// Fails if the URL is not valid.
pub async fn session(scheduler: &str) -> Result<SessionContext> {
    let codec = Arc::new(Codec::default());
    let config = SessionConfig::new_with_ballista()
        .with_ballista_logical_extension_codec(codec.clone())
        .with_ballista_physical_extension_codec(codec);
    let state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(config)
        .build();
    SessionContext::remote_with_state(scheduler, state)
        .await
        .map_err(|error| BallistaError::DataFusionError(Box::new(error)))
}
