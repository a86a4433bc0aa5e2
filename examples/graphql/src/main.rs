//! Serves the example on loopback.

use std::error::Error;

use graphql_campaigns::{authorizer, router};
use pinpoint_iam::guard::Tags;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The team of every campaign except `secret` is blue.
    let tags = |arn: String| async move {
        let team = match arn.ends_with("/secret") {
            true => "red",
            false => "blue",
        };
        Ok([("team".to_owned(), team.to_owned())]
            .into_iter()
            .collect::<Tags>())
    };
    let authorizer = authorizer()?.resource_tags(tags).build()?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!(
        "try: curl -i -H 'authorization: Bearer ben' -H 'content-type: application/json' \
         -d '{{\"query\": \"{{ campaigns(app: \\\"demo\\\") {{ campaignId name }} }}\"}}' http://127.0.0.1:3000/graphql"
    );
    axum::serve(listener, router(authorizer)).await?;
    Ok(())
}
