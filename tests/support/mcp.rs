//! A client of the Model Context Protocol that says exactly what a test wants to be said.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use super::test_repo::{PATIENCE, TestRepo};

/// The newest version of the protocol that begins with a handshake.
pub const HANDSHAKE: &str = "2025-11-25";

/// The first version that has none.
pub const STATELESS: &str = "2026-07-28";

/// A client with a server of its own, `git-puff mcp`.
pub struct Client {
    pub child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    next: u64,
    /// The URIs of its roots; none when it knows of none.
    pub roots: Option<Vec<String>>,
    /// The notifications that came.
    pub heard: Vec<Value>,
    /// Answers that came before they were waited for.
    early: Vec<Value>,
    /// What each request says of itself, where the protocol has no handshake.
    stateless: bool,
}

impl Client {
    /// Starts a server in the clone, and shakes hands with it.
    pub fn new(repo: &TestRepo) -> Client {
        Client::with_roots(repo, None)
    }

    /// The same, for a client with these roots.
    pub fn with_roots(repo: &TestRepo, roots: Option<&[&Path]>) -> Client {
        let mut client = Client::silent(repo);
        client.roots = roots.map(|roots| roots.iter().map(|root| uri(root)).collect());
        client.shake_hands();
        client
    }

    /// A client of the version without a handshake.
    pub fn stateless(repo: &TestRepo, roots: Option<&[&Path]>) -> Client {
        let mut client = Client::silent(repo);
        client.roots = roots.map(|roots| roots.iter().map(|root| uri(root)).collect());
        client.stateless = true;
        client
    }

    /// A server with which nobody has spoken yet.
    pub fn silent(repo: &TestRepo) -> Client {
        Client::of(repo.command(env!("CARGO_BIN_EXE_git-puff")).arg("mcp"))
    }

    /// The server that this call starts.
    pub fn of(command: &mut Command) -> Client {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("git-puff runs");
        let out = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let stdin = child.stdin.take();
        Client { child, stdin, lines, next: 1, roots: None, heard: Vec::new(), early: Vec::new(), stateless: false }
    }

    /// `initialize` and `initialized`; answers what the server says of itself.
    pub fn shake_hands(&mut self) -> Value {
        let capabilities = if self.roots.is_some() { json!({"roots": {"listChanged": true}}) } else { json!({}) };
        let params = json!({"protocolVersion": HANDSHAKE, "capabilities": capabilities,
            "clientInfo": {"name": "test", "version": "0"}});
        let answer = self.request("initialize", params);
        self.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        answer["result"].clone()
    }

    /// Says a message.
    pub fn say(&mut self, message: &Value) {
        self.say_raw(format!("{message}\n").as_bytes());
    }

    /// Says bytes.
    pub fn say_raw(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("the client is not gone");
        stdin.write_all(bytes).and_then(|()| stdin.flush()).expect("the server listens");
    }

    /// Goes away, as a client does that ends.
    pub fn leave(&mut self) {
        self.stdin = None;
    }

    /// Asks without waiting for the answer; answers the number of the request.
    pub fn ask(&mut self, method: &str, mut params: Value) -> u64 {
        let id = self.next;
        self.next += 1;
        if self.stateless {
            let capabilities = if self.roots.is_some() { json!({"roots": {}}) } else { json!({}) };
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = STATELESS.into();
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
            params["_meta"]["io.modelcontextprotocol/clientInfo"] = json!({"name": "test", "version": "0"});
        }
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The next line of the server, as it comes.
    #[track_caller]
    pub fn line(&mut self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("the server answers")
    }

    /// The next message of the server that is no request of its own and no notification.
    #[track_caller]
    pub fn next(&mut self) -> Value {
        loop {
            let line = self.line();
            let message: Value = serde_json::from_str(&line).unwrap_or_else(|why| panic!("{why}: {line}"));
            match (message.get("method"), message.get("id")) {
                (Some(method), Some(id)) if method == "roots/list" => {
                    let roots = self.roots.iter().flatten().map(|uri| json!({"uri": uri})).collect::<Vec<_>>();
                    self.say(&json!({"jsonrpc": "2.0", "id": id, "result": {"roots": roots}}));
                }
                (Some(_), None) => self.heard.push(message),
                _ => return message,
            }
        }
    }

    /// The answer to a request.
    #[track_caller]
    pub fn answer(&mut self, id: u64) -> Value {
        if let Some(at) = self.early.iter().position(|message| message["id"] == id) {
            return self.early.remove(at);
        }
        loop {
            let message = self.next();
            if message["id"] == id {
                return message;
            }
            self.early.push(message);
        }
    }

    /// Asks, and answers the whole answer.
    #[track_caller]
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.answer(id)
    }

    /// The result of a call of a tool.
    #[track_caller]
    pub fn result(&mut self, tool: &str, args: Value) -> Value {
        let answer = self.request("tools/call", json!({"name": tool, "arguments": args}));
        assert!(answer["result"].is_object(), "{answer:#}");
        answer["result"].clone()
    }

    /// The document that a tool answers. It has to answer one.
    #[track_caller]
    pub fn call(&mut self, tool: &str, args: Value) -> Value {
        let result = self.result(tool, args);
        assert_ne!(result["isError"], true, "{result:#}");
        result["structuredContent"].clone()
    }

    /// Why a tool fails. It has to, with a hint.
    #[track_caller]
    pub fn complaint(&mut self, tool: &str, args: Value) -> String {
        let result = self.result(tool, args);
        assert_eq!(result["isError"], true, "{result:#}");
        let why = &result["structuredContent"];
        assert_eq!(why["schema"], "puff.error/1");
        assert!(why["hint"].is_string(), "{why:#}");
        let text = result["content"][0]["text"].as_str().unwrap_or_default();
        assert!(text.starts_with("error: ") && text.contains("\nhint: "), "{text}");
        format!("{}; {}", why["error"].as_str().unwrap_or_default(), why["hint"].as_str().unwrap_or_default())
    }

    /// The names of the tools that are listed.
    pub fn tools(&mut self) -> Vec<String> {
        let listed = self.request("tools/list", json!({}));
        let tools = listed["result"]["tools"].as_array().expect("tools");
        tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// Goes away; answers the exit code of the server, and what it said on standard error.
    #[track_caller]
    pub fn end(mut self) -> (Option<i32>, String) {
        self.leave();
        let mut said = String::new();
        let mut err = self.child.stderr.take().expect("stderr is piped");
        std::io::Read::read_to_string(&mut err, &mut said).expect("text");
        (self.child.wait().expect("it ends").code(), said)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder as a root is named.
pub fn uri(folder: &Path) -> String {
    format!("file://{}", folder.display())
}

/// The program of the inspector that `tests/run` installs.
pub fn inspector() -> PathBuf {
    installed("inspector/node_modules/.bin/mcp-inspector")
}

/// A Python that has the official SDK, as `tests/run` installs it.
pub fn python_with_sdk() -> PathBuf {
    installed("python-sdk/bin/python")
}

fn installed(what: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients").join(what);
    assert!(path.exists(), "'{what}' is missing: run the tests with tests/run, which installs it");
    path
}
