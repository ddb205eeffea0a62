//! A loopback stand-in of the Codex Cloud service, for tests that drive the real Codex CLI.
//!
//! It answers the routes the client uses, keeps tasks in memory, and misbehaves on request. The
//! shapes follow what the 0.151.0 client reads; whatever it ignores is left out.

#![allow(dead_code, reason = "the suite and the hand-driven example each use a part")]

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// A running service. Dropping it stops it and frees the port.
pub struct Cloud {
    shared: Arc<Shared>,
    port: u16,
    listener: Mutex<Option<JoinHandle<()>>>,
}

/// A task as the service knows it.
#[derive(Clone, Debug)]
pub struct Task {
    /// The service's name for it, `task_e_…`.
    pub id: String,
    /// The environment it runs in.
    pub environment_id: String,
    /// The branch it was asked to start from.
    pub branch: Option<String>,
    /// The prompt, which is also the title.
    pub prompt: String,
    /// How many attempts were asked for.
    pub best_of: usize,
    /// Microseconds since 1970.
    pub created_at: u64,
    /// Microseconds since 1970; no two tasks share one.
    pub updated_at: u64,
    /// The attempts by placement: number N of the methods below is at N-1.
    pub attempts: Vec<Attempt>,
    /// The attempt the service calls the current assistant turn, counted from 1.
    pub current: usize,
    /// Whether the service says it was applied already.
    pub applied: bool,
    /// Whether it belongs to a pull request, which the client calls a review.
    pub review: bool,
}

/// One attempt at a task.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// Where it stands.
    pub status: TurnStatus,
    /// What it changed; empty when there is nothing to show.
    pub diff: String,
    /// Its last words; empty when it said nothing.
    pub message: String,
}

/// The service's word for an attempt's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the service's own")]
pub enum TurnStatus {
    #[default]
    Pending,
    InProgress,
    Completed,
    Failed,
    Cancelled,
}

/// A request that reached the service, whatever became of it.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// The body, empty when there was none.
    pub body: String,
}

/// What a fault does. Of the faults that match, every delay and the first of the others count.
#[derive(Clone, Debug)]
pub enum Action {
    /// Answers this status and does nothing.
    Status(u16),
    /// Answers this status and body and does nothing.
    Answer(u16, String),
    /// Hangs up and does nothing.
    DropConnection,
    /// Does the work, such as creating the task, then hangs up without a word.
    DropAfterProcessing,
    /// Does the work, then answers this status, as a gateway that lost patience does.
    StatusAfterProcessing(u16),
    /// Does the work, then hangs up halfway through the answer.
    DropHalfway,
    /// Waits, then goes on. The work is done even when the client has given up by then.
    Delay(Duration),
}

impl Cloud {
    /// Starts a service on a free port.
    pub fn start() -> Self {
        Self::start_on(0)
    }

    /// Starts a service on this port, 0 for a free one.
    pub fn start_on(port: u16) -> Self {
        let listener = bind(port);
        let port = listener.local_addr().expect("a bound address").port();
        let shared = Arc::new(Shared::default());
        let thread = listen(listener, &shared);
        Self { shared, port, listener: Mutex::new(Some(thread)) }
    }

    /// Takes the service off the network: connections are refused, tasks are kept.
    pub fn disconnect(&self) {
        if let Some(thread) = lock(&self.listener).take() {
            self.state().generation += 1;
            self.shared.signal.notify_all();
            // The thread sits in accept(): only a connection wakes it.
            drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
            thread.join().ok();
        }
    }

    /// Brings it back on the same port.
    pub fn reconnect(&self) {
        let mut thread = lock(&self.listener);
        thread.get_or_insert_with(|| listen(bind(self.port), &self.shared));
    }

