//! Sends requests to a handler without a network, so that their instructions can be counted; for the target
//! `instructions`.

use axum::extract::Request;
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::service::InProcess;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [prefix, count] = arguments.as_slice() else {
        return Err("expected `with|less COUNT`".into());
    };
    let mut service = InProcess::new(prefix)?;
    let requests = service.requests(count.parse()?)?;
    counted(&mut service, requests)?;
    println!("{count} requests");
    Ok(())
}

/// The function whose instructions are counted, by its name.
#[inline(never)]
fn counted(service: &mut InProcess, requests: Vec<Request>) -> Result<(), Failure> {
    service.answer_all(requests)
}
