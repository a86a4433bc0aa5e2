//! `fields_of` is an argument of the whole attribute, and only once.

use axum::extract::Path;
use pinpoint_iam::requires;

struct Ids {
    application_id: String,
}

#[requires(all(GetApp(fields_of = ids), GetApps))]
async fn in_parentheses(Path(ids): Path<Ids>) {}

#[requires(GetApp, fields_of = ids, fields_of = ids)]
async fn twice(Path(ids): Path<Ids>) {}

#[requires(GetApp, field_of = ids)]
async fn misspelled(Path(ids): Path<Ids>) {}

fn main() {}
