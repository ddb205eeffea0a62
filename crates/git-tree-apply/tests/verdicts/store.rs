//! The object store of the tests: a bare repository, by libgit2.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use git_tree_apply::parse::{self, FilePatch};
use git_tree_apply::{
    Applied, Drivers, Edit, Entry, EntryKind, MergeOutcome, Mode, Objects, Outcome, Verdict, Versions, apply_files,
    apply_in_mode, policy,
};
use git2::{Error, ObjectType};

use crate::judge::{self, Answer};

pub type Id = git2::Oid;

/// An open repository.
pub struct Store {
    repo: git2::Repository,
    git_dir: PathBuf,
}

impl Store {
    /// Opens a bare repository.
    pub fn open(path: &Path) -> Store {
        let git_dir: PathBuf = path.canonicalize().expect("a path");
        Store { repo: git2::Repository::open_bare(&git_dir).expect("a repository"), git_dir }
    }

    /// Writes a blob.
    pub fn put_blob(&self, bytes: &[u8]) -> Id {
        self.write_blob(bytes, None).expect("a blob")
    }

    /// Writes a tree of these entries.
    pub fn put_tree(&self, entries: Vec<(&[u8], Edit<Id>)>) -> Id {
        let empty = self.write_tree(&[]).expect("the empty tree");
        self.edit_tree(empty, entries).expect("a tree")
    }

    /// The object of this name.
    pub fn id(&self, digits: &str) -> Id {
        self.parse_id(digits).expect("the name of an object")
    }

    /// The tree of a commit, and the trees of its parents.
    pub fn trees_of(&self, commit: Id) -> (Id, Vec<Id>) {
        let commit = self.repo.find_commit(commit).expect("a commit");
        (commit.tree_id(), commit.parents().map(|parent| parent.tree_id()).collect())
    }

    /// What becomes of a patch.
    pub fn apply(&self, base: Id, patch: &[u8]) -> Answer {
        if parse::is_blank(patch) {
            return answer(Verdict::Unchanged(base));
        }
        match parse::parse_for(self.id_digits(), patch) {
            Ok(files) => {
                let drivers = GitDrivers::of(self, base, &files);
                let Applied { verdict, .. } = apply_files(self, base, &files, &drivers).expect("the tree can be read");
                answer(verdict)
            }
            Err(malformed) => answer(Verdict::Malformed(malformed)),
        }
    }

    /// What becomes of a patch in one way.
    pub fn apply_in(&self, base: Id, patch: &[u8], mode: Mode) -> judge::Verdict {
        let files = match parse::parse_for(self.id_digits(), patch) {
            Ok(files) => files,
            Err(malformed) => return judge::Verdict::Refused(malformed.to_string()),
        };
        let drivers = GitDrivers::of(self, base, &files);
        match apply_in_mode(self, base, &files, mode, &drivers).expect("the tree can be read") {
            Outcome::Tree(tree) => judge::Verdict::Tree(tree),
            Outcome::Refused(refusal) | Outcome::Unmerged(refusal) => judge::Verdict::Refused(refusal.to_string()),
            Outcome::Conflicts(_) => judge::Verdict::Conflict,
        }
    }

    fn git(&self, args: &[&str]) -> Command {
        let mut command = judge::git(&self.git_dir);
        let work = self.git_dir.join("work");
        command.env("GIT_INDEX_FILE", self.git_dir.join("drivers-index")).env("GIT_WORK_TREE", &work);
        command.current_dir(work).args(args);
        command
    }
}

