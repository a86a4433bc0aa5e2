use pinpoint_iam::public;

#[public("")]
async fn empty() {}

#[public(" ")]
async fn blank() {}

#[public(health)]
async fn no_literal() {}

#[public(reason = "health check")]
async fn named() {}

#[public("health check", "and more")]
async fn second() {}

#[public(concat!("health", "check"))]
async fn expression() {}

fn main() {}
