//! The middleware in an actix-web server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;

use actix_web::{App, HttpServer, web};
use pinpoint_iam::requires;
use pinpoint_iam::web::actix::{Path, guarded};
use pinpoint_iam_sigv4::Verifier;
use pinpoint_iam_sigv4::actix::SigV4;

use crate::request::Request;
use crate::servers::{authorizer, check, find_key, responds, verifier};

#[requires(GetCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{campaign_id} of {application_id}")
}

#[requires(UpdateCampaign, request_tags = none)]
async fn update_campaign(
    Path((application_id, campaign_id)): Path<(String, String)>,
    body: String,
) -> String {
    drop((application_id, campaign_id));
    body
}

/// Starts a server on a thread of its own, which ends with the process.
fn serve(verifier: Verifier) -> SocketAddr {
    let sigv4 = SigV4::new(verifier, find_key);
    let authorizer = authorizer();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let campaign = web::resource("/apps/{application_id}/campaigns/{campaign_id}")
                    .route(web::get().to(guarded(get_campaign)))
                    .route(web::put().to(guarded(update_campaign)));
                App::new()
                    .app_data(authorizer.clone())
                    .service(web::scope("/v1").wrap(sigv4.clone()).service(campaign))
            });
            let server = server
                .workers(1)
                .disable_signals()
                .bind((Ipv4Addr::LOCALHOST, 0))
                .unwrap();
            sender.send(server.addrs()[0]).unwrap();
            server.run().await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

#[test]
fn verifies_requests_of_a_scope() {
    check(serve(verifier()));
}

#[test]
fn rejects_requests_without_a_signature_on_request() {
    let address = serve(verifier().reject_anonymous());
    let request = Request::new("GET", "/v1/apps/a1/campaigns/c1").with_header("host", "a");
    let code = "MissingAuthenticationTokenException";
    responds(address, &request, 403, code);
}
