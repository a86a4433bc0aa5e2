//! Measures what `#[requires]` costs a service on axum: `cargo bench --bench http`.
//!
//! One single-threaded server process serves two routes with the same authentication and the same path extractor; one
//! of them has the attribute. The policies are those of W2.

use std::net::{Ipv4Addr, SocketAddr};

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::http_load::{SERVE, measure};
use pinpoint_iam_benches::service::router;

fn main() -> Result<(), Failure> {
    if std::env::args().any(|argument| argument == SERVE) {
        return serve();
    }
    measure("http")
}

fn serve() -> Result<(), Failure> {
    let router = router()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).await?;
        Ok(())
    })
}
