//! A real `sshd` on loopback, with keys of its own, which lets a test repository in and runs git in that test repository's environment.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tcp_proxy::TcpProxy;
use super::test_repo::{TestRepo, run};

pub struct Ssh {
    door: TcpProxy,
    root: PathBuf,
}

impl Ssh {
    /// Serves this test repository, and tells its git how to get in: `GIT_SSH_COMMAND`.
    pub fn serve(repo: &mut TestRepo) -> Ssh {
        let folder = repo.path("ssh");
        fs::create_dir(&folder).expect("a folder");
        let path = |name: &str| folder.join(name).display().to_string();
        for key in ["host", "user"] {
            run(repo.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &path(key)])).ok();
        }
        let public = |key: &str| fs::read_to_string(path(key) + ".pub").expect("a public key");
        // Whoever comes in gets the test repository's environment, not the one of the user that the tests run as.
        let served = folder.join("served");
        let script = format!("#!/bin/sh\n{}exec sh -c \"$SSH_ORIGINAL_COMMAND\"\n", repo.exports());
        fs::write(&served, script).expect("a script");
        fs::set_permissions(&served, fs::Permissions::from_mode(0o755)).expect("permissions");
        let authorized = format!("command=\"{}\" {}", served.display(), public("user"));
        fs::write(path("authorized"), authorized).expect("a file");
        let config = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nPermitRootLogin yes\nPasswordAuthentication no\nUsePAM no\n\
             StrictModes no\nPidFile none\nLogLevel QUIET\n",
            path("host"),
            path("authorized")
        );
        fs::write(path("config"), config).expect("a configuration");
        // A folder that a package makes when its service starts, which need not have happened: sshd insists on it as root.
        let _ = fs::create_dir("/run/sshd");
        let (sshd, config) = (sshd(), path("config"));
        let door = TcpProxy::open(move || {
            let mut command = Command::new(&sshd);
            command.args(["-i", "-f", &config]);
            command
        });
        let known = format!("[127.0.0.1]:{} {}", door.port(), public("host"));
        fs::write(path("known"), known).expect("a file");
        let client = format!(
            "ssh -F none -i '{}' -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile='{}'",
            path("user"),
            path("known")
        );
        repo.set("GIT_SSH_COMMAND", &client);
        Ssh { door, root: repo.path("") }
    }

    /// The address of a repository of the test repository: `origin.git`, say.
    pub fn url(&self, repository: &str) -> String {
        format!("ssh://127.0.0.1:{}{}", self.door.port(), self.root.join(repository).display())
    }

    /// How many connections there were so far.
    pub fn connections(&self) -> usize {
        self.door.visits()
    }
}

/// sshd wants to be called by its whole path; a user's PATH need not have the folder.
fn sshd() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    let found = folders.map(|folder| folder.join("sshd")).find(|program: &PathBuf| Path::is_file(program));
    found
        .expect("there is no sshd, which pushes over ssh are tried with: install it ('apt-get install openssh-server')")
}
