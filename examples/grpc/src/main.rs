//! Starts the service on loopback, and calls it as three callers.

use std::error::Error;

use grpc_campaigns::proto::GetCampaignRequest;
use grpc_campaigns::proto::campaigns_client::CampaignsClient;
use grpc_campaigns::proto::campaigns_server::CampaignsServer;
use grpc_campaigns::{Service, authenticate, authorizer};
use pinpoint_iam::web::tonic::server;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Request;
use tonic::service::InterceptorLayer;
use tonic::transport::{Channel, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:50051").await?;
    println!(
        "campaigns.v1.Campaigns is served on {}",
        listener.local_addr()?
    );
    let service = Service::new(authorizer()?.build()?);
    let served = tokio::spawn(
        Server::builder()
            .layer(InterceptorLayer::new(authenticate))
            .add_service(server::<CampaignsServer<_>, _>(service))
            .serve_with_incoming(TcpListenerStream::new(listener)),
    );
    let channel = Channel::from_static("http://127.0.0.1:50051")
        .connect()
        .await?;
    let mut client = CampaignsClient::new(channel);
    for (caller, campaign) in [
        (None, "welcome"),
        (Some("ana"), "welcome"),
        (Some("ana"), "wel/come"),
        (Some("ben"), "welcome"),
        (Some("ben"), "secret"),
    ] {
        let mut request = Request::new(GetCampaignRequest {
            application_id: "demo".to_owned(),
            campaign_id: campaign.to_owned(),
        });
        if let Some(caller) = caller {
            let token = format!("Bearer {caller}").parse()?;
            request.metadata_mut().insert("authorization", token);
        }
        let outcome = match client.get_campaign(request).await {
            Ok(response) => format!("the campaign `{}`", response.into_inner().name),
            Err(status) => format!("{:?}: {}", status.code(), status.message()),
        };
        println!(
            "{:<9} GetCampaign {campaign:<9} {outcome}",
            caller.unwrap_or("anonymous")
        );
    }
    println!("press Ctrl-C to stop the service");
    served.await??;
    Ok(())
}
