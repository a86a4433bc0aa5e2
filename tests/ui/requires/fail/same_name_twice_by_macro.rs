//! A macro and its caller both bind the name. For rustc they are two variables, but the check could only use one.

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