    /// What `CODEX_CLOUD_TASKS_BASE_URL` has to be.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/backend-api", self.port)
    }

    /// The address of a task as the client prints it.
    pub fn task_url(&self, task: &str) -> String {
        format!("http://127.0.0.1:{}/codex/tasks/{task}", self.port)
    }

    /// Writes a made-up login that the client takes for a real one, and never tries to renew.
    pub fn write_login(&self, codex_home: &Path) {
        let claims = json!({
            "exp": 4_102_444_800_u64, // 2100
            "email": "dev@example.com",
            "https://api.openai.com/auth": {
                "chatgpt_plan_type": "pro",
                "chatgpt_account_id": "acct",
            },
        });
        let header = base64url(br#"{"alg":"none","typ":"JWT"}"#);
        let token = format!("{header}.{}.c2ln", base64url(claims.to_string().as_bytes()));
        let login = json!({
            "auth_mode": "chatgpt",
            "OPENAI_API_KEY": null,
            "tokens": {
                "id_token": token,
                "access_token": token,
                "refresh_token": "r",
                "account_id": "acct",
            },
            // The client renews a login older than some days, over the network.
            "last_refresh": "2099-01-01T00:00:00Z",
        });
        fs::create_dir_all(codex_home).expect("the login's folder can be made");
        fs::write(codex_home.join("auth.json"), login.to_string()).expect("a login can be written");
    }

    /// Adds an environment. Two may share a label, which makes the label ambiguous.
    pub fn add_environment(&self, id: &str, label: &str) {
        let environment = (id.to_owned(), label.to_owned());
        self.state().environments.push(environment);
    }

    /// Adds a task that somebody started elsewhere, and returns its id.
    pub fn add_task(&self, environment: &str, title: &str, best_of: usize) -> String {
        let mut state = self.state();
        state.create(environment, Some("main"), title, best_of)
    }

    /// The tasks, in the order they were submitted.
    pub fn tasks(&self) -> Vec<Task> {
        self.state().tasks.clone()
    }

    /// One task.
    #[track_caller]
    pub fn task(&self, id: &str) -> Task {
        self.with_task(id, |task| task.clone())
    }

    /// Sets attempt N, counted from 1, to work.
    #[track_caller]
    pub fn start_attempt(&self, task: &str, n: usize) {
        self.set(task, n, TurnStatus::InProgress, "", "");
    }

    /// Completes attempt N. An empty diff or message is one the service does not mention.
    #[track_caller]
    pub fn finish(&self, task: &str, n: usize, diff: &str, message: &str) {
        self.set(task, n, TurnStatus::Completed, diff, message);
    }

    /// Lets attempt N fail.
    #[track_caller]
    pub fn fail(&self, task: &str, n: usize) {
        self.set(task, n, TurnStatus::Failed, "", "");
    }

    /// Cancels attempt N.
    #[track_caller]
    pub fn cancel(&self, task: &str, n: usize) {
        self.set(task, n, TurnStatus::Cancelled, "", "");
    }

    /// Names the attempt that the service calls the current one; the others become its siblings.
    #[track_caller]
    pub fn set_current_turn(&self, task: &str, n: usize) {
        self.with_task(task, |task| {
            assert!((1..=task.attempts.len()).contains(&n), "no attempt {n}");
            task.current = n;
        });
    }

    /// Makes the service say that the task was applied.
    #[track_caller]
    pub fn set_applied(&self, task: &str) {
        self.with_task(task, |task| task.applied = true);
    }

    /// Ties the task to a pull request: the client then takes it for a review.
    #[track_caller]
    pub fn set_review(&self, task: &str) {
        self.with_task(task, |task| task.review = true);
    }

    /// Limits a page of the list, so that a few tasks make several pages.
    pub fn set_page_size(&self, size: usize) {
        self.state().page_size = Some(size.max(1));
    }

    /// Makes the service misbehave, `times` times or for ever, towards the requests whose `METHOD
    /// path?query` contains `route`.
    pub fn fault(&self, route: &str, action: Action, times: Option<usize>) {
        self.state().faults.push(Fault { route: route.to_owned(), spared: 0, action, times });
    }

    /// The same from the request after the first `spared` on, for ever.
    pub fn fault_after(&self, spared: usize, route: &str, action: Action) {
        self.state().faults.push(Fault { route: route.to_owned(), spared, action, times: None });
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// Every request so far, those struck by a fault included.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// How many requests have `needle` in their `METHOD path?query`.
    pub fn count(&self, needle: &str) -> usize {
        self.state().count(needle)
    }

    /// Waits for that many requests on a route. False when they do not come in time.
    pub fn wait_for(&self, needle: &str, count: usize, timeout: Duration) -> bool {
        let wait = |state: &mut State| state.count(needle) < count;
        let signal = &self.shared.signal;
        let (_state, result) =
            signal.wait_timeout_while(self.state(), timeout, wait).unwrap_or_else(PoisonError::into_inner);
        !result.timed_out()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }

    #[track_caller]
    fn with_task<T>(&self, id: &str, change: impl FnOnce(&mut Task) -> T) -> T {
        let mut state = self.state();
        let task = state.tasks.iter_mut().find(|task| task.id == id);
        change(task.unwrap_or_else(|| panic!("no task {id}")))
    }

    #[track_caller]
    fn set(&self, task: &str, n: usize, status: TurnStatus, diff: &str, message: &str) {
        let now = self.state().now();
        self.with_task(task, |task| {
            assert!((1..=task.attempts.len()).contains(&n), "no attempt {n}");
            task.updated_at = now;
            task.attempts[n - 1] = Attempt { status, diff: diff.to_owned(), message: message.to_owned() };
        });
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.disconnect();
    }
}

impl Task {
    fn turn_id(&self, n: usize) -> String {
        format!("{}~turn{n}", self.id)
    }

    fn sibling_ids(&self) -> Vec<String> {
        let others = (1..=self.attempts.len()).filter(|n| *n != self.current);
        others.map(|n| self.turn_id(n)).collect()
    }

    fn turn(&self, n: usize) -> Value {
        let attempt = &self.attempts[n - 1];
        let mut items = Vec::new();
        if !attempt.diff.is_empty() {
            items.push(json!({ "type": "output_diff", "diff": attempt.diff }));
        }
        if !attempt.message.is_empty() {
            items.push(message("assistant", &attempt.message));
        }
        json!({
            "id": self.turn_id(n),
            "attempt_placement": n - 1,
            "created_at": seconds(self.created_at),
            "turn_status": attempt.status.as_str(),
            "sibling_turn_ids": self.sibling_ids(),
            "output_items": items,
        })
    }

    fn summary(&self, label: Option<&str>) -> Value {
        let current = &self.attempts[self.current - 1];
        let mut turn = json!({
            "turn_status": current.status.as_str(),
            "diff_stats": diff_stats(&current.diff),
            "sibling_turn_ids": self.sibling_ids(),
        });
        let mut display = json!({ "environment_label": label });
        if self.applied {
            // The client reads the state only where there is no turn status.
            turn["turn_status"] = Value::Null;
            display["state"] = json!("applied");
        }
        display["latest_turn_status_display"] = turn;
        let pull_request = self.review.then(|| {
            let url = "https://github.com/acme/widgets/pull/1";
            json!({
                "id": "pr1",
                "assistant_turn_id": self.turn_id(1),
                "pull_request": {
                    "number": 1, "url": url, "state": "open", "merged": false, "mergeable": true,
                },
            })
        });
        json!({
            "id": self.id,
            "title": self.prompt,
            "environment_id": self.environment_id,
            "created_at": seconds(self.created_at),
            "updated_at": seconds(self.updated_at),
            "is_review": self.review,
            "archived": false,
            "has_unread_turn": false,
            "task_status_display": display,
            "pull_requests": Vec::from_iter(pull_request),
        })
    }

    fn details(&self, label: Option<&str>) -> Value {
        json!({
            "task": self.summary(label),
            "current_user_turn": {
                "id": self.turn_id(0),
                "input_items": [message("user", &self.prompt)],
            },
            "current_assistant_turn": self.turn(self.current),
        })
    }
}

impl TurnStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Request {
    /// `METHOD path?query`, which is what routes are matched against.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// What the connections share.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Rung at every request, and when the service stops.
    signal: Condvar,
}

struct Fault {
    route: String,
    /// How many of the next requests it leaves alone.
    spared: usize,
    action: Action,
    times: Option<usize>,
}

#[derive(Default)]
struct State {
    environments: Vec<(String, String)>,
    tasks: Vec<Task>,
    requests: Vec<Request>,
    faults: Vec<Fault>,
    page_size: Option<usize>,
    clock: u64,
    /// How often the service left the network: connections from before are cut.
    generation: usize,
}

type Answer = (u16, String);

impl State {
    /// The time, never the same twice: the list's order and its cursor hang on it.
    fn now(&mut self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |elapsed| elapsed.as_micros());
        self.clock = u64::try_from(micros).unwrap_or(0).max(self.clock + 1);
        self.clock
    }

    fn count(&self, needle: &str) -> usize {
        let hits = |request: &&Request| request.line().contains(needle);
        self.requests.iter().filter(hits).count()
    }

    /// Takes the faults that strike this request: how long to wait, and what to do.
    fn strike(&mut self, line: &str) -> (Duration, Option<Action>) {
        let mut delay = Duration::ZERO;
        let mut action = None;
        for fault in &mut self.faults {
            if !line.contains(&fault.route) || fault.times == Some(0) {
                continue;
            }
            if fault.spared > 0 {
                fault.spared -= 1;
                continue;
            }
            match &fault.action {
                Action::Delay(more) => delay += *more,
                _ if action.is_some() => continue,
                other => action = Some(other.clone()),
            }
            fault.times = fault.times.map(|times| times - 1);
        }
        (delay, action)
    }

    fn create(&mut self, env: &str, branch: Option<&str>, prompt: &str, best_of: usize) -> String {
        let now = self.now();
        let id = format!("task_e_{:032x}", self.tasks.len() + 1);
        self.tasks.push(Task {
            id: id.clone(),
            environment_id: env.to_owned(),
            branch: branch.map(str::to_owned),
            prompt: prompt.to_owned(),
            best_of,
            created_at: now,
            updated_at: now,
            attempts: vec![Attempt::default(); best_of.max(1)],
            current: 1,
            applied: false,
            review: false,
        });
        id
    }

    fn answer(&mut self, request: &Request) -> Answer {
        let target = request.target.as_str();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let Some(path) = path.strip_prefix("/backend-api/wham/") else {
            return refusal(404, "Not Found");
        };
        let parts: Vec<&str> = path.split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["environments"]) => self.list_environments(|_| true),
            ("GET", ["environments", "by-repo", "github", owner, repo]) => {
                let name = format!("{owner}/{repo}");
                self.list_environments(|label| label.eq_ignore_ascii_case(&name))
            }
            ("POST", ["tasks"]) => self.submit(&request.body),
            ("GET", ["tasks", "list"]) => self.list(query),
            ("GET", ["tasks", id]) => match self.find(id) {
                Some(task) => ok(&task.details(self.label(task))),
                None => refusal(404, "Task not found"),
            },
            ("GET", ["tasks", id, "turns", turn, "sibling_turns"]) => self.siblings(id, turn),
            _ => refusal(404, "Not Found"),
        }
    }

    fn find(&self, id: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == id)
    }

    fn label(&self, task: &Task) -> Option<&str> {
        let mut environments = self.environments.iter();
        let found = environments.find(|(id, _)| *id == task.environment_id);
        found.map(|(_, label)| label.as_str())
    }

    fn list_environments(&self, wanted: impl Fn(&str) -> bool) -> Answer {
        let shown = self.environments.iter().filter(|(_, label)| wanted(label));
        let shown = shown.map(|(id, label)| {
            let tasks = self.tasks.iter().filter(|task| task.environment_id == *id);
            json!({ "id": id, "label": label, "is_pinned": false, "task_count": tasks.count() })
        });
        ok(&shown.collect())
    }

    fn submit(&mut self, body: &str) -> Answer {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let new = &body["new_task"];
        let prompt = &body["input_items"][0]["content"][0]["text"];
        let (Some(env), Some(prompt)) = (new["environment_id"].as_str(), prompt.as_str()) else {
            return refusal(422, "Unprocessable");
        };
        if !self.environments.iter().any(|(id, _)| id == env) {
            return refusal(404, "Environment not found");
        }
        let best_of = body["metadata"]["best_of_n"].as_u64().unwrap_or(1);
        let best_of = usize::try_from(best_of).unwrap_or(1);
        let id = self.create(env, new["branch"].as_str(), prompt, best_of);
        ok(&json!({ "task": { "id": id } }))
    }

    /// A page of the list, what changed last first.
    fn list(&self, query: &str) -> Answer {
        let limit = parameter(query, "limit").and_then(|limit| limit.parse().ok());
        let size = limit.unwrap_or(20).min(self.page_size.unwrap_or(20));
        let cursor = parameter(query, "cursor");
        // Dressed up like base64: a cursor that is not escaped in the query does not come back.
        let before = cursor.as_deref().and_then(|cursor| {
            let number = cursor.strip_prefix("upd+")?.strip_suffix("==")?;
            number.parse::<u64>().ok()
        });
        if cursor.is_some() && before.is_none() {
            return refusal(400, "Invalid cursor");
        }
        let mut found: Vec<&Task> = self.tasks.iter().collect();
        if let Some(environment) = parameter(query, "environment_id") {
            found.retain(|task| task.environment_id == environment);
        }
        found.retain(|task| before.is_none_or(|before| task.updated_at < before));
        found.sort_by_key(|task| std::cmp::Reverse(task.updated_at));
        let more = found.len() > size;
        found.truncate(size);
        let last = found.last().filter(|_| more);
        ok(&json!({
            "items": found.iter().map(|task| task.summary(self.label(task))).collect::<Vec<_>>(),
            "cursor": last.map(|task| format!("upd+{}==", task.updated_at)),
        }))
    }

    fn siblings(&self, id: &str, turn: &str) -> Answer {
        let Some(task) = self.find(id) else {
            return refusal(404, "Task not found");
        };
        let asked = |n: &usize| task.turn_id(*n) == turn;
        let numbers = 1..=task.attempts.len();
        let Some(asked) = numbers.clone().find(asked) else {
            return refusal(404, "Turn not found");
        };
        let turns = numbers.filter(|n| *n != asked).map(|n| task.turn(n));
        ok(&json!({ "sibling_turns": turns.collect::<Vec<_>>() }))
    }
}

