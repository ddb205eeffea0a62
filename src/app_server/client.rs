//! The handshake with an app server: a WebSocket over its Unix socket, and `initialize`.
//!
//! The protocol is that of `codex app-server generate-json-schema`: JSON-RPC without its version field, a message a
//! frame.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::session::control::short;

/// The id of the only request.
const REQUEST: u64 = 0;

/// The response to `initialize`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// Its user agent, which begins with a name and a version.
    pub user_agent: Option<String>,
    /// Its `CODEX_HOME`.
    pub codex_home: Option<String>,
}

impl Welcome {
    /// Returns the version in its user agent, such as `git-puff/0.169.0 (…)`: the client's name and the server's
    /// version.
    pub fn version(&self) -> Option<String> {
        let version = self.user_agent.as_deref()?.split_once('/')?.1.split_whitespace().next()?;
        Some(version.to_owned())
    }
}

/// Connects to a server's socket, initializes it, and disconnects.
///
/// # Errors
/// When the connection is refused, or no response comes within `limit`.
pub fn initialize(socket: &Path, limit: Duration, opt_out: &[String]) -> io::Result<Welcome> {
    let until = Instant::now() + limit;
    let (path, _link) = short(socket)?;
    let stream = UnixStream::connect(path)?;
    give_time(&stream, until)?;
    let (mut server, _) = tungstenite::client("ws://localhost/", stream).map_err(in_time)?;
    let capabilities = json!({ "optOutNotificationMethods": opt_out });
    let client = json!({ "name": "git-puff", "title": "git-puff", "version": env!("CARGO_PKG_VERSION") });
    let params = json!({ "clientInfo": client, "capabilities": capabilities });
    say(&mut server, &json!({ "id": REQUEST, "method": "initialize", "params": params }))?;
    let answer = hear(&mut server, until)?;
    say(&mut server, &json!({ "method": "initialized" }))?;
    let _ = server.close(None);
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Welcome { user_agent: text("userAgent"), codex_home: text("codexHome") })
}

fn say(server: &mut WebSocket<UnixStream>, message: &Value) -> io::Result<()> {
    server.send(Message::text(message.to_string())).map_err(in_time)
}

/// Waits for the response to the request, and ignores other messages.
fn hear(server: &mut WebSocket<UnixStream>, until: Instant) -> io::Result<Value> {
    loop {
        give_time(server.get_ref(), until)?;
        let Message::Text(text) = server.read().map_err(in_time)? else { continue };
        let message: Value = serde_json::from_str(&text)?;
        if message["id"] != REQUEST {
            continue;
        }
        let refused = message.pointer("/error/message").and_then(Value::as_str);
        return match (refused, message.get("result")) {
            (None, Some(result)) => Ok(result.clone()),
            (why, _) => Err(io::Error::other(format!("it refused: {}", why.unwrap_or("without a reason")))),
        };
    }
}

fn give_time(stream: &UnixStream, until: Instant) -> io::Result<()> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(timed_out());
    }
    stream.set_read_timeout(Some(left))?;
    stream.set_write_timeout(Some(left))
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no response within the time limit")
}

/// Converts an expired time limit, which a stream reports as `WouldBlock`.
fn in_time(failure: impl Into<Failure>) -> io::Error {
    match failure.into() {
        Failure::Late => timed_out(),
        Failure::Other(cause) => cause,
    }
}

enum Failure {
    Late,
    Other(io::Error),
}

impl From<tungstenite::Error> for Failure {
    fn from(error: tungstenite::Error) -> Failure {
        match error {
            tungstenite::Error::Io(cause)
                if matches!(cause.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
            {
                Failure::Late
            }
            tungstenite::Error::Io(cause) => Failure::Other(cause),
            other => Failure::Other(io::Error::other(other)),
        }
    }
}

impl<R: tungstenite::handshake::HandshakeRole> From<tungstenite::HandshakeError<R>> for Failure {
    fn from(error: tungstenite::HandshakeError<R>) -> Failure {
        match error {
            tungstenite::HandshakeError::Interrupted(_) => Failure::Late,
            tungstenite::HandshakeError::Failure(cause) => cause.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    /// Returns the result of a handshake with a fake server.
    fn greeted(serve: impl FnOnce(UnixStream) + Send + 'static, limit: Duration) -> io::Result<Welcome> {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let server = std::thread::spawn(move || serve(listener.accept().unwrap().0));
        let welcome = initialize(&socket, limit, &["thread/started".to_owned()]);
        let _ = server.join();
        welcome
    }

    fn answering(answer: Value) -> impl FnOnce(UnixStream) + Send {
        move |stream| {
            let mut client = tungstenite::accept(stream).unwrap();
            let asked: Value = serde_json::from_str(client.read().unwrap().to_text().unwrap()).unwrap();
            assert_eq!(asked["method"], "initialize");
            assert_eq!(asked["params"]["capabilities"]["optOutNotificationMethods"], json!(["thread/started"]));
            for message in [json!({ "method": "configWarning" }), answer] {
                client.send(Message::text(message.to_string())).unwrap();
            }
            let _ = client.read();
        }
    }

    #[test]
    fn a_server_says_who_it_is() {
        let answer = json!({ "id": 0, "result": { "userAgent": "git-puff/0.169.0 (x; y)", "codexHome": "/home/x" } });
        let welcome = greeted(answering(answer), LIMIT).unwrap();
        assert_eq!((welcome.version().as_deref(), welcome.codex_home.as_deref()), (Some("0.169.0"), Some("/home/x")));
        let refusal = greeted(answering(json!({ "id": 0, "error": { "code": 1, "message": "too old" } })), LIMIT);
        assert_eq!(refusal.unwrap_err().to_string(), "it refused: too old");
    }

    #[test]
    fn one_that_says_nothing_or_nonsense_is_not_waited_for_for_ever() {
        let silent = |stream| {
            let _held: UnixStream = stream;
            std::thread::sleep(Duration::from_millis(300));
        };
        let late = greeted(silent, Duration::from_millis(50)).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        let nonsense = |mut stream: UnixStream| io::Write::write_all(&mut stream, b"220 ready\r\n\r\n").unwrap();
        assert!(greeted(nonsense, LIMIT).is_err());
        assert!(greeted(drop, LIMIT).is_err());
    }
}
