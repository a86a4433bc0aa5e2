use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::web::{Access, Annotated};
use pinpoint_iam::{Authorizer, public, routes};

#[public("  a plain one ")]
async fn plain() {}

#[public("not async",)]
fn not_async() -> std::future::Ready<&'static str> {
    std::future::ready("done")
}

#[public("parameters stay as they are")]
async fn parameters(
    State(_): State<Authorizer>,
    Path(id): Path<u8>,
    headers: HeaderMap,
    body: String,
) -> impl IntoResponse {
    format!("{id} {headers:?} {body}")
}

#[public("generic")]
async fn generic<T, const N: usize>() -> String
where
    T: Default + std::fmt::Display + Send + 'static,
{
    format!("{} {N}", T::default())
}

#[public("a raw identifier")]
async fn r#match() {}

#[cfg(any())]
#[public("not in this build")]
async fn nowhere() -> NoSuchType {}

#[cfg(all())]
#[public("in this build")]
async fn here() {}

mod one {
    #[pinpoint_iam::public("the one")]
    pub async fn same() {}
}

mod other {
    #[pinpoint_iam::public("the other")]
    pub async fn same() {}
}

macro_rules! public_handler {
    ($name:ident, $reason:literal) => {
        #[public($reason)]
        async fn $name() {}
    };
}

public_handler!(generated, "written by a macro");

fn main() {
    #[public("inside a function")]
    async fn inside() {}

    let routes: Routes<Authorizer> = routes![
        "GET /a" => plain,
        "GET /b" => not_async,
        "POST /c/{id}" => parameters,
        "GET /d" => generic::<u8, 3>,
        "GET /e" => r#match,
        "GET /f" => here,
        "GET /g" => one::same,
        "GET /h" => other::same,
        "GET /i" => generated,
        "GET /j" => inside,
    ];
    routes.check().unwrap();
    assert!(matches!(
        one::same::declaration().access,
        Access::Public { reason: "the one" }
    ));
    // Without a check, the function can be called directly.
    drop(plain());
}