fn answer(verdict: Verdict<Id>) -> Answer {
    let tree = verdict.tree();
    let text = |path: &Vec<u8>| String::from_utf8_lossy(path).into_owned();
    let (word, paths, reason) = match verdict {
        Verdict::Unchanged(_) => (judge::Word::Unchanged, Vec::new(), String::new()),
        Verdict::Applied(_) => (judge::Word::Applied, Vec::new(), String::new()),
        Verdict::Merged(_) => (judge::Word::Merged, Vec::new(), String::new()),
        Verdict::Conflict(paths) => (judge::Word::Conflict, paths.iter().map(text).collect(), String::new()),
        Verdict::Refused(refusal) => (judge::Word::Refused, vec![text(&refusal.path)], refusal.to_string()),
        Verdict::Malformed(malformed) => (judge::Word::Refused, Vec::new(), malformed.to_string()),
    };
    Answer { word, tree, paths, reason }
}

impl Objects for Store {
    type Id = Id;
    type Error = Error;

    fn id_digits(&self) -> usize {
        judge::digits_of(self.repo.object_format())
    }

    fn parse_id(&self, digits: &str) -> Option<Id> {
        let id = Id::from_str_ext(digits, self.repo.object_format()).ok();
        id.filter(|_| digits.len() == self.id_digits())
    }

    fn entries(&self, tree: Id) -> Result<Vec<Entry<Id>>, Error> {
        let entry = |entry: git2::TreeEntry<'_>| Entry {
            name: entry.name_bytes().to_vec(),
            kind: EntryKind::from_mode(entry.filemode().cast_unsigned()),
            oid: entry.id(),
        };
        Ok(self.repo.find_tree(tree)?.iter().map(entry).collect())
    }

    fn blob(&self, id: Id) -> Result<Vec<u8>, Error> {
        Ok(self.repo.find_blob(id)?.content().to_vec())
    }

    fn find_blob(&self, digits: &str) -> Option<Vec<u8>> {
        let id = Id::from_str_ext(digits, self.repo.object_format()).ok()?;
        let whole = self.repo.odb().ok()?.exists_prefix(id, digits.len()).ok()?;
        self.blob(whole).ok()
    }

    fn hash_blob(&self, bytes: &[u8]) -> Result<Id, Error> {
        Id::hash_object_ext(ObjectType::Blob, bytes, self.repo.object_format())
    }

    fn write_blob(&self, bytes: &[u8], _: Option<Id>) -> Result<Id, Error> {
        self.repo.blob(bytes)
    }

    fn write_tree(&self, entries: &[Entry<Id>]) -> Result<Id, Error> {
        let entry = |entry: &Entry<Id>| {
            [format!("{:o} ", entry.kind.mode()).as_bytes(), &entry.name, b"\0", entry.oid.as_bytes()].concat()
        };
        let bytes = entries.iter().flat_map(entry).collect::<Vec<u8>>();
        self.repo.odb()?.write(ObjectType::Tree, &bytes)
    }

    fn merge_texts(&self, base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<MergeOutcome, Error> {
        let input = |text| {
            let mut input = git2::MergeFileInput::new();
            input.content(text);
            input
        };
        let merged = git2::merge_file(&input(base), &input(ours), &input(theirs), None)?;
        let text = merged.is_automergeable().then(|| merged.content().to_vec());
        Ok(text.map_or(MergeOutcome::Conflict, MergeOutcome::Clean))
    }
}

/// The merge drivers of a repository: git reads the attributes of the tree, and runs the drivers.
struct GitDrivers<'s> {
    store: &'s Store,
    base: Id,
    paths: Vec<Vec<u8>>,
    own: std::cell::OnceCell<BTreeSet<Vec<u8>>>,
}

