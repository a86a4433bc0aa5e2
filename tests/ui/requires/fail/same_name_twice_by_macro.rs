//! A macro and its caller each bind the name: two variables to rustc, of which the check could only look at one.

#![allow(unused_variables)]

use axum::Extension;
use axum::extract::Path;
use pinpoint_iam::requires;

macro_rules! handler {
    ($name:ident, $id:ident) => {
        #[requires(GetApp)]
        async fn $name(
            Extension(application_id): Extension<String>,
            Path($id): Path<String>,
        ) -> String {
            $id
        }
    };
}

handler!(get_app, application_id);

fn main() {}
