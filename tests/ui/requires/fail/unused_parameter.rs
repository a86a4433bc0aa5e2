//! A parameter that neither the attribute nor the body uses is unused.
#![deny(unused_variables)]

use axum::extract::{Path, Query};
use pinpoint_iam::requires;

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>, Query(page): Query<u8>) {}

fn main() {}
