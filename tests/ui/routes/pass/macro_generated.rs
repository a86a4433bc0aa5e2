use axum::extract::Path;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, requires, routes};

macro_rules! handlers {
    ($($name:ident: $action:ident at $path:literal),* $(,)?) => {
        $(
            #[requires($action)]
            async fn $name(Path(application_id): Path<String>) -> String {
                application_id
            }
        )*

        fn all() -> Routes<Authorizer> {
            routes![$($path => $name),*]
        }
    };
}

handlers! {
    get_app: GetApp at "/v2/apps/{application-id}",
    delete_app: DeleteApp at "/v2/apps/{application-id}",
}

fn main() {
    all().check().unwrap();
}
