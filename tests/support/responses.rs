//! A loopback stand-in of a Responses service, for tests that drive the real `codex exec` and `codex`.
//!
//! What the model would say is decided by the test, from the request: so any number of sessions can talk to it at once,
//! and one that is resumed goes on where its history says.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// What the model does next.
pub enum Turn {
    /// Runs a command in the agent's shell.
    Run(String),
    /// Runs it, asking a person first to let it out of the sandbox.
    RunOutside(String),
    /// Calls a tool of a server that the client has.
    Call { server: &'static str, tool: String, args: Value },
    /// Says something, which ends the turn.
    Say(String),
}

/// What a request says of its conversation.
pub struct Conversation<'r> {
    request: &'r Value,
}

impl Conversation<'_> {
    fn items(&self) -> impl Iterator<Item = &Value> {
        self.request["input"].as_array().into_iter().flatten()
    }

    /// How many commands have been run since the last thing that a person said.
    pub fn steps(&self) -> usize {
        let items: Vec<_> = self.items().collect();
        let last = items.iter().rposition(|item| item["role"] == "user").unwrap_or(0);
        items[last..].iter().filter(|item| item["type"] == "function_call_output").count()
    }

    /// All that people said, in order, with what the client puts around it.
    pub fn said(&self) -> Vec<String> {
        let text = |item: &Value| {
            let parts = item["content"].as_array()?;
            Some(parts.iter().filter_map(|part| part["text"].as_str()).collect::<String>())
        };
        self.items().filter(|item| item["role"] == "user").filter_map(text).collect()
    }
}

type Script = dyn Fn(&Conversation<'_>) -> Turn + Send + Sync;

/// A running service. It ends with the process.
pub struct Responses {
    port: u16,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl Responses {
    /// Starts a service that answers as `script` says.
    pub fn start(script: impl Fn(&Conversation<'_>) -> Turn + Send + Sync + 'static) -> Responses {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, script): (_, Arc<Script>) = (Arc::clone(&requests), Arc::new(script));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, script) = (Arc::clone(&kept), Arc::clone(&script));
                std::thread::spawn(move || {
                    let _ = serve(stream, &kept, script.as_ref());
                });
            }
        });
        Responses { port, requests }
    }

    /// Points a `CODEX_HOME` at this service. `more` is added to the settings.
    pub fn write_config(&self, codex_home: &Path, more: &str) {
        let config = format!(
            "model = \"loopback\"\nmodel_provider = \"loopback\"\n{more}\n[model_providers.loopback]\n\
             name = \"loopback\"\nbase_url = \"http://127.0.0.1:{}/v1\"\nwire_api = \"responses\"\n\
             env_key = \"LOOPBACK_KEY\"\n",
            self.port
        );
        std::fs::create_dir_all(codex_home).expect("a folder");
        std::fs::write(codex_home.join("config.toml"), config).expect("a configuration");
    }

    /// All requests for an answer so far.
    pub fn requests(&self) -> Vec<Value> {
        self.requests.lock().expect("no test panicked here").clone()
    }
}

fn serve(stream: TcpStream, kept: &Mutex<Vec<Value>>, script: &Script) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let mut head = String::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
            head += &line;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        if !head.starts_with("POST") || !head.contains("/responses") {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")?;
            continue;
        }
        let request: Value = serde_json::from_slice(&body).unwrap_or_default();
        kept.lock().expect("no test panicked here").push(request.clone());
        let events = events(script(&Conversation { request: &request }));
        let text: String = events
            .iter()
            .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or("")))
            .collect();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\nconnection: keep-alive\r\n\r\n{text}",
            text.len()
        );
        stream.write_all(answer.as_bytes())?;
    }
}

fn events(turn: Turn) -> [Value; 3] {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let response = format!("resp_{number}");
    let call_of = |name: &str, arguments: Value| {
        json!({"type": "function_call", "id": format!("fc_{number}"), "call_id": format!("call_{number}"),
            "name": name, "arguments": arguments.to_string()})
    };
    let call = |arguments: Value| call_of("exec_command", arguments);
    let item = match turn {
        Turn::Run(cmd) => call(json!({"cmd": cmd})),
        Turn::RunOutside(cmd) => call(json!({"cmd": cmd, "sandbox_permissions": "require_escalated",
            "justification": "May I?"})),
        Turn::Call { server, tool, args } => {
            let mut item = call_of(&tool, args);
            item["namespace"] = format!("mcp__{server}").into();
            item
        }
        Turn::Say(text) => json!({"type": "message", "role": "assistant", "id": format!("msg_{number}"),
            "content": [{"type": "output_text", "text": text}]}),
    };
    [
        json!({"type": "response.created", "response": {"id": response}}),
        json!({"type": "response.output_item.done", "item": item}),
        json!({"type": "response.completed", "response": {"id": response, "usage": {"input_tokens": 100,
            "input_tokens_details": null, "output_tokens": 10, "output_tokens_details": null, "total_tokens": 110}}}),
    ]
}
