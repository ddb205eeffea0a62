//! Runs, their reports and their patches by URI. Each is read through the tool of the same content, with its
//! permission.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rmcp::ErrorData;
use rmcp::model::{ListResourcesResult, MetaObject, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::{Map, Value, json};

use super::allowed_folders::AllowedFolders;
use super::arguments::Args;
use super::call::{Call, CallContext};
use super::text::NOTICE;
use super::tools::{MOST_TEXT, Tool};

type Answer<T> = std::result::Result<T, ErrorData>;

/// Maximum number of runs in one page.
const RUNS: usize = 50;

/// The characters that are not escaped in a URI.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

const JSON: &str = "application/json";
const MARKDOWN: &str = "text/markdown";
const DIFF: &str = "text/x-diff";

/// A parsed resource URI.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    run: String,
    what: What,
    repository: Option<String>,
    offset: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Run,
    Report,
    Patch(u32),
}

impl Named {
    /// Parses `puff://run/RUN[/report|/patch/N][?repository=…&offset=…]`.
    fn read(uri: &str) -> Option<Named> {
        let plain = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
        let (path, query) =
            uri.strip_prefix("puff://run/")?.split_once('?').unwrap_or((uri.strip_prefix("puff://run/")?, ""));
        let mut parts = path.split('/');
        let run = plain(parts.next().filter(|run| !run.is_empty())?)?;
        let what = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => What::Run,
            (Some("report"), None, _) => What::Report,
            (Some("patch"), Some(variant), None) => What::Patch(variant.parse().ok()?),
            _ => return None,
        };
        let mut named = Named { run, what, repository: None, offset: 0 };
        for (name, value) in
            query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        {
            match name {
                "repository" => named.repository = Some(plain(value)?),
                "offset" => named.offset = value.parse().ok()?,
                _ => return None,
            }
        }
        Some(named)
    }

    fn uri(&self) -> String {
        let run = utf8_percent_encode(&self.run, PLAIN);
        let what = match self.what {
            What::Run => String::new(),
            What::Report => "/report".to_owned(),
            What::Patch(variant) => format!("/patch/{variant}"),
        };
        let repository =
            self.repository.as_ref().map(|path| format!("repository={}", utf8_percent_encode(path, PLAIN)));
        let offset = (self.offset > 0).then(|| format!("offset={}", self.offset));
        let query: Vec<String> = repository.into_iter().chain(offset).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("puff://run/{run}{what}{mark}{}", query.join("&"))
    }
}

/// Returns the URI templates.
pub fn templates() -> Vec<ResourceTemplate> {
    let template = |form: &str, name: &str, title: &str, about: &str, mime: &str| {
        ResourceTemplate::new(form, name).with_title(title).with_description(about).with_mime_type(mime)
    };
    vec![
        template(
            "puff://run/{run}{?repository}",
            "run",
            "A run",
            "A run with its variants, as the tool 'show' returns it.",
            JSON,
        ),
        template(
            "puff://run/{run}/report{?repository,offset}",
            "report",
            "The report of a run",
            "The handoff report of a run.",
            MARKDOWN,
        ),
        template(
            "puff://run/{run}/patch/{variant}{?repository,offset}",
            "patch",
            "The patch of a variant",
            "The patch of a variant as its agent made it: untrusted data.",
            DIFF,
        ),
    ]
}

/// Lists a page of resources: one repository after the other, with the newest runs first.
pub fn list(places: &AllowedFolders, context: &CallContext, cursor: Option<&str>) -> Answer<ListResourcesResult> {
    let unknown = || ErrorData::invalid_params("invalid cursor", None);
    let (mut root, mut offset) = match cursor {
        None => (0, 0),
        Some(cursor) => {
            let (root, offset) = cursor.split_once('.').ok_or_else(unknown)?;
            (root.parse().map_err(|_| unknown())?, offset.parse().map_err(|_| unknown())?)
        }
    };
    let mut listed = ListResourcesResult::with_all_items(Vec::new());
    while let Some(folder) = places.roots().get(root) {
        let repository = folder.to_str().map(str::to_owned);
        let args = json!({"limit": RUNS, "offset": offset, "repository": repository});
        // A root outside of any repository has no runs.
        let document = call("list", args, places, context).unwrap_or_default();
        let repository = repository.filter(|_| places.roots().len() > 1);
        for run in document["runs"].as_array().into_iter().flatten() {
            listed.resources.extend(of_run(run, repository.as_deref()));
        }
        let next = document["page"]["next_offset"].as_u64();
        (root, offset) = next.map_or((root + 1, 0), |next| (root, next as usize));
        if !listed.resources.is_empty() && places.roots().get(root).is_some() {
            listed.next_cursor = Some(format!("{root}.{offset}"));
            break;
        }
    }
    Ok(listed)
}

