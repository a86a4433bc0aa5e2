//! Sends requests to a handler without a network, so that their instructions can be counted; for the target
//! `instructions`.

use std::net::{Ipv4Addr, SocketAddr};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{AUTHORIZATION, HOST, USER_AGENT};
use axum::response::Response;
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::service::{TOKEN, allowed_path, router};
use tower_service::Service;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [prefix, count] = arguments.as_slice() else {
        return Err("expected `with|less COUNT`".into());
    };
    let path = format!("/{prefix}/{}", allowed_path()?);
    let mut router = router()?;
    // Do not count what is created on first use.
    if !answer(&mut router, request(&path)?)?.status().is_success() {
        return Err("the request did not succeed".into());
    }
    let count = count.parse()?;
    let requests = (0..count).map(|_| request(&path));
    let requests = requests.collect::<Result<Vec<_>, _>>()?;
    counted(&mut router, requests)?;
    println!("{count} requests");
    Ok(())
}

fn request(path: &str) -> Result<Request, Failure> {
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1024));
    Ok(Request::get(path)
        .header(HOST, "localhost")
        .header(AUTHORIZATION, TOKEN)
        .header(USER_AGENT, "campaign-console/4.2")
        .extension(ConnectInfo(peer))
        .body(Body::empty())?)
}

/// The function whose instructions are counted, by its name.
#[inline(never)]
fn counted(router: &mut Router, requests: Vec<Request>) -> Result<(), Failure> {
    for request in requests {
        answer(router, request)?;
    }
    Ok(())
}

/// Without a network, the router never has to wait.
fn answer(router: &mut Router, request: Request) -> Result<Response, Failure> {
    let mut answer = Box::pin(Service::<Request>::call(router, request));
    match Future::poll(answer.as_mut(), &mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => Ok(response),
        Poll::Pending => Err("the router did not respond at once".into()),
    }
}
