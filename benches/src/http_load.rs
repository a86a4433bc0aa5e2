//! Rates of two routes of a server process that differ only in the attribute.
//!
//! The clients in this process keep the server's connections busy, alternating between the routes in short turns. If
//! `taskset` is available, the server runs on one processor and the clients on another.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::Failure;
use crate::measure::process::threads_time;
use crate::measure::{Watch, median};
use crate::report::{Table, figure, publish};
use crate::service::{TOKEN, allowed_path};

const ROUNDS: usize = 100;
const TURN: Duration = Duration::from_millis(200);
const CLIENTS: usize = 2;
const CONNECTIONS_OF_EACH: usize = 16;

/// The argument with which the executable of a target is the server.
pub const SERVE: &str = "serve";

/// Starts this executable again as the server, measures both routes, and publishes the figures as those of `target`.
///
/// The server prints its address as the first line of its output.
///
/// # Errors
///
/// If the server fails.
pub fn measure(target: &str) -> Result<(), Failure> {
    let watch = Watch::start()?;
    pin(std::process::id(), "1");
    let mut server = Server::start()?;
    let measured = rates(&server);
    // Its processor time counts as that of others before it has ended.
    server.process.kill()?;
    server.process.wait()?;
    let (rates, times) = measured?;
    report(target, watch, &rates, &times)
}

/// One series of figures for each route, the one without the attribute first.
type Series = [Vec<f64>; 2];

/// The server process.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start() -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(SERVE)
            .stdout(Stdio::piped())
            .spawn()?;
        pin(process.id(), "0");
        let output = process.stdout.take().ok_or("the server has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        match line.trim().parse() {
            Ok(address) => Ok(Self { process, address }),
            Err(_) => {
                process.kill()?;
                Err("the server did not start".into())
            }
        }
    }
}

/// Binds a process to a processor if `taskset` is available. Without it, the figures are noisier.
fn pin(process: u32, processor: &str) {
    let _ = Command::new("taskset")
        .args(["-cp", processor, &process.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

// The clients.

/// One client: its connections and the request that it sends.
struct Client {
    connections: Vec<TcpStream>,
}

impl Client {
    fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let connections = (0..CONNECTIONS_OF_EACH)
            .map(|_| {
                let connection = TcpStream::connect(address)?;
                connection.set_nodelay(true)?;
                Ok(connection)
            })
            .collect::<Result<_, Failure>>()?;
        Ok(Self { connections })
    }

    /// Sends requests on all connections and reads all responses, repeatedly, for the given time. Returns the number of
    /// responses.
    fn run(&mut self, request: &str, answer: usize, time: Duration) -> Result<usize, Failure> {
        let start = Instant::now();
        let mut buffer = vec![0; answer];
        let mut answered = 0;
        while start.elapsed() < time {
            for connection in &mut self.connections {
                connection.write_all(request.as_bytes())?;
            }
            for connection in &mut self.connections {
                connection.read_exact(&mut buffer)?;
                if !buffer.starts_with(b"HTTP/1.1 200 ") {
                    return Err(String::from_utf8_lossy(&buffer).into_owned().into());
                }
                answered += 1;
            }
        }
        Ok(answered)
    }
}

/// The request to one of the two routes.
struct Asked {
    request: String,
    /// The length of the response. It is the same for every request, because the format of the date is fixed.
    answer: usize,
}

impl Asked {
    fn new(address: SocketAddr, prefix: &str, path: &str) -> Result<Self, Failure> {
        let request = format!(
            "GET /{prefix}/{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {TOKEN}\r\nuser-agent: campaign-console/4.2\r\n\r\n"
        );
        let mut connection = TcpStream::connect(address)?;
        connection.write_all(request.as_bytes())?;
        // A response this short arrives in one read.
        let answer = connection.read(&mut [0; 4096])?;
        Ok(Self { request, answer })
    }
}

fn rates(server: &Server) -> Result<(Series, Series), Failure> {
    let path = allowed_path()?;
    let routes = [
        Asked::new(server.address, "less", &path)?,
        Asked::new(server.address, "with", &path)?,
    ];
    let mut clients = (0..CLIENTS)
        .map(|_| Client::connect(server.address))
        .collect::<Result<Vec<_>, _>>()?;
    let mut rates = [Vec::new(), Vec::new()];
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        for position in 0..routes.len() {
            let index = (position + round) % routes.len();
            let (Some(asked), Some(rates), Some(times)) = (
                routes.get(index),
                rates.get_mut(index),
                times.get_mut(index),
            ) else {
                continue;
            };
            let before = threads_time(server.process.id())?;
            let start = Instant::now();
            let answered = run_all(&mut clients, asked)? as f64;
            let rate = answered / start.elapsed().as_secs_f64();
            let used = threads_time(server.process.id())? - before;
            // The first round is a warm-up.
            if round > 0 {
                rates.push(rate);
                times.push(used.as_secs_f64() * 1e6 / answered);
            }
        }
    }
    Ok((rates, times))
}

fn run_all(clients: &mut [Client], asked: &Asked) -> Result<usize, Failure> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                scope.spawn(|| {
                    client
                        .run(&asked.request, asked.answer, TURN)
                        .map_err(|error| error.to_string())
                })
            })
            .collect();
        let mut answered = 0;
        for thread in threads {
            answered += thread.join().map_err(|_| "a client failed")??;
        }
        Ok(answered)
    })
}

fn report(target: &str, watch: Watch, rates: &Series, times: &Series) -> Result<(), Failure> {
    let [plain_rates, rates] = rates;
    let [plain_times, times] = times;
    let ratios: Vec<_> = rates
        .iter()
        .zip(plain_rates)
        .map(|(one, other)| one / other)
        .collect();
    let extra: Vec<_> = times
        .iter()
        .zip(plain_times)
        .map(|(one, other)| one - other)
        .collect();
    println!("W2, {CLIENTS} clients with {CONNECTIONS_OF_EACH} connections each; {ROUNDS} rounds");
    let mut table = Table::new([
        "",
        "requests/s",
        "to without",
        "server CPU, µs a request",
        "extra, µs",
    ]);
    table.row([
        "without `#[requires]`".to_owned(),
        figure(median(plain_rates)),
        String::new(),
        figure(median(plain_times)),
        String::new(),
    ]);
    table.row([
        "with `#[requires]`".to_owned(),
        figure(median(rates)),
        figure(median(&ratios)),
        figure(median(times)),
        figure(median(&extra)),
    ]);
    table.print();
    publish(
        watch,
        target,
        &json!({
            "requests_per_second_without": median(plain_rates),
            "requests_per_second_with": median(rates),
            "ratio": median(&ratios),
            "server_us_per_request_without": median(plain_times),
            "server_us_per_request_with": median(times),
            "extra_server_us_per_request": median(&extra),
        }),
    )
}