fn of_run(run: &Value, repository: Option<&str>) -> Vec<Resource> {
    let id = run["run"].as_str().unwrap_or_default();
    let state = run["state"].as_str().unwrap_or_default();
    let uri = |what| Named { run: id.to_owned(), what, repository: repository.map(str::to_owned), offset: 0 }.uri();
    let one = |what, name: String, title: String, mime: &str| {
        Resource::new(uri(what), name)
            .with_title(title)
            .with_mime_type(mime)
            .with_description(format!("The run is {state}"))
    };
    let mut resources = vec![one(What::Run, id.to_owned(), format!("The run {id}"), JSON)];
    resources.push(one(What::Report, format!("{id}/report"), format!("The report of {id}"), MARKDOWN));
    for variant in
        run["variants"].as_array().into_iter().flatten().filter(|variant| variant["patch_sha256"].is_string())
    {
        let index = variant["index"].as_u64().and_then(|index| u32::try_from(index).ok()).unwrap_or_default();
        resources.push(one(
            What::Patch(index),
            format!("{id}/patch/{index}"),
            format!("The patch of {id}:{index}"),
            DIFF,
        ));
    }
    resources
}

/// Reads a resource.
pub fn read(places: &AllowedFolders, context: &CallContext, uri: &str) -> Answer<ReadResourceResult> {
    let named = Named::read(uri).ok_or_else(|| {
        let uri = uri.chars().take(200).collect::<String>();
        ErrorData::resource_not_found(
            format!("no resource '{uri}': use puff://run/RUN, with /report or /patch/N"),
            None,
        )
    })?;
    let page = |mut args: Value| {
        args["offset"] = named.offset.into();
        args["limit"] = MOST_TEXT.into();
        args
    };
    let (tool, mut args, mime) = match named.what {
        What::Run => ("show", json!({"run": named.run}), JSON),
        What::Report => ("report", page(json!({"run": named.run})), MARKDOWN),
        What::Patch(variant) => ("patch", page(json!({"variant": format!("{}:{variant}", named.run)})), DIFF),
    };
    args["repository"] = named.repository.clone().into();
    let document = call(tool, args, places, context).map_err(|why| ErrorData::resource_not_found(why, None))?;
    let mut meta = Map::new();
    meta.insert("git-puff/notice".into(), NOTICE.into());
    if let Some(next) = document["next_offset"].as_u64() {
        let next = Named { offset: next as usize, ..named };
        meta.insert("git-puff/next".into(), next.uri().into());
    }
    let text = match document["text"].as_str() {
        Some(text) => text.to_owned(),
        None => serde_json::to_string_pretty(&document).unwrap_or_default(),
    };
    let contents = ResourceContents::text(text, uri).with_mime_type(mime).with_meta(MetaObject(meta));
    Ok(ReadResourceResult::new(vec![contents]))
}

/// Calls a tool and returns its document, or the reason of the failure.
fn call(tool: &str, args: Value, places: &AllowedFolders, context: &CallContext) -> std::result::Result<Value, String> {
    let (Some(tool), Value::Object(args)) = (Tool::named(tool), args) else {
        return Err(format!("no tool named '{tool}'"));
    };
    let args: Args = args.into_iter().filter(|(_, value)| !value.is_null()).collect();
    let call = Call { tool, args, places, context: context.clone(), report: Arc::new(drop) };
    let answer = call.run();
    let document = answer.structured_content.unwrap_or_default();
    if answer.is_error != Some(true) {
        return Ok(document);
    }
    let hint = document["hint"].as_str().map(|hint| format!("; {hint}")).unwrap_or_default();
    Err(format!("{}{hint}", document["error"].as_str().unwrap_or("cannot read it")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_read_as_they_are_written() {
        let named = |what, repository: Option<&str>, offset| Named {
            run: "fix-3f2a".into(),
            what,
            repository: repository.map(Into::into),
            offset,
        };
        for (uri, named) in [
            ("puff://run/fix-3f2a", named(What::Run, None, 0)),
            ("puff://run/fix-3f2a/report?offset=7", named(What::Report, None, 7)),
            ("puff://run/fix-3f2a/patch/2?repository=/a%20b&offset=9", named(What::Patch(2), Some("/a b"), 9)),
        ] {
            assert_eq!(named.uri(), uri);
            assert_eq!(Named::read(uri), Some(named));
        }
        for wrong in [
            "puff://run/",
            "puff://run/x/y",
            "puff://run/x/patch/y",
            "puff://run/x?y=1",
            "file:///x",
            "puff://run/x/report/1",
        ] {
            assert_eq!(Named::read(wrong), None, "{wrong}");
        }
    }
}
