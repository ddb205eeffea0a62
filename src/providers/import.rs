//! Patches that are on disk already: `DIR/var<N>/{patch.diff,report.json,meta.json}`, as `harvest --out` and the
//! headless clients' `export` write them.

use std::ffi::OsStr;
use std::path::Path;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::folder::{self, Bounds, Folder, Kind};
use crate::model::{MOST_VARIANTS, Meta, Report, VariantStatus};
use crate::provider::{Attempt, Collection, Exported, Work};

/// A folder of exported patches, read whole.
#[derive(Clone, Debug)]
pub struct Export {
    /// The variants, by number.
    pub variants: Vec<ExportedVariant>,
    /// What was asked, where a report says.
    pub prompt: Option<String>,
}

/// One variant of an exported folder.
#[derive(Clone, Debug)]
pub struct ExportedVariant {
    /// Its number: the N of `var<N>`.
    pub index: u32,
    /// What it made.
    pub attempt: Attempt,
    /// Its `report.json`, if there is one.
    pub report: Option<Map<String, Value>>,
    /// Its `meta.json`, if there is one.
    pub meta: Option<Map<String, Value>>,
}

impl Export {
    /// Reads a folder.
    ///
    /// # Errors
    /// When it is not there, has no variants, or a file in it cannot be read.
    pub fn read(folder: &Path, bounds: &Bounds) -> Result<Export> {
        let shown = folder.display();
        let unreadable = |cause| {
            Error::failed(format!("cannot read the folder '{shown}'"))
                .hint("name a folder that has var1, var2, …")
                .because(cause)
        };
        // An error of its own says more than that it cannot be read.
        if let Err(cause) = std::fs::read_dir(folder) {
            return Err(unreadable(cause));
        }
        let opened = Folder::open(folder, bounds)?;
        let mut variants = Vec::new();
        for name in opened.names().map_err(unreadable)? {
            let index = name.strip_prefix("var").and_then(|n| n.parse::<u32>().ok()).filter(|index| *index > 0);
            let Some(index) = index else { continue };
            let kind = opened.kind(&name);
            if kind == Some(Kind::Link) {
                return Err(Error::failed(format!(
                    "'{shown}/{name}' is a symbolic link, which an import does not follow"
                ))
                .hint("put the folder itself there"));
            }
            if kind == Some(Kind::Folder) {
                if index > MOST_VARIANTS {
                    return Err(Error::failed(format!("'{shown}' has a variant numbered {index}"))
                        .hint(format!("a run has at most {MOST_VARIANTS} variants: rename the folder")));
                }
                let folder = opened.below(&name).map_err(unreadable)?;
                variants.push(ExportedVariant::read(&folder, index)?);
            }
        }
        variants.sort_by_key(|variant| variant.index);
        if variants.is_empty() {
            return Err(Error::failed(format!("no variants in '{shown}'"))
                .hint("a variant is a folder var1, var2, … with a patch.diff in it"));
        }
        if let Some(pair) = variants.windows(2).find(|pair| pair[0].index == pair[1].index) {
            return Err(Error::failed(format!("'{shown}' has variant {} twice", pair[0].index))
                .hint("rename one of the folders"));
        }
        let prompt = variants.iter().find_map(|variant| variant.attempt.prompt.clone());
        Ok(Export { variants, prompt })
    }

    /// Returns the highest number of a variant.
    pub fn highest(&self) -> u32 {
        self.variants.iter().map(|variant| variant.index).max().unwrap_or(0)
    }

    /// Returns what came out, as any provider says it.
    pub fn collection(&self) -> Collection {
        let attempts = self.variants.iter().map(|variant| variant.index).max();
        let attempts_made = self.variants.iter().map(|variant| variant.attempt.clone()).collect();
        Collection { attempts, attempts_made, ..Collection::default() }
    }

    /// Returns the SHA-256 over everything that was read and the commit it is for: equal digests are one run.
    pub fn digest(&self, base: &str) -> [u8; 32] {
        let mut digest = Sha256::new();
        let mut add = |part: &[u8]| {
            // With its length in front, no part can pretend to be two.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        };
        add(base.as_bytes());
        for variant in &self.variants {
            add(&variant.index.to_be_bytes());
            add(variant.attempt.patch().unwrap_or(b""));
            for json in [&variant.report, &variant.meta] {
                add(serde_json::to_string(json).unwrap_or_default().as_bytes());
            }
        }
        digest.finalize().into()
    }
}

impl ExportedVariant {
    fn read(folder: &Folder, index: u32) -> Result<ExportedVariant> {
        let patch = read_if_there(folder, "patch.diff")?;
        let report = read_json(folder, "report.json")?;
        let meta = read_json(folder, "meta.json")?;
        let field = |name: &str| report.as_ref().and_then(|report| report.get(name));
        let text = |name: &str| field(name).and_then(Value::as_str).map(str::to_owned);
        // Exported folders hold finished work: without a word on it, a patch is a completed attempt.
        let status = match (text("status").as_deref(), &patch) {
            (Some("failed"), _) => VariantStatus::Failed,
            (Some("cancelled"), _) => VariantStatus::Cancelled,
            (_, Some(_)) => VariantStatus::Completed,
            (_, None) => VariantStatus::Failed,
        };
        let messages = field("messages").and_then(Value::as_array);
        let messages = messages.map(|all| all.iter().filter_map(|m| m.as_str().map(str::to_owned)).collect());
        let exported = Exported {
            task_id: text("task_id"),
            placement: field("attempt_placement").and_then(Value::as_u64).and_then(|place| place.try_into().ok()),
            report: without(report.as_ref(), &Report::FIELDS),
            meta: without(meta.as_ref(), &Meta::FIELDS),
        };
        let placement = Some(index - 1);
        let risks = meta.as_ref().and_then(|meta| meta.get("risks"));
        let attempt = Attempt {
            placement,
            status,
            work: patch.map(Work::Patch),
            messages,
            prompt: text("prompt"),
            exported: Some(exported),
            reason: None,
            risks: risks.and_then(|risks| serde_json::from_value(risks.clone()).ok()).unwrap_or_default(),
        };
        Ok(ExportedVariant { index, attempt, report, meta })
    }
}

/// Returns what is in an object beside these fields.
fn without(object: Option<&Map<String, Value>>, fields: &[&str]) -> Map<String, Value> {
    let others = object.into_iter().flatten().filter(|(name, _)| !fields.contains(&name.as_str()));
    others.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn read_if_there(folder: &Folder, name: &str) -> Result<Option<Vec<u8>>> {
    folder.read(OsStr::new(name)).map_err(|cause| {
        Error::failed(format!("'{}' cannot be read{}", folder.path().join(name).display(), folder::why(&cause)))
            .hint("a variant is a folder with the files patch.diff, report.json and meta.json, or some of them")
            .because(cause)
    })
}

fn read_json(folder: &Folder, name: &str) -> Result<Option<Map<String, Value>>> {
    let Some(bytes) = read_if_there(folder, name)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|cause| {
        Error::failed(format!("'{}' is not a JSON object", folder.path().join(name).display()))
            .hint("repair or remove it: a patch.diff alone is enough")
            .because(cause)
    })
}
