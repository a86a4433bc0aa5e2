//! An actix-web application that is called without a network.

#![allow(dead_code, reason = "not every test looks at everything")]

use std::future::Future;
use std::pin::Pin;

use actix_web::body::{self, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{Error, HttpResponse};

/// An application, ready to be called with a request and its body.
pub(crate) type Called = Pin<Box<dyn Future<Output = Answer>>>;

/// What the application answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of<B: MessageBody + 'static>(
        response: Result<HttpResponse<B>, Error>,
    ) -> Self {
        let response = response
            .map(HttpResponse::map_into_boxed_body)
            .unwrap_or_else(|error| error.error_response());
        let status = response.status();
        let headers = response.headers().clone();
        let bytes = body::to_bytes(response.into_body()).await.ok();
        Self {
            status,
            headers,
            text: String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned(),
        }
    }
}

/// Starts an application: a function from a `TestRequest` and a `Payload` to a [`Called`].
#[macro_export]
macro_rules! start {
    ($app:expr) => {{
        let service = ::std::rc::Rc::new(::actix_web::test::init_service($app).await);
        move |request: ::actix_web::test::TestRequest,
              principal: Option<::pinpoint_iam::Principal>,
              body: ::actix_web::dev::Payload|
              -> $crate::actix_app::Called {
            let service = ::std::rc::Rc::clone(&service);
            Box::pin(async move {
                let mut request = request.to_request();
                *request.payload() = body;
                if let Some(principal) = principal {
                    ::actix_web::HttpMessage::extensions_mut(&request).insert(principal);
                }
                let response = ::actix_web::dev::Service::call(&*service, request).await;
                let response = response.map(|response| response.into_parts().1);
                $crate::actix_app::Answer::of(response).await
            })
        }
    }};
}
