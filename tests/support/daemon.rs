//! A real `git daemon` on loopback, which serves the bare repositories of a test repository for reading and writing.

use super::tcp_proxy::TcpProxy;
use super::test_repo::TestRepo;

pub struct Daemon {
    door: TcpProxy,
}

impl Daemon {
    /// Serves every repository of this test repository, in the environment that the test repository has now.
    pub fn serve(repo: &TestRepo) -> Daemon {
        let (serving, root) = (repo.caller(), repo.path("."));
        let program = move || {
            let mut git = serving("git");
            git.args(["daemon", "--inetd", "--export-all", "--enable=receive-pack"]);
            git.arg(format!("--base-path={}", root.display()));
            git
        };
        Daemon { door: TcpProxy::open(program) }
    }

    /// The address of a repository of the test repository: `origin.git`, say.
    pub fn url(&self, repository: &str) -> String {
        format!("git://127.0.0.1:{}/{repository}", self.door.port())
    }

    /// How many connections there were so far.
    pub fn connections(&self) -> usize {
        self.door.visits()
    }
}
