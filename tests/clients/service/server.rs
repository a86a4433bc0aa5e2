//! The service under test: the generated handlers for callers with signatures.

use std::env;
use std::error::Error;
use std::io::{self, BufRead};
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use pinpoint_iam::source::Directory;
use pinpoint_iam::web::{ErrorResponses, RouteErrors};
use pinpoint_iam::{Authorizer, Scope};
use tokio::net::TcpListener;

use crate::signatures::signatures;
use crate::skeleton;

/// Serves the policies of the folder in the first argument. Each line of the standard input loads them again.
#[tokio::main]
pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("usage: service FOLDER")?;
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(Directory::open(folder)?)
        .catalog(&crate::SERVICE)
        .error_responses(ErrorResponses::aws().with_type_in_body())
        .build()?;
    let app = app(authorizer.clone())?.into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let reloading = tokio::task::spawn_blocking(move || {
        for line in io::stdin().lock().lines() {
            line?;
            match authorizer.reload() {
                Ok(()) => println!("reloaded"),
                Err(error) => println!("{error}"),
            }
        }
        io::Result::Ok(())
    });
    Ok(reloading.await??)
}

fn app(authorizer: Authorizer) -> Result<Router, RouteErrors> {
    Ok(skeleton::app(authorizer)?
        .layer(map_response(succeed))
        .layer(signatures()))
}

/// A generated handler responds "not implemented": a request that reached it has succeeded.
async fn succeed(response: Response) -> Response {
    match response.status() {
        StatusCode::NOT_IMPLEMENTED => "{}".into_response(),
        _ => response,
    }
}
