//! Serves the example on loopback.

use std::error::Error;

use poem::Server;
use poem::listener::TcpListener;
use poem_campaigns::service;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "try: curl -i -H 'authorization: Bearer ben' http://127.0.0.1:3000/v1/apps/demo/campaigns/welcome"
    );
    let listener = TcpListener::bind("127.0.0.1:3000");
    Server::new(listener).run(service()?).await?;
    Ok(())
}