/// Binds the port. A process that a test is just starting may hold it for a moment more.
fn bind(port: u16) -> TcpListener {
    for _ in 0..250 {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => return listener,
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
    panic!("cannot bind port {port}");
}

/// Takes connections in until the service leaves the network.
fn listen(listener: TcpListener, shared: &Arc<Shared>) -> JoinHandle<()> {
    let shared = Arc::clone(shared);
    let generation = lock(&shared.state).generation;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if lock(&shared.state).generation != generation {
                break;
            }
            let shared = Arc::clone(&shared);
            // A client that hangs up is part of the play, so nobody asks for the outcome.
            thread::spawn(move || serve(&shared, generation, &stream));
        }
    })
}

/// Handles one connection, which carries one request.
fn serve(shared: &Shared, generation: usize, stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let request = read_request(stream)?;
    let mut state = lock(&shared.state);
    state.requests.push(request.clone());
    shared.signal.notify_all();
    let (delay, action) = state.strike(&request.line());
    let connected = |state: &mut State| state.generation == generation;
    let (mut state, _) =
        shared.signal.wait_timeout_while(state, delay, connected).unwrap_or_else(PoisonError::into_inner);
    if !connected(&mut state) {
        return Ok(());
    }
    let answer = match action {
        Some(Action::DropConnection) => return Ok(()),
        Some(Action::Status(status)) => refusal(status, "fault"),
        Some(Action::Answer(status, ref body)) => (status, body.clone()),
        Some(Action::DropAfterProcessing) => {
            state.answer(&request);
            return Ok(());
        }
        Some(Action::StatusAfterProcessing(status)) => {
            state.answer(&request);
            refusal(status, "fault")
        }
        Some(Action::DropHalfway | Action::Delay(_)) | None => state.answer(&request),
    };
    drop(state);
    let whole = !matches!(action, Some(Action::DropHalfway));
    write_answer(stream, &answer, whole)
}