impl<'s> GitDrivers<'s> {
    fn of(store: &'s Store, base: Id, files: &[FilePatch<'_>]) -> GitDrivers<'s> {
        let names = files.iter().filter_map(|file| file.new_name.clone().or_else(|| file.old_name.clone()));
        let paths = names.filter(|name| policy::objection(name, false).is_none()).collect();
        GitDrivers { store, base, paths, own: std::cell::OnceCell::new() }
    }

    /// An index of the tree, from which git reads attributes, and the paths that are not merged as texts.
    fn own(&self) -> &BTreeSet<Vec<u8>> {
        self.own.get_or_init(|| {
            let _ = std::fs::remove_file(self.store.git_dir.join("drivers-index"));
            run(self.store.git(&["read-tree", &self.base.to_string()]), b"").expect("a tree");
            let paths: Vec<u8> = self.paths.iter().flat_map(|path| [path.as_slice(), b"\0"].concat()).collect();
            let said = run(self.store.git(&["check-attr", "--cached", "-z", "--stdin", "merge"]), &paths);
            let default = run(self.store.git(&["config", "--get", "merge.default"]), b"").is_some();
            let said = said.expect("git reads attributes");
            let fields: Vec<&[u8]> = said.split(|byte| *byte == 0).collect();
            let as_text = |value: &[u8]| value == b"set" || value == b"unspecified" && !default;
            let own = fields.chunks_exact(3).filter(|answer| !as_text(answer[2]));
            own.map(|answer| answer[0].to_vec()).collect()
        })
    }
}

impl Drivers<Error> for GitDrivers<'_> {
    fn wants(&self, path: &[u8]) -> Result<bool, Error> {
        Ok(self.own().contains(path))
    }

    fn merge(&self, path: &[u8], Versions { base, ours, theirs }: Versions<'_>) -> Result<MergeOutcome, Error> {
        let store = self.store;
        self.own();
        let (base, ours, theirs) = (store.repo.blob(base)?, store.repo.blob(ours)?, store.repo.blob(theirs)?);
        let is_attributes = path.rsplit(|byte| *byte == b'/').next() == Some(b".gitattributes");
        if is_attributes && store.entry(self.base, path)?.is_some_and(|there| there.oid != ours) {
            return Ok(MergeOutcome::Failed("the patch changes these attributes twice".to_owned()));
        }
        let entry = [format!("100644 {ours}\t").as_bytes(), path, b"\0"].concat();
        if run(store.git(&["update-index", "-z", "--add", "--index-info"]), &entry).is_none() {
            return Ok(MergeOutcome::Failed("git takes no such path".to_owned()));
        }
        let (old, new) = (quoted(b"a/", path), quoted(b"b/", path));
        // Both blobs are here: the patch need not hold their bytes.
        let patch = [
            [b"diff --git ", old.as_slice(), b" ", &new].concat(),
            format!("index {base}..{theirs} 100644").into_bytes(),
            [b"Binary files ", old.as_slice(), b" and ", &new, b" differ\n"].concat(),
        ];
        let applied = run(store.git(&["apply", "--cached", "--3way", "-"]), &patch.join(&b'\n'));
        let stage = |stage: u8| {
            let listed = run(store.git(&["ls-files", "-s", "-z"]), b"").expect("an index");
            let end = [format!(" {stage}\t").as_bytes(), path].concat();
            let line = listed.split(|byte| *byte == 0).find(|line| line.ends_with(&end))?.to_vec();
            let blob = String::from_utf8_lossy(line.split(|byte| *byte == b' ').nth(1)?).into_owned();
            store.blob(store.parse_id(&blob)?).ok()
        };
        Ok(match (applied.and_then(|_| stage(0)), stage(2)) {
            (Some(merged), _) => MergeOutcome::Clean(merged),
            (None, Some(_)) => MergeOutcome::Conflict,
            (None, None) => MergeOutcome::Failed("git did not merge it".to_owned()),
        })
    }
}

/// What git prints; none when it ends with an error.
fn run(mut command: Command, input: &[u8]) -> Option<Vec<u8>> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let output = judge::feed(command, input);
    output.status.success().then_some(output.stdout)
}

/// A name between quotes, as C has it.
fn quoted(prefix: &[u8], name: &[u8]) -> Vec<u8> {
    let byte = |byte: &u8| match byte {
        b'"' | b'\\' | 0..=31 | 127.. => format!("\\{byte:03o}").into_bytes(),
        byte => vec![*byte],
    };
    [b"\"", prefix.iter().chain(name).flat_map(byte).collect::<Vec<_>>().as_slice(), b"\""].concat()
}
