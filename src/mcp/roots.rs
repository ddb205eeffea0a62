//! Asking a client for its roots. Newer versions of the protocol call them deprecated, and ask by way of an answer; there
//! is nothing yet that tells a server in their place where a client works.

#![expect(deprecated, reason = "what tells a server where its client works")]

use rmcp::RoleServer;
use rmcp::model::{InputRequest, InputRequiredResult, InputResponses, ListRootsRequest, ListRootsResult};
use rmcp::service::{Peer, RequestContext};

use super::allowed_folders::AllowedFolders;

/// By this name a client that is asked for its roots answers them.
const NAME: &str = "roots";

/// How a client tells where it works.
pub enum Way {
    /// It does not.
    None,
    /// It is asked, at any time.
    Ask,
    /// It is asked by the answer to a request, and makes the request again.
    Answer,
}

impl Way {
    /// The way of the client that made a request.
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

/// Asks; none when the client does not answer.
pub async fn ask(peer: &Peer<RoleServer>) -> Option<AllowedFolders> {
    peer.list_roots().await.ok().map(|told| places(&told))
}

/// What the client told when it made its request again; or else the answer that asks it.
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
