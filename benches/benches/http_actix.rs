//! Measures what `#[requires]` costs a service on actix-web:
//! `cargo bench -p pinpoint-iam-benches --features actix --bench http_actix`.
//!
//! The server process has one worker. It serves the same two routes as the target `http`.

use std::net::Ipv4Addr;

use actix_web::{App, HttpServer};
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::actix_service::Service;
use pinpoint_iam_benches::http_load::{SERVE, measure};

fn main() -> Result<(), Failure> {
    if std::env::args().any(|argument| argument == SERVE) {
        return serve();
    }
    measure("http_actix")
}

fn serve() -> Result<(), Failure> {
    let service = Service::load()?;
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(move || {
            let service = service.clone();
            App::new().configure(|config| service.configure(config))
        });
        let server = server.workers(1).bind((Ipv4Addr::LOCALHOST, 0))?;
        for address in server.addrs() {
            println!("{address}");
        }
        Ok(server.run().await?)
    })
}