fn read_request(stream: &TcpStream) -> io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let first = read_line(&mut reader)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next(), words.next());
    let mut length = 0;
    loop {
        let header = read_line(&mut reader)?;
        match header.split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Request {
        method: method.unwrap_or_default(),
        target: target.unwrap_or_default(),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn write_answer(mut stream: &TcpStream, (status, body): &Answer, whole: bool) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} \r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len(),
    );
    let sent = if whole { body.len() } else { body.len() / 2 };
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body.as_bytes()[..sent])
}

fn ok(body: &Value) -> Answer {
    (200, body.to_string())
}

fn refusal(status: u16, detail: &str) -> Answer {
    (status, json!({ "detail": detail }).to_string())
}

fn message(role: &str, text: &str) -> Value {
    let content = json!([{ "content_type": "text", "text": text }]);
    json!({ "type": "message", "role": role, "content": content })
}

/// Counts as the client does where the service sends no numbers.
fn diff_stats(diff: &str) -> Value {
    let starting = |wanted: &str| diff.lines().filter(|line| line.starts_with(wanted)).count();
    json!({
        "files_modified": starting("diff --git "),
        "lines_added": starting("+") - starting("+++"),
        "lines_removed": starting("-") - starting("---"),
    })
}

fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(percent_decoded(&value.replace('+', " ")))
}

fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        bytes.extend(u8::from_str_radix(hex, 16));
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..=chunk.len() {
            let index = word >> (18 - 6 * digit) & 63;
            text.push(char::from(ALPHABET[index as usize]));
        }
    }
    text
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that failed while holding the lock is reported by itself.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
