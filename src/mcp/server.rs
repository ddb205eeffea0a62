//! The MCP protocol.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ErrorCode, GetPromptRequestParams, GetPromptResponse, Implementation,
    InputRequiredResult, InputResponses, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProgressToken, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig,
};
use rmcp::service::{NotificationContext, Peer, RequestContext};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{Mutex, mpsc, watch};

use super::allow::Allowed;
use super::allowed_folders::AllowedFolders;
use super::call::{Call, CallContext, Progress};
use super::roots::{self, Way};
use super::tools::{Schemas, TOOLS, Tool};
use super::works::Works;
use super::{prompts, resources};
use crate::app::{Environment, Providers};
use crate::error::{Error, Exit, Kind, Result, ResultExt};
use crate::git;
use crate::process::{self, Cancellation, Wake};
use crate::settings::Settings;

/// The instructions that agents get from the server.
const INSTRUCTIONS: &str = include_str!("texts/instructions.md");

/// Time of one wait for running calls after the client has disconnected.
const LOOK: Duration = Duration::from_millis(100);

/// Serves a client over standard input and output, until it has disconnected and all its calls have finished.
///
/// # Errors
/// When they cannot be used, or the client does not speak the protocol.
pub fn serve(cancellation: &Cancellation, providers: &Providers) -> Result<Exit> {
    let environment = Environment::read();
    // These two do not select a repository.
    let ties = git::TIES.into_iter().filter(|name| !["GIT_PREFIX", "GIT_IMPLICIT_WORK_TREE"].contains(name));
    if let Some(tie) = ties.into_iter().find(|tie| environment.git.iter().any(|name| name == tie)) {
        return Err(Error::usage(format!(
            "cannot serve while {tie} is set: the server chooses the repository by folder"
        ))
        .hint(format!("unset {tie}; to use another folder: git -C DIR puff mcp")));
    }
    let unusable = || "cannot use standard input and output".to_owned();
    let (input, output) = process::take_stdio().or_fail(unusable)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().or_fail(unusable)?;
    let works = Works::new();
    let (gone, is_gone) = watch::channel(false);
    let server = Server {
        environment: Arc::new(environment),
        works: works.clone(),
        cancellation: cancellation.clone(),
        providers: providers.clone(),
        roots: Arc::new(Mutex::new(None)),
        is_gone,
    };
    let input = Watched { input: tokio::fs::File::from_std(input), gone: gone.clone() };
    let output = tokio::fs::File::from_std(output);
    let served = runtime.block_on(async {
        tokio::select! {
            served = server.attend((input, output)) => served,
            () = cancellation.requested() => Ok(Exit::With(Kind::Interrupted)),
        }
    });
    gone.send_replace(true);
    // An uninterruptible read may still wait for the client.
    runtime.shutdown_background();
    while !works.are_done_within(LOOK) {
        if cancellation.pause(Duration::ZERO) == Wake::Interrupted {
            return Ok(Exit::With(Kind::Interrupted));
        }
    }
    served
}

/// One client and its calls.
#[derive(Clone)]
struct Server {
    environment: Arc<Environment>,
    works: Works,
    cancellation: Cancellation,
    providers: Providers,
    /// The client's roots; requested once, and again when they change.
    roots: Arc<Mutex<Option<AllowedFolders>>>,
    is_gone: watch::Receiver<bool>,
}

impl Server {
    /// Returns what a request opens repositories with.
    fn request_context(&self) -> CallContext {
        CallContext { cancellation: self.cancellation.of_request(), providers: self.providers.clone() }
    }

    async fn attend<R, W>(self, stdio: (R, W)) -> Result<Exit>
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        let cause = match self.serve(stdio).await {
            Ok(service) => match service.waiting().await {
                Ok(_) => return Ok(Exit::Done),
                Err(cause) => cause.to_string(),
            },
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(Exit::Done),
            Err(cause) => cause.to_string(),
        };
        Err(Error::failed("the client does not speak the Model Context Protocol")
            .hint("configure it in an agent's client: codex mcp add puff -- git puff mcp")
            .because_it_said(&cause))
    }

    /// Returns the folders that the client may use, or the response that requests them.
    async fn places(
        &self,
        context: &RequestContext<RoleServer>,
        answers: Option<&InputResponses>,
    ) -> std::result::Result<AllowedFolders, Box<InputRequiredResult>> {
        match Way::of(context) {
            Way::None => Ok(self.here()),
            Way::Answer => roots::told(answers),
            Way::Ask => {
                let mut known = self.roots.lock().await;
                if known.is_none() {
                    *known = roots::ask(&context.peer).await;
                }
                Ok(known.clone().unwrap_or_else(|| self.here()))
            }
        }
    }

    fn here(&self) -> AllowedFolders {
        AllowedFolders::started_in(&self.environment.cwd)
    }

    /// Runs a blocking call in its own thread.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> std::result::Result<T, ErrorData> {
        let lost = |_| ErrorData::internal_error("the call ended without a result", None);
        self.works.begin(work).await.await.map_err(lost)
    }

    /// Returns the known folders, where the roots cannot be requested.
    async fn known_places(&self) -> AllowedFolders {
        self.roots.lock().await.clone().unwrap_or_else(|| self.here())
    }
}

