//! A port on loopback behind which every connection gets a program of its own, as `inetd` does it. The port is the
//! system's choice, so test repositories are never in each other's way.

use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// Open until it is dropped; then whoever is still inside is shown out.
pub struct TcpProxy {
    port: u16,
    closed: Arc<AtomicBool>,
    visits: Arc<AtomicUsize>,
    porter: Option<JoinHandle<()>>,
}

impl TcpProxy {
    /// Opens it: `program` makes the call that answers a connection, which it has as standard input and output.
    pub fn open(program: impl Fn() -> Command + Send + 'static) -> TcpProxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (closed, visits) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let porter = std::thread::spawn({
            let (closed, visits) = (Arc::clone(&closed), Arc::clone(&visits));
            move || {
                let mut inside: Vec<Child> = Vec::new();
                for visitor in listener.incoming() {
                    if closed.load(Ordering::SeqCst) {
                        break;
                    }
                    visits.fetch_add(1, Ordering::SeqCst);
                    let visitor = visitor.expect("a connection");
                    let (input, output) = (visitor.try_clone().expect("a connection"), visitor);
                    let mut program = program();
                    let program = program.stdin(OwnedFd::from(input)).stdout(OwnedFd::from(output));
                    inside.push(program.stderr(Stdio::null()).spawn().expect("it runs"));
                    inside.retain_mut(|child| !matches!(child.try_wait(), Ok(Some(_))));
                }
                for mut child in inside {
                    let _ = child.kill();
                    let _ = child.wait();
                }
            }
        });
        TcpProxy { port, closed, visits, porter: Some(porter) }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections there were so far.
    pub fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // A last visitor, so that the porter looks up.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(porter) = self.porter.take() {
            let _ = porter.join();
        }
    }
}
