//! What the join operator reads in its inbox: a patch, and where it is to go.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Time;
use super::schema::written_as;

/// A patch that waits to be taken into a pull request. It has these fields and no others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The patch's name, unique in the inbox.
    #[schemars(length(min = 3, max = 128))]
    pub patch_id: String,
    /// Who made the manifest.
    #[schemars(length(min = 1))]
    pub producer: String,
    /// The repository on GitHub.
    pub repo: RepoName,
    /// The branch that the patch was made on.
    #[schemars(length(min = 1))]
    pub base_branch: String,
    /// The files that the patch changes.
    #[schemars(length(min = 1), inner(length(min = 1)), extend("uniqueItems" = true))]
    pub changed_paths: Vec<String>,
    /// What the patch is for.
    #[schemars(length(min = 5, max = 2000))]
    pub intent_summary: String,
    /// The pull request that it may belong to: its number, or its URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_pr_hint: Option<PullRequestHint>,
    /// The issues that it is about: #12, or OWNER/REPO#12, or a URL.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(length(min = 1)))]
    pub issue_refs: Vec<String>,
    /// How sure its maker is that it is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: Option<f64>,
    /// The file that holds the patch, beside the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub patch_file: Option<String>,
    /// When the patch was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
}

/// A pull request that is intended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PullRequestHint {
    /// By its number.
    Number(u64),
    /// By its URL.
    Url(String),
}

impl Manifest {
    /// The most characters of what a patch is for.
    pub const LONGEST: usize = 2000;
    /// The fewest.
    pub const SHORTEST: usize = 5;
}

/// `OWNER/REPO`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName(String);

written_as!(RepoName, "^[A-Za-z0-9_][A-Za-z0-9_.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*$");

/// The text names no repository.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a repository: write OWNER/REPO")]
pub struct NotARepo(String);

impl RepoName {
    /// Returns the repository that the URL of a remote names: of a host, or as ssh writes it. None for a path, and for
    /// a URL that has more or less in it than an owner and a repository.
    pub fn of_url(url: &str) -> Option<RepoName> {
        let path = match url.split_once("://") {
            Some(("file", _)) => return None,
            Some((_, rest)) => rest.split_once('/')?.1,
            None => url.split_once(':').filter(|(host, _)| !host.contains('/')).map(|(_, path)| path)?,
        };
        let path = path.trim_matches('/');
        path.strip_suffix(".git").unwrap_or(path).parse().ok()
    }
}

impl FromStr for RepoName {
    type Err = NotARepo;

    fn from_str(text: &str) -> Result<RepoName, NotARepo> {
        let good = |part: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            !part.is_empty() && part.bytes().all(allowed) && !part.starts_with(['.', '-'])
        };
        match text.split_once('/') {
            Some((owner, repo)) if good(owner) && good(repo) => Ok(RepoName(text.to_owned())),
            _ => Err(NotARepo(text.to_owned())),
        }
    }
}

impl TryFrom<String> for RepoName {
    type Error = NotARepo;

    fn try_from(text: String) -> Result<RepoName, NotARepo> {
        text.parse()
    }
}

impl From<RepoName> for String {
    fn from(name: RepoName) -> String {
        name.0
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::documents::schema_of;

    #[test]
    fn a_remote_names_a_repository_whatever_its_url_is_like() {
        for url in [
            "git@github.com:acme/widgets.git",
            "https://github.com/acme/widgets",
            "https://someone:secret@github.com/acme/widgets.git/",
            "ssh://git@github.com:22/acme/widgets.git",
            "github.com:acme/widgets",
        ] {
            assert_eq!(RepoName::of_url(url).unwrap().to_string(), "acme/widgets", "{url}");
        }
        for url in
            ["/srv/acme/widgets.git", "../acme/widgets", "file:///srv/acme", "https://h/a/b/c", "https://h/a", ""]
        {
            assert!(RepoName::of_url(url).is_none(), "{url}");
        }
        for bad in ["widgets", "acme/", "/widgets", "acme/-x", "acme/..", "a b/c", "a/b/c"] {
            assert!(bad.parse::<RepoName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_but_its_fields_is_in_a_manifest() {
        let schema = schema_of::<Manifest>();
        assert_eq!(schema["additionalProperties"], false);
        let required = ["patch_id", "producer", "repo", "base_branch", "changed_paths", "intent_summary"];
        assert_eq!(schema["required"], serde_json::json!(required));
        assert_eq!(schema["properties"]["patch_id"]["maxLength"], 128);
        assert_eq!(schema["properties"]["changed_paths"]["uniqueItems"], true);
        assert_eq!(schema["properties"]["confidence"]["maximum"], 1.0);
        let foreign = r#"{"patch_id":"abc","producer":"x","repo":"a/b","base_branch":"main","changed_paths":["a"],
            "intent_summary":"do it","approve":true}"#;
        assert!(serde_json::from_str::<Manifest>(foreign).unwrap_err().to_string().contains("approve"));
    }
}
