//! Widgets of shops, for several tenants.

mod api;
mod callers;
mod store;
#[cfg(test)]
mod tests;

/// Generated from `catalog/acme.toml`.
mod widgets {
    pinpoint_iam::include_catalog!("widgets");
}

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use serde_json::json;
use tokio::net::TcpListener;

use crate::api::AppState;
use crate::store::Store;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).map(|port| port.parse());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.transpose()?.unwrap_or(8080)));
    let listener = TcpListener::bind(address).await?;

    let store = Store::default();
    store.write("tenant-7", "s1", "anvil", json!({ "colour": "black" }));
    store.write("tenant-8", "s1", "rocket", json!({ "colour": "red" }));
    let authorizer = callers::authorizer()?;
    let app = api::app(AppState { authorizer, store })?;

    announce(listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

fn announce(address: SocketAddr) {
    println!("listening on http://{address}\n\nroutes and the actions that they require:");
    for route in api::routes().table().iter() {
        let required = match route.declaration.requirement() {
            Some(required) => required
                .actions()
                .iter()
                .map(|it| it.action.to_string())
                .collect(),
            None => vec!["public".to_owned()],
        };
        println!("  {route}  {}", required.join(", "));
    }
    let anvil = format!("http://{address}/shops/s1/widgets/anvil");
    println!("\nallowed: a keeper reads and announces, a reader reads");
    println!("  curl -i -H 'Authorization: Bearer demo-ana' {anvil}");
    println!("  curl -i -X POST -H 'Authorization: Bearer demo-ana' {anvil}/announcement");
    println!("  curl -i -H 'Authorization: Bearer demo-ben' {anvil}");
    println!("\ndenied: a reader removes, a caller asks for another tenant's widget");
    println!("  curl -i -X DELETE -H 'Authorization: Bearer demo-ben' {anvil}");
    println!("  curl -i -H 'Authorization: Bearer demo-eve' -H 'x-tenant: tenant-7' {anvil}");
}
