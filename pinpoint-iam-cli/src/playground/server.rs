//! A server for the files of the page.
//!
//! It is not a general server: it has a list of files, answers one request on each connection, and never opens a file.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The maximum length of the head of a request.
const LONGEST_HEAD: usize = 16 << 10;
/// The maximum number of connections at a time.
const MOST_CONNECTIONS: usize = 64;
/// The time that a client has for a request, and for each part of the response.
const PATIENCE: Duration = Duration::from_secs(10);

/// The page, and what all of its responses have in common.
pub(super) struct Site {
    files: &'static [(&'static str, &'static [u8])],
    /// The values of `Host` that name this server. Any other is the name of a different site, whose owner lets it resolve
    /// to the loopback interface (DNS rebinding).
    hosts: [String; 2],
    /// The Content-Security-Policy of the page.
    security_policy: String,
}

/// A response without headers that all responses have.
struct Response {
    status: &'static str,
    content_type: &'static str,
    content: &'static [u8],
}

impl Response {
    const fn error(status: &'static str) -> Self {
        Self {
            status,
            content_type: "text/plain",
            content: status.as_bytes(),
        }
    }
}

impl Site {
    /// Returns `None` if there is no page, or if it has no Content-Security-Policy.
    pub(super) fn new(files: &'static [(&'static str, &'static [u8])], port: u16) -> Option<Self> {
        let (_, page) = files.iter().find(|(name, _)| *name == INDEX)?;
        let policy = security_policy(std::str::from_utf8(page).ok()?)?;
        Some(Self {
            files,
            hosts: [format!("127.0.0.1:{port}"), format!("localhost:{port}")],
            // This directive has an effect in a header only.
            security_policy: format!("{policy}; frame-ancestors 'none'"),
        })
    }

    /// Serves the files until the program ends.
    pub(super) fn serve(&self, listener: &TcpListener) {
        let connections = AtomicUsize::new(0);
        thread::scope(|scope| {
            for stream in listener.incoming() {
                // A connection that failed before it was accepted.
                let Ok(stream) = stream else { continue };
                if connections.fetch_add(1, Ordering::Relaxed) >= MOST_CONNECTIONS {
                    connections.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
                let connections = &connections;
                scope.spawn(move || {
                    // A client that ends the connection early does not concern the others.
                    let _ = self.answer(stream);
                    connections.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
    }

    fn answer(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_write_timeout(Some(PATIENCE))?;
        let head = read_head(&mut stream)?;
        let head = Head::parse(&head);
        let response = match &head {
            Some(head) => self.respond(head),
            None => Response::error("400 Bad Request"),
        };
        let Response {
            status,
            content_type,
            content,
        } = response;
        write!(
            stream,
            "HTTP/1.1 {status}\r\n\
             Content-Type: {content_type}\r\n\
             Content-Length: {}\r\n\
             Content-Security-Policy: {}\r\n\
             X-Content-Type-Options: nosniff\r\n\
             Referrer-Policy: no-referrer\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\n\
             Cache-Control: no-store\r\n\
             Connection: close\r\n\r\n",
            content.len(),
            self.security_policy
        )?;
        if head.is_none_or(|head| head.method != "HEAD") {
            stream.write_all(content)?;
        }
        stream.flush()
    }

    fn respond(&self, head: &Head<'_>) -> Response {
        let is_known = |host: &str| {
            self.hosts
                .iter()
                .any(|known| known.eq_ignore_ascii_case(host))
        };
        let [host] = head.hosts.as_slice() else {
            return Response::error("400 Bad Request");
        };
        if !is_known(host) {
            return Response::error("421 Misdirected Request");
        }
        if !matches!(head.method, "GET" | "HEAD") {
            return Response::error("405 Method Not Allowed");
        }
        let name = match head.target {
            "/" => INDEX,
            target => target.strip_prefix('/').unwrap_or_default(),
        };
        match self.files.iter().find(|(known, _)| *known == name) {
            Some((name, content)) => Response {
                status: "200 OK",
                content_type: content_type(name),
                content,
            },
            None => Response::error("404 Not Found"),
        }
    }
}

/// The file that is served at `/`.
const INDEX: &str = "index.html";

/// The head of a request.
struct Head<'a> {
    method: &'a str,
    target: &'a str,
    /// The values of the header `Host`.
    hosts: Vec<&'a str>,
}

impl<'a> Head<'a> {
    fn parse(head: &'a [u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target, version) = (first.next()?, first.next()?, first.next()?);
        if !version.starts_with("HTTP/1.") || first.next().is_some() {
            return None;
        }
        let mut hosts = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(':')?;
            if name.eq_ignore_ascii_case("host") {
                hosts.push(value.trim());
            }
        }
        Some(Self {
            method,
            target,
            hosts,
        })
    }
}

/// Reads up to the empty line after the headers. A head that is too long, or takes too long, is an error.
fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let end = Instant::now() + PATIENCE;
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while head.len() <= LONGEST_HEAD {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if let Some(length) = head.windows(4).position(|part| part == b"\r\n\r\n") {
            head.truncate(length);
            return Ok(head);
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// The policy in the page's own `<meta>` element, so that there is only one.
fn security_policy(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<meta http-equiv=\"Content-Security-Policy\" content=\"")?;
    let (policy, _) = rest.split_once('"')?;
    Some(policy)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        Some((_, "wasm")) => "application/wasm",
        _ => "application/octet-stream",
    }
}
