//! An archive of documents, for several organizations.

mod api;
mod callers;
mod facts;
mod store;
#[cfg(test)]
mod tests;

/// Generated from `catalog/archive.toml`.
mod archive {
    pinpoint_iam::include_catalog!("archive");
}

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use pinpoint_iam::guard::PageTokens;
use tokio::net::TcpListener;

use crate::api::AppState;
use crate::store::Store;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).map(|port| port.parse());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.transpose()?.unwrap_or(8080)));
    let listener = TcpListener::bind(address).await?;

    let store = Store::open()?;
    let authorizer = callers::authorizer(store.clone())?;
    let app = api::app(AppState {
        authorizer,
        store,
        tokens: PageTokens::random()?,
    })?;

    announce(listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

fn announce(address: SocketAddr) {
    println!("listening on http://{address}");
    println!("\nallowed: a list contains what the caller may read, and ana reads her secret");
    println!("  curl -i -H 'Authorization: Bearer demo-ben' http://{address}/documents?word=plan");
    println!("  curl -i -H 'Authorization: Bearer demo-ana' http://{address}/documents/merger");
    println!("\ndenied: ben reads ana's secret, and deletes a document that is not his");
    println!("  curl -i -H 'Authorization: Bearer demo-ben' http://{address}/documents/merger");
    println!(
        "  curl -i -H 'Authorization: Bearer demo-ben' -H 'Content-Type: application/json' \
         -d '{{\"ids\":[\"notes\",\"plan\"]}}' http://{address}/documents/deletions"
    );
}
