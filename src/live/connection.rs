//! A real connection: a thread that connects and reads lines until the other side hangs up.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::sync::mpsc::Sender;
use std::thread;

/// What a connection's thread tells the run.
pub(super) enum FromOutside {
    /// The attempt to connect ended so.
    Opened {
        address: String,
        result: Result<(), String>,
    },
    Line {
        address: String,
        line: String,
    },
    HungUp {
        address: String,
    },
}

/// Connects in a thread of its own, which ends with the connection.
pub(super) fn connect(address: &str, sender: Sender<FromOutside>) {
    let address = address.to_owned();
    thread::spawn(move || {
        // A run that is over no longer listens; there is nobody left to tell.
        let tell = |event| sender.send(event).is_ok();
        let stream = match TcpStream::connect(&address) {
            Ok(stream) => stream,
            Err(error) => {
                let result = Err(format!("java.net.ConnectException: {error}"));
                tell(FromOutside::Opened { address, result });
                return;
            }
        };
        tell(FromOutside::Opened { address: address.clone(), result: Ok(()) });
        let mut reader = BufReader::new(stream);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            // As a Java reader of UTF-8 does: what is no UTF-8 becomes U+FFFD.
            let text = String::from_utf8_lossy(&bytes);
            let line = text.trim_end_matches('\n').trim_end_matches('\r').to_owned();
            bytes.clear();
            if !tell(FromOutside::Line { address: address.clone(), line }) {
                return;
            }
        }
        tell(FromOutside::HungUp { address });
    });
}
