//! Calls every route as it is served, as an unknown caller and as a caller without policies.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs, process};

use actix_web::test::init_service;
use actix_web::web;
use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;
use pinpoint_iam::testing::{Sweep, SweepCaller};
use pinpoint_iam_sigv4::actix::SigV4;

use crate::arguments::Settings;
use crate::callers::{Keys, verifier};
use crate::deployment::Deployment;
use crate::on_actix::app;
use crate::on_axum::{AppState, router};
use crate::origin::Origin;
use crate::routes;

/// The header of the caller without policies.
const UNPRIVILEGED: &str = "Bearer newcomer-0123456789";

/// A directory that is deleted after the test.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns the service's policies with one caller, to whom none of them is attached.
async fn deployment(framework: &str) -> (Scratch, Deployment) {
    let name = format!("campaigns-sweep-{framework}-{}", process::id());
    let scratch = Scratch(env::temp_dir().join(name));
    let Scratch(directory) = &scratch;
    fs::create_dir_all(directory).unwrap();
    let config = directory.join("callers.toml");
    let newcomer = "[[caller]]\nname = \"newcomer\"\ntoken = \"newcomer-0123456789\"\n\
        principal = \"arn:aws:iam::123456789012:user/newcomer\"\n";
    fs::write(&config, newcomer).unwrap();
    let deployment = Deployment::prepare(Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        admin: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: directory.join("data"),
        config,
        decision_log: None,
        policies: Origin::Directory(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")),
    });
    let deployment = deployment.await.unwrap();
    (scratch, deployment)
}

#[tokio::test]
async fn no_route_allows_unprivileged_callers_on_axum() {
    let (_scratch, deployment) = deployment("axum").await;
    let Deployment {
        authorizer,
        callers,
        store,
        prometheus,
        ..
    } = deployment;
    let scope = authorizer.scope().clone();
    let routes = routes::axum();
    let table = routes.table().clone();
    let state = AppState {
        authorizer,
        store,
        prometheus,
    };
    let router = router(routes, Arc::new(callers), state).unwrap();

    let swept = Sweep::new(&table)
        .in_scope(scope)
        .run_on_axum(&router, |request| {
            let token = HeaderValue::from_static(UNPRIVILEGED);
            request.headers_mut().insert(AUTHORIZATION, token);
        })
        .await
        .unwrap();
    assert_eq!(swept.calls(), 2 * table.iter().count());
    assert_eq!(swept.public().count(), 0);
}

#[tokio::test]
async fn no_route_allows_unprivileged_callers_on_actix() {
    let (_scratch, deployment) = deployment("actix").await;
    let Deployment {
        authorizer,
        callers,
        store,
        prometheus,
        ..
    } = deployment;
    let scope = authorizer.scope().clone();
    let routes = routes::actix();
    let table = routes.table().clone();
    let routes = routes.service().unwrap();
    let callers = web::Data::new(callers);
    let sigv4 = SigV4::new(verifier(), Keys(callers.clone().into_inner()));
    let app = init_service(app(routes, callers, sigv4, authorizer, store, prometheus)).await;

    let swept = Sweep::new(&table)
        .in_scope(scope)
        .run_on_actix(&app, |request, caller| {
            match caller {
                SweepCaller::Unprivileged => request.insert_header(("authorization", UNPRIVILEGED)),
                _ => request,
            }
            .to_request()
        })
        .await
        .unwrap();
    assert_eq!(swept.calls(), 2 * table.iter().count());
    assert_eq!(swept.public().count(), 0);
}
