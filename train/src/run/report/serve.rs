//! The page of a run over HTTP, for a browser on the same machine.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::html::{document, escape};
use super::page::page;
use super::results::Results;
use crate::TrainError;

/// The time between two loads of the page while the run goes on.
const REFRESH: Duration = Duration::from_secs(5);
/// The longest request.
const MOST_BYTES: usize = 8 << 10;
/// The time for a request to arrive and for an answer to leave.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most connections at a time.
const CONNECTIONS: usize = 16;

/// Serves the page of a run, made anew for each request, to programs on this machine. While the run goes on, a browser loads it again every five seconds.
#[derive(Debug)]
pub struct PageServer {
    listener: TcpListener,
    folder: PathBuf,
}

impl PageServer {
    /// Opens a port on the loopback address; 0 chooses a free one.
    ///
    /// # Errors
    /// Returns an error if the folder contains no run, or the port cannot be opened.
    pub fn open(folder: &Path, port: u16) -> Result<Self, TrainError> {
        Results::read(folder)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(address).map_err(|source| TrainError::Address { address, source })?;
        Ok(Self { listener, folder: folder.to_owned() })
    }

    /// The address for a browser: `http://127.0.0.1:8080/`.
    pub fn url(&self) -> String {
        self.listener.local_addr().map_or_else(|_| String::new(), |address| format!("http://{address}/"))
    }

    /// Answers requests until the process ends.
    pub fn serve(&self) -> ! {
        let open = Arc::new(AtomicUsize::new(0));
        loop {
            // A connection that fails does not concern the others.
            let Ok((stream, _)) = self.listener.accept() else { continue };
            if open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
                open.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let (folder, open) = (self.folder.clone(), Arc::clone(&open));
            std::thread::spawn(move || {
                let _ = answer(stream, &folder);
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }
}

/// The page of a run that may be going on.
fn live(folder: &Path) -> Result<String, TrainError> {
    let run = Results::read(folder)?;
    let refresh = run.summary.is_none().then_some(REFRESH);
    Ok(page(&run, refresh))
}

fn answer(mut stream: TcpStream, folder: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let Some(request) = request(&mut stream)? else {
        respond(&mut stream, "400 Bad Request", "no request", true)?;
        // Closing it with bytes unread would take the answer back.
        stream.shutdown(Shutdown::Write)?;
        return io::copy(&mut stream.take(MOST_BYTES as u64), &mut io::sink()).map(drop);
    };
    let mut words = request.lines().next().unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let body = method != "HEAD";
    if !["GET", "HEAD"].contains(&method) {
        return respond(&mut stream, "405 Method Not Allowed", "only GET and HEAD", body);
    }
    // A page of another site must not read this one under a name that it has pointed to this machine.
    if !request.lines().skip(1).any(is_local_host) {
        return respond(&mut stream, "403 Forbidden", "expected the host 127.0.0.1 or localhost", body);
    }
    match path {
        "/" => match live(folder) {
            Ok(page) => respond(&mut stream, "200 OK", &page, body),
            // The run is being started anew, perhaps.
            Err(error) => {
                let text = format!("<p>{}</p>\n", escape(&error.to_string()));
                respond(&mut stream, "503 Service Unavailable", &document("no run", &text, Some(REFRESH)), body)
            }
        },
        _ => respond(&mut stream, "404 Not Found", "the page is at /", body),
    }
}

/// The head of the request; `None` if it is too long or does not end.
fn request(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 1024]);
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut buffer)?;
        bytes.extend_from_slice(&buffer[..count]);
        if count == 0 || bytes.len() > MOST_BYTES {
            return Ok(None);
        }
    }
    Ok(String::from_utf8(bytes).ok())
}

/// Whether a line of the request is `Host:` with a name of this machine, with any port.
fn is_local_host(line: &str) -> bool {
    let Some((name, host)) = line.split_once(':') else { return false };
    let host = host.trim();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    name.eq_ignore_ascii_case("host") && ["127.0.0.1", "localhost"].contains(&host)
}

fn respond(stream: &mut TcpStream, status: &str, content: &str, with_body: bool) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Content-Security-Policy: default-src 'none'; img-src data:; style-src 'unsafe-inline'\r\nConnection: close\r\n\r\n",
        content.len()
    );
    stream.write_all(head.as_bytes())?;
    if with_body {
        stream.write_all(content.as_bytes())?;
    }
    stream.flush()
}
