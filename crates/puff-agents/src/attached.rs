//! Those who talk to a session: a task for each connection, and what they see of the terminal.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

use crate::control::{Frame, Reply, Request};

/// How long a connection may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many pieces of output may wait for one who looks. Who is slower than that is let go, and may attach again.
const BEHIND: usize = 1024;

/// What a connection wants of the supervisor.
pub enum Command {
    /// Type these keys, and write the remark into the log.
    Type {
        /// The keys.
        keys: Vec<u8>,
        /// What the log tells of it, where it should.
        remark: Option<String>,
    },
    /// End the agent.
    Kill {
        /// Who wants that, and why.
        why: String,
    },
    /// Show the terminal to a client.
    Attach {
        /// The client.
        client: Client,
        /// Its columns and rows.
        size: (u16, u16),
    },
    /// A client has another number of columns and rows.
    Resize {
        /// The client.
        id: u64,
        /// Its columns and rows now.
        size: (u16, u16),
    },
    /// A client has left.
    Detach {
        /// The client.
        id: u64,
    },
}

/// A client that is attached to the terminal.
pub struct Client {
    id: u64,
    output: mpsc::Sender<Arc<[u8]>>,
}

/// All clients that are attached to the terminal.
pub struct Attached {
    commands: mpsc::Sender<Command>,
    clients: Vec<(Client, (u16, u16))>,
    size: (u16, u16),
    next: u64,
}

impl Attached {
    /// Returns none yet; what they want is sent to `commands`, and the terminal has this size without them.
    pub fn new(commands: mpsc::Sender<Command>, size: (u16, u16)) -> Attached {
        Attached { commands, clients: Vec::new(), size, next: 0 }
    }

    /// Hears what a connection wants, beside everything else.
    pub fn greet(&mut self, stream: UnixStream) {
        // The folder keeps others out; a socket that was handed on does not.
        let ours = stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::geteuid().as_raw());
        if ours {
            self.next += 1;
            tokio::spawn(converse(stream, self.commands.clone(), self.next));
        }
    }

    /// Adds a client, which is shown the screen first.
    pub fn add(&mut self, client: Client, size: (u16, u16), screen: Vec<u8>) {
        if client.output.try_send(screen.into()).is_ok() {
            self.clients.push((client, size));
        }
    }

    /// Removes a client.
    pub fn remove(&mut self, id: u64) {
        self.clients.retain(|(client, _)| client.id != id);
    }

    /// Records the columns and rows of a client.
    pub fn set_size(&mut self, id: u64, size: (u16, u16)) {
        self.clients.iter_mut().filter(|(client, _)| client.id == id).for_each(|(_, known)| *known = size);
    }

    /// Returns whether a client is attached.
    pub fn any(&self) -> bool {
        !self.clients.is_empty()
    }

    /// Returns the columns and rows that everybody can show; without anybody, as before.
    pub fn size(&mut self) -> (u16, u16) {
        let columns = self.clients.iter().map(|(_, (columns, _))| *columns).min();
        let rows = self.clients.iter().map(|(_, (_, rows))| *rows).min();
        if let (Some(columns), Some(rows)) = (columns, rows) {
            self.size = (columns.max(2), rows.max(2));
        }
        self.size
    }

    /// Shows everybody what was printed.
    pub fn show(&mut self, bytes: &[u8]) {
        if !self.clients.is_empty() {
            let bytes: Arc<[u8]> = bytes.into();
            self.clients.retain(|(client, _)| client.output.try_send(Arc::clone(&bytes)).is_ok());
        }
    }
}

async fn converse(stream: UnixStream, commands: mpsc::Sender<Command>, id: u64) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let mut line = Vec::new();
    let asked = (&mut read).take(2 << 20);
    tokio::pin!(asked);
    let heard = tokio::time::timeout(PATIENCE, asked.read_until(b'\n', &mut line)).await;
    let request = heard.is_ok().then(|| serde_json::from_slice::<Request>(&line).ok()).flatten();
    let command = match request {
        Some(Request::Send { text, remark }) => Command::Type { keys: text.into_bytes(), remark },
        Some(Request::Kill { why }) => Command::Kill { why },
        Some(Request::Attach { size }) => {
            if answer(&mut write, Reply::default()).await {
                attach(read, write, commands, id, size).await;
            }
            return;
        }
        None => {
            let refused = Some("this git-puff does not know the request".to_owned());
            answer(&mut write, Reply { refused }).await;
            return;
        }
    };
    let refused = commands.send(command).await.err().map(|_| "the session is ending".to_owned());
    answer(&mut write, Reply { refused }).await;
}

async fn answer(write: &mut OwnedWriteHalf, reply: Reply) -> bool {
    let mut line = serde_json::to_vec(&reply).unwrap_or_default();
    line.push(b'\n');
    write.write_all(&line).await.is_ok()
}

/// Copies output to the client and keys to the terminal, until either side leaves.
async fn attach(
    mut read: BufReader<OwnedReadHalf>,
    mut write: OwnedWriteHalf,
    commands: mpsc::Sender<Command>,
    id: u64,
    size: (u16, u16),
) {
    let (output, mut shown) = mpsc::channel::<Arc<[u8]>>(BEHIND);
    if commands.send(Command::Attach { client: Client { id, output }, size }).await.is_err() {
        return;
    }
    let show = async {
        while let Some(bytes) = shown.recv().await {
            if write.write_all(&bytes).await.is_err() {
                break;
            }
        }
    };
    let hear = async {
        let (mut come, mut buffer) = (Vec::new(), vec![0; 4096]);
        while let Ok(count @ 1..) = read.read(&mut buffer).await {
            come.extend_from_slice(&buffer[..count]);
            loop {
                let command = match Frame::take(&mut come) {
                    Ok(Some(Frame::Keys(keys))) => Command::Type { keys, remark: None },
                    Ok(Some(Frame::Size(columns, rows))) => Command::Resize { id, size: (columns, rows) },
                    Ok(None) => break,
                    Err(_) => return,
                };
                if commands.send(command).await.is_err() {
                    return;
                }
            }
        }
    };
    tokio::select! {
        () = show => {}
        () = hear => {}
    }
    let _ = commands.send(Command::Detach { id }).await;
}