/// Waits until the client has disconnected.
async fn left(gone: &mut watch::Receiver<bool>) {
    while !*gone.borrow_and_update() && gone.changed().await.is_ok() {}
}

/// Sends progress notifications with increasing values.
struct Reporter {
    peer: Peer<RoleServer>,
    token: ProgressToken,
    said: f64,
    step: Option<(u64, u64)>,
}

/// The increment of a notification without a completed step.
const A_BIT: f64 = 0.001;

impl Reporter {
    async fn say(&mut self, news: Progress) {
        self.step = news.step.or(self.step);
        let at = self.step.map_or(0.0, |(done, _)| done as f64);
        self.said = at.max(self.said + A_BIT);
        let mut progress = ProgressNotificationParam::new(self.token.clone(), self.said).with_message(news.line);
        if let Some((_, total)) = self.step {
            progress = progress.with_total(total as f64);
        }
        let _ = self.peer.notify_progress(progress).await;
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("git-puff", env!("CARGO_PKG_VERSION")).with_title("git-puff"))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> std::result::Result<ListToolsResult, ErrorData> {
        let places = self.known_places().await;
        let puff = self.environment.puff.clone();
        let tools = self.work(move || {
            let allowed: Vec<Allowed> = places
                .roots()
                .iter()
                .filter_map(|root| {
                    let entries = git::config::list_in(root).ok()?;
                    Allowed::of(&Settings::new(entries, puff.clone()), |name| Tool::named(name).is_some()).ok()
                })
                .collect();
            // If the permissions cannot be read, the call itself fails.
            let may = |tool: &&Tool| allowed.is_empty() || allowed.iter().any(|allowed| tool.is_allowed(allowed));
            let mut known = Schemas::new();
            TOOLS.iter().filter(may).map(|tool| tool.described(&mut known)).collect()
        });
        Ok(ListToolsResult::with_all_items(tools.await?))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> std::result::Result<CallToolResponse, ErrorData> {
        let Some(tool) = Tool::named(&request.name) else {
            let name = request.name.chars().take(100).collect::<String>();
            return Err(ErrorData::new(ErrorCode::INVALID_PARAMS, format!("no tool named '{name}'"), None));
        };
        let places = match self.places(&context, request.input_responses.as_ref()).await {
            Ok(places) => places,
            Err(ask) => return Ok((*ask).into()),
        };
        let (sender, mut news) = mpsc::unbounded_channel();
        let (cancellation, args) = (self.cancellation.of_request(), request.arguments.unwrap_or_default());
        let with = CallContext { cancellation: cancellation.clone(), providers: self.providers.clone() };
        let report = Arc::new(move |said| drop(sender.send(said)));
        let work = move || Call { tool, args, places: &places, context: with, report }.run();
        let answer = self.work(work);
        tokio::pin!(answer);
        let mut reporter = context.meta.get_progress_token().map(|token| Reporter {
            peer: context.peer.clone(),
            token,
            said: 0.0,
            step: None,
        });
        let mut is_gone = self.is_gone.clone();
        let mut stopped = !tool.waits;
        loop {
            tokio::select! {
                // Progress is sent before the result.
                biased;
                said = news.recv(), if !news.is_closed() || !news.is_empty() => {
                    if let (Some(said), Some(reporter)) = (said, &mut reporter) {
                        reporter.say(said).await;
                    }
                }
                () = context.ct.cancelled(), if !stopped => {
                    stopped = true;
                    cancellation.cancel();
                }
                () = left(&mut is_gone), if !stopped => {
                    stopped = true;
                    cancellation.cancel();
                }
                answer = &mut answer => return answer.map(CallToolResponse::from),
            }
        }
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> std::result::Result<ListResourcesResult, ErrorData> {
        let places = match self.places(&context, None).await {
            Ok(places) => places,
            // This request has no response that requests input.
            Err(_) => self.known_places().await,
        };
        let cursor = request.and_then(|request| request.cursor);
        let context = self.request_context();
        self.work(move || resources::list(&places, &context, cursor.as_deref())).await?
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> std::result::Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> std::result::Result<ReadResourceResponse, ErrorData> {
        match self.places(&context, request.input_responses.as_ref()).await {
            Ok(places) => {
                let context = self.request_context();
                let read = self.work(move || resources::read(&places, &context, &request.uri)).await?;
                read.map(ReadResourceResponse::from)
            }
            Err(ask) => Ok((*ask).into()),
        }
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> std::result::Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::all()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> std::result::Result<GetPromptResponse, ErrorData> {
        prompts::get(&request.name, &request.arguments.unwrap_or_default()).map(GetPromptResponse::from)
    }

    async fn on_roots_list_changed(&self, _: NotificationContext<RoleServer>) {
        *self.roots.lock().await = None;
    }
}

/// Standard input that signals its end, so that no call waits for a client that is gone.
struct Watched {
    input: tokio::fs::File,
    gone: watch::Sender<bool>,
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, poller: &mut Poller<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.input).poll_read(poller, buffer);
        let is_over = match &polled {
            Poll::Ready(Ok(())) => buffer.filled().len() == before,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        if is_over {
            self.gone.send_replace(true);
        }
        polled
    }
}
