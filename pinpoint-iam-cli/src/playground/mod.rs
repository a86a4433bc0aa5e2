//! `pinpoint-iam playground`.

mod browser;
mod server;

use std::net::{Ipv4Addr, TcpListener};

use clap::Args;

use self::server::Site;
use crate::failure::Failure;

/// The files of the page, with their names.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/playground.rs"));

/// Opens the policy playground: a page that decides requests, and checks and compares policies in the browser.
///
/// The program serves the files of the page on the loopback interface, until it is stopped. The page sends nothing to it
/// or to anything else.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 1 if the program was built without the page or if the port cannot be used.

Example: pinpoint-iam playground")]
pub(crate) struct Arguments {
    /// The port; 0 is any free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Prints the address without opening a browser.
    #[arg(long)]
    no_open: bool,
}

/// Runs `pinpoint-iam playground`.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(format!(
            "error: cannot serve the playground on port {}: {error}",
            arguments.port
        ))
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let site = Site::new(FILES, port).ok_or_else(|| {
        Failure::new(
            "error: this program was built without the page of the playground; \
             `cargo xtask playground-program` in a clone of the repository builds it with the page",
        )
    })?;
    let address = format!("http://127.0.0.1:{port}/");
    println!("The playground is at {address} until this program is stopped.");
    if !arguments.no_open
        && let Err(error) = browser::open(&address)
    {
        eprintln!("warning: no browser could be opened: {error}");
    }
    site.serve(&listener);
    Ok(())
}
