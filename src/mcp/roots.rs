//! Requests the roots of a client. Newer versions of the protocol deprecate them, and request them in a response;
//! there is no replacement yet that tells a server where a client works.

#![expect(deprecated, reason = "the only way to learn where a client works")]

use rmcp::RoleServer;
use rmcp::model::{InputRequest, InputRequiredResult, InputResponses, ListRootsRequest, ListRootsResult};
use rmcp::service::{Peer, RequestContext};

use super::allowed_folders::AllowedFolders;

/// The key under which a client returns its roots.
const NAME: &str = "roots";

/// How the roots of a client are requested.
pub enum Way {
    /// Not at all: it has none.
    None,
    /// By a request, at any time.
    Ask,
    /// In the response to a request, which the client then repeats.
    Answer,
}

impl Way {
    /// Returns how to request the roots of the client.
    pub fn of(context: &RequestContext<RoleServer>) -> Way {
        let has_roots = context.client_capabilities().is_some_and(|client| client.roots.is_some());
        let has_handshake = context.protocol_version().is_none_or(|version| version.has_initialize());
        match (has_roots, has_handshake) {
            (false, _) => Way::None,
            (true, true) => Way::Ask,
            (true, false) => Way::Answer,
        }
    }
}

/// Requests the roots; none when the client does not respond.
pub async fn ask(peer: &Peer<RoleServer>) -> Option<AllowedFolders> {
    peer.list_roots().await.ok().map(|told| places(&told))
}

/// Returns the roots from a repeated request, or else the response that requests them.
pub fn told(answers: Option<&InputResponses>) -> Result<AllowedFolders, Box<InputRequiredResult>> {
    let told = answers.and_then(|answers| answers.get(NAME)).cloned();
    let told = told.and_then(|told| serde_json::from_value::<ListRootsResult>(told).ok());
    told.map(|told| places(&told)).ok_or_else(|| {
        let ask = InputRequest::ListRoots(ListRootsRequest::default());
        Box::new(InputRequiredResult::from_input_requests([(NAME.to_owned(), ask)].into()))
    })
}

fn places(told: &ListRootsResult) -> AllowedFolders {
    AllowedFolders::of_roots(told.roots.iter().map(|root| root.uri.as_str()))
}
