//! An actix-web application that is called without a network.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test whose set-up fails has failed"
)]

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{self, MessageBody};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::{Error, HttpResponse, web};
use futures_core::Stream;
use pinpoint_iam_tests::answer::Answer;

/// The future response of an application.
pub(crate) type Called = Pin<Box<dyn Future<Output = Answer>>>;

/// Reads the response of an application.
pub(crate) async fn answer<B>(response: Result<HttpResponse<B>, Error>) -> Answer
where
    B: MessageBody + 'static,
{
    let response = response
        .map(HttpResponse::map_into_boxed_body)
        .unwrap_or_else(|error| error.error_response());
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let headers = response.headers().iter();
    Answer {
        status: response.status().as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
            .collect(),
        text: match body::to_bytes(response.into_body()).await {
            Ok(bytes) => text(&bytes),
            Err(_) => panic!("the response could not be read"),
        },
    }
}

/// A body that counts how often it is polled.
pub(crate) struct Watched {
    polls: Rc<Cell<usize>>,
    rest: Option<web::Bytes>,
}

impl Watched {
    /// Creates a body with this text.
    pub(crate) fn payload(text: &str, polls: &Rc<Cell<usize>>) -> Payload {
        let body = Self {
            polls: Rc::clone(polls),
            rest: Some(text.to_owned().into()),
        };
        Payload::Stream {
            payload: Box::pin(body),
        }
    }
}

impl Stream for Watched {
    type Item = Result<web::Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.polls.set(self.polls.get() + 1);
        Poll::Ready(self.rest.take().map(Ok))
    }
}

/// Starts an application: a function from a `TestRequest`, a `Principal` and a `Payload` to a [`Called`].
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
                $crate::actix_app::answer(response).await
            })
        }
    }};
}
