//! Opens the browser.

use std::io;
use std::process::{Command, Stdio};
use std::thread;

/// Opens an address in the browser of the desktop.
pub(super) fn open(address: &str) -> io::Result<()> {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut child = Command::new(program)
        .args(arguments)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Without this, the process would remain in the table of processes after its end.
    thread::spawn(move || child.wait());
    Ok(())
}
