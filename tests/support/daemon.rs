//! A real `git daemon` on loopback, which serves the bare repositories of a lab for reading and writing.

use super::tcp_proxy::TcpProxy;
use super::test_repo::TestRepo;

pub struct Daemon {
    door: TcpProxy,
}

impl Daemon {
    /// Serves every repository of this lab, in the environment that the lab has now.
    pub fn serve(lab: &TestRepo) -> Daemon {
        let (serving, root) = (lab.caller(), lab.path("."));
        let program = move || {
            let mut git = serving("git");
            git.args(["daemon", "--inetd", "--export-all", "--enable=receive-pack"]);
            git.arg(format!("--base-path={}", root.display()));
            git
        };
        Daemon { door: TcpProxy::open(program) }
    }

    /// The address of a repository of the lab: `origin.git`, say.
    pub fn url(&self, repository: &str) -> String {
        format!("git://127.0.0.1:{}/{repository}", self.door.port())
    }

    /// How many connections there were so far.
    pub fn connections(&self) -> usize {
        self.door.visits()
    }
}
