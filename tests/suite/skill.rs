//! `git puff skill`: what teaches agents, printed and installed.

use std::fs;

use crate::support::test_repo::TestRepo;

#[test]
fn the_skill_is_printed_and_installed_for_each_agent() {
    let mut repo = TestRepo::empty();
    let skill = repo.puff(&["skill"]).ok().stdout;
    assert!(skill.starts_with("---\nname: git-puff\ndescription: "), "{skill}");
    let read = |path: &str| fs::read_to_string(repo.path(path)).unwrap();
    let said = repo.puff(&["skill", "--install", "codex"]).ok().stdout;
    assert_eq!(said, format!("installed {}\n", repo.path("codex-home/skills/git-puff/SKILL.md").display()));
    let installed = read("codex-home/skills/git-puff/SKILL.md");
    assert!(installed.starts_with(&skill) && installed.len() > skill.len());
    assert!(repo.puff(&["skill", "--install", "codex"]).ok().stdout.starts_with("already up to date: "));
    repo.puff(&["skill", "--install", "claude"]).ok();
    assert_eq!(read("home/.claude/skills/git-puff/SKILL.md"), installed);
    repo.set("CLAUDE_HOME", &repo.path("claude").display().to_string());
    repo.puff(&["skill", "--install", "claude"]).ok();
    repo.puff(&["skill", "--install", "skills"]).ok();
    let read = |path: &str| fs::read_to_string(repo.path(path)).unwrap();
    assert_eq!(
        (read("claude/skills/git-puff/SKILL.md"), read("skills/git-puff/SKILL.md")),
        (installed.clone(), installed)
    );
}

#[test]
fn without_a_name_the_first_agent_that_is_there_gets_it() {
    let mut repo = TestRepo::empty();
    assert!(repo.puff(&["skill", "--install"]).ok().stdout.contains("codex-home/skills/git-puff/SKILL.md"));
    repo.unset("CODEX_HOME");
    repo.puff(&["skill", "--install"]).exits(129).complains(&["CODEX_HOME and CLAUDE_HOME are unset"]);
    fs::create_dir(repo.path("home/.claude")).unwrap();
    assert!(repo.puff(&["skill", "--install"]).ok().stdout.contains("home/.claude/skills/git-puff/SKILL.md"));
    repo.unset("HOME");
    repo.puff(&["skill", "--install", "codex"]).exits(128).complains(&["HOME is not set"]);
}

#[test]
fn an_older_skill_is_replaced_and_a_users_file_is_not() {
    let repo = TestRepo::empty();
    repo.puff(&["skill", "--install", "codex"]).ok();
    let file = repo.path("codex-home/skills/git-puff/SKILL.md");
    let ours = fs::read_to_string(&file).unwrap();
    // Another version of ours: another text, with its digest below.
    let older = {
        use sha2::{Digest, Sha256};
        let text = "---\nname: git-puff\n---\nOlder.\n";
        let mark = ours.lines().last().unwrap().rsplit_once(": ").unwrap().0.to_owned();
        let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{text}{mark}: {digest} -->\n")
    };
    fs::write(&file, older).unwrap();
    assert!(repo.puff(&["skill", "--install", "codex"]).ok().stdout.starts_with("updated "));
    assert_eq!(fs::read_to_string(&file).unwrap(), ours);
    let edited = ours.replace("Never launch again", "Launch again");
    fs::write(&file, &edited).unwrap();
    repo.puff(&["skill", "--install", "codex"]).exits(1).complains(&["it was edited"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), edited);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    repo.puff(&["skill", "--install", "codex"]).exits(1).complains(&["cannot read"]);
    repo.puff(&["skill", "--install", "/dev/null"]).exits(1).complains(&["/dev/null"]);
}
