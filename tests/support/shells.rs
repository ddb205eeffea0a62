//! Shells that somebody sits at: a line is typed, TAB is pressed, and the line is read again.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Child;

use pty_process::blocking::{self, Pty};

use super::test_repo::TestRepo;

/// What stands around the line when it is shown: typed in two parts, so that the typing does not look like it.
const SHOWN: (&str, &str) = ("<[", "]>");

/// A shell at a terminal.
pub struct Typist {
    terminal: Pty,
    shell: Child,
    seen: Vec<u8>,
}

impl Typist {
    /// A shell that has done what `begin` says; Control-G shows its line and empties it.
    fn start(repo: &TestRepo, program: &str, args: &[&str], begin: &str) -> Typist {
        let (terminal, pts) = blocking::open().expect("a terminal");
        terminal.resize(pty_process::Size::new(60, 100)).expect("a size");
        let mut command = blocking::Command::new(program);
        for (name, value) in repo.command(program).get_envs() {
            command = command.env(name, value.unwrap_or_default());
        }
        // The screen is read as a stream of words.
        let term = if program == "elvish" { "xterm" } else { "dumb" };
        let command = command.env("TERM", term).env("INPUTRC", "/dev/null").env("ZDOTDIR", repo.path("home"));
        let shell = command.args(args).current_dir(repo.work()).spawn(pts).expect("the shell runs");
        let mut typist = Typist { terminal, shell, seen: Vec::new() };
        typist.type_in(&format!("{begin}\r"));
        typist.until("ready.");
        typist
    }

    /// A bash that has read these files.
    pub fn bash(repo: &TestRepo, files: &[&Path]) -> Typist {
        let files: String = files.iter().map(|file| format!("source '{}'; ", file.display())).collect();
        let begin = format!(
            "{files}bind 'set bell-style none'; bind 'set page-completions off'; bind 'set completion-query-items 0'; \
             bind 'set enable-bracketed-paste off'; show() {{ printf '\\n%s%s%s\\n' '<' \"[$READLINE_LINE]\" '>'; \
             READLINE_LINE=; READLINE_POINT=0; }}; bind -x '\"\\C-g\": show'; echo 'ready''.'"
        );
        Typist::start(repo, "bash", &["--norc", "--noprofile", "-i"], &begin)
    }

    /// A zsh that looks for completions in this folder, too.
    pub fn zsh(repo: &TestRepo, folder: &Path) -> Typist {
        let begin = format!(
            "PS1='%# '; fpath=('{}' $fpath); autoload -U compinit; compinit -u -D; LISTMAX=10000; setopt no_beep; \
             show() {{ print -r -- \"<\"\"[$BUFFER]>\"; BUFFER=; zle -I }}; zle -N show; bindkey '^G' show; echo 'ready''.'",
            folder.display()
        );
        Typist::start(repo, "zsh", &["-f", "-i"], &begin)
    }

    /// An elvish that has read this file at its start.
    pub fn elvish(repo: &TestRepo, file: &Path) -> Typist {
        let script = std::fs::read_to_string(file).expect("a script");
        let show = "{ edit:close-mode; print '<['$edit:current-command']>' >/dev/tty; edit:replace-input '' }";
        let home = repo.path("home/.config/elvish");
        std::fs::create_dir_all(&home).expect("a folder");
        let keys = format!("set edit:insert:binding[Ctrl-G] = {show}\nset edit:completion:binding[Ctrl-G] = {show}\n");
        std::fs::write(home.join("rc.elv"), format!("{script}\n{keys}")).expect("a file");
        Typist::start(repo, "elvish", &[], "echo ready'.'")
    }

    fn type_in(&mut self, text: &str) {
        self.terminal.write_all(text.as_bytes()).expect("it takes what is typed");
    }

    /// Reads until these words are there, and answers all since the last time.
    #[track_caller]
    fn until(&mut self, words: &str) -> String {
        let mut buffer = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&self.seen).into_owned();
            if let Some(at) = text.find(words) {
                let (before, after) = text.split_at(at + words.len());
                self.seen = after.as_bytes().to_vec();
                return before.to_owned();
            }
            let count = self.terminal.read(&mut buffer).unwrap_or(0);
            assert!(count > 0, "'{words}' did not come: {text}");
            self.seen.extend_from_slice(&buffer[..count]);
        }
    }

    /// What becomes of a line when TAB is pressed behind it.
    #[track_caller]
    pub fn complete(&mut self, line: &str) -> String {
        self.press(line, "\t").1
    }

    /// What is offered for the end of a line: all that the terminal shows.
    #[track_caller]
    pub fn offers(&mut self, line: &str) -> String {
        self.press(line, "\t\t").0
    }

    #[track_caller]
    fn press(&mut self, line: &str, keys: &str) -> (String, String) {
        // A shell takes one key after another: what is shown is the line behind all of them.
        self.type_in(&format!("{line}{keys}\u{7}"));
        let before = self.until(SHOWN.0);
        let line = self.until(SHOWN.1);
        (before, line.trim_end_matches(SHOWN.1).to_owned())
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// What fish would offer for a line, each with its description.
pub fn fish(repo: &TestRepo, line: &str) -> String {
    let script = "complete -C \"$LINE\"";
    super::test_repo::run(repo.command("fish").env("LINE", line).args(["-c", script])).ok().stdout
}
