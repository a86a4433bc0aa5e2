//! Calls a service of `tests/clients` with the AWS SDK for Rust. It is not part of the gate.
//!
//! After `tests/clients/run`, in the root of the repository:
//! `cargo run --manifest-path tests/clients/rust/Cargo.toml --target-dir target -- target/debug/mobiletargeting-service`

use std::env;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use aws_sdk_pinpoint::config::retry::RetryConfig;
use aws_sdk_pinpoint::config::{Credentials, Region};
use aws_sdk_pinpoint::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_pinpoint::{Client, Config};
use aws_smithy_http_client::Builder;

const KEY: &str = "AKIA000000000000";
/// The secret of every user, as in `signatures.rs` of the service.
const SECRET: &str = "the secret of every user of this test";

const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:GetCampaign",
    "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/demo/campaigns/welcome"}}"#;

/// What the client reports of a call: "allowed", or the error.
type Report = String;

/// The service, which ends with its standard input.
struct Service {
    process: Child,
    url: String,
}

impl Service {
    fn start(program: &str, policies: &Path) -> Result<Self, Box<dyn Error>> {
        fs::create_dir_all(policies)?;
        fs::write(policies.join("policy.json"), POLICY)?;
        let user = format!("arn:aws:iam::123456789012:user/{KEY}");
        let attachments = format!(r#"{{"users": {{"{user}": {{"policies": ["policy.json"]}}}}}}"#);
        fs::write(policies.join("attachments.json"), attachments)?;
        let mut process = Command::new(program)
            .arg(policies)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        let output = process.stdout.take().ok_or("the service has no output")?;
        BufReader::new(output).read_line(&mut url)?;
        let url = url.trim().to_owned();
        Ok(Self { process, url })
    }

    fn stop(mut self) -> Result<(), Box<dyn Error>> {
        drop(self.process.stdin.take());
        self.process.wait()?;
        Ok(())
    }
}

fn client(url: &str) -> Client {
    let config = Config::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(KEY, SECRET, None, None, "test"))
        .endpoint_url(url)
        .http_client(Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

fn report<T, E: ProvideErrorMetadata>(outcome: Result<T, SdkError<E>>) -> Report {
    match outcome {
        Ok(_) => "allowed".to_owned(),
        Err(error) => {
            let status = error
                .raw_response()
                .map(|response| response.status().as_u16());
            format!(
                "{} {} {}",
                status.unwrap_or_default(),
                error.code().unwrap_or_default(),
                error.message().unwrap_or_default()
            )
        }
    }
}

/// The denial of an action on a campaign, in AWS's words.
fn denied(action: &str, campaign: &str) -> Report {
    format!(
        "403 AccessDeniedException User: arn:aws:iam::123456789012:user/{KEY} is not authorized to perform: \
         mobiletargeting:{action} on resource: \
         arn:aws:mobiletargeting:us-east-1:123456789012:apps/demo/campaigns/{campaign} because no identity-based \
         policy allows the mobiletargeting:{action} action"
    )
}

async fn calls(client: &Client) -> Vec<(&'static str, Report, Report)> {
    let get = |campaign| {
        let call = client.get_campaign().application_id("demo");
        call.campaign_id(campaign).send()
    };
    let delete = client.delete_campaign().application_id("demo");
    let delete = delete.campaign_id("welcome").send();
    vec![
        (
            "the policy allows it",
            "allowed".to_owned(),
            report(get("welcome").await),
        ),
        (
            "another action",
            denied("DeleteCampaign", "welcome"),
            report(delete.await),
        ),
        (
            "another campaign",
            denied("GetCampaign", "goodbye"),
            report(get("goodbye").await),
        ),
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let program = env::args().nth(1).ok_or("usage: rust-client PROGRAM")?;
    let policies = env::temp_dir().join(format!("rust-client-{}", std::process::id()));
    let service = Service::start(&program, &policies)?;
    let found = calls(&client(&service.url)).await;
    service.stop()?;
    fs::remove_dir_all(&policies)?;
    let wrong = found
        .iter()
        .filter(|(_, expected, actual)| expected != actual);
    let mut count = 0;
    for (why, expected, actual) in wrong {
        println!("{why}: expected {expected}, got {actual}");
        count += 1;
    }
    println!(
        "{}/{} calls of the AWS SDK for Rust",
        found.len() - count,
        found.len()
    );
    Ok(if count == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
