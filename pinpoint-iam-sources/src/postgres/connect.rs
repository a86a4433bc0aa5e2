//! Connections, regardless of whether they use TLS.

use std::error::Error as _;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Error, Socket};

/// The part of a connection that exchanges messages with the server. It makes progress only while it is polled.
pub(super) trait Messages: Send {
    /// Returns the next message that does not belong to a request; `None` when the connection is closed.
    fn poll_message(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<AsyncMessage, Error>>>;
}

impl<S, T> Messages for Connection<S, T>
where
    Self: Send,
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    fn poll_message(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<AsyncMessage, Error>>> {
        Self::poll_message(self, context)
    }
}

pub(super) type Connected = (Client, Box<dyn Messages>);
pub(super) type ConnectFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Connected, Error>> + Send + 'a>>;

/// Connects to the server.
pub(super) trait Connect: Send + Sync {
    fn connect<'a>(&'a self, config: &'a Config) -> ConnectFuture<'a>;
}

impl<T> Connect for T
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    fn connect<'a>(&'a self, config: &'a Config) -> ConnectFuture<'a> {
        Box::pin(async move {
            let (client, connection) = config.connect(self.clone()).await?;
            Ok((client, Box::new(connection) as Box<dyn Messages>))
        })
    }
}

/// Waits until the connection is closed.
pub(super) async fn closed(mut messages: Box<dyn Messages>) {
    poll_fn(|context| {
        loop {
            match messages.poll_message(context) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
}

/// Describes an error with its causes, of which `Display` shows only the first.
pub(super) fn describe(error: &Error) -> String {
    if let Some(database) = error.as_db_error() {
        let hint = database.hint();
        let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        return format!("{}{hint}", database.message());
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
