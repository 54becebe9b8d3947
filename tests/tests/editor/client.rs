//! A client of the language server protocol, as far as the tests need one.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::project;

/// How long an answer may take. The first one waits for the dependencies to be built.
const PATIENCE: Duration = Duration::from_secs(600);

/// rust-analyzer with one open file.
pub struct Client {
    server: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    file: String,
    version: u64,
    asked: u64,
    /// The latest diagnostics of the file, with the version that they are about.
    diagnostics: Option<(u64, Vec<Value>)>,
    legend: Vec<String>,
}

/// The place of `|` in a part of a text, as line and column. The part must be there once.
pub fn position(source: &str, at: &str) -> (u64, u64) {
    let (part, before) = (at.replacen('|', "", 1), at.find('|').expect("a mark"));
    assert_eq!(source.matches(&part).count(), 1, "`{part}` is there once");
    place(source, source.find(&part).expect("it is there") + before)
}

fn place(source: &str, offset: usize) -> (u64, u64) {
    let before = &source[..offset];
    (before.matches('\n').count() as u64, before.rsplit('\n').next().map_or(0, |line| line.chars().count()) as u64)
}

impl Client {
    /// Starts the server for a project and waits until it has read everything.
    pub fn start(project: PathBuf) -> Self {
        let mut server = Command::new("rust-analyzer")
            .current_dir(&project)
            .env("CARGO_TARGET_DIR", project::folder().join("target"))
            .env("CARGO_NET_OFFLINE", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("rust-analyzer runs");
        let (input, output) = (server.stdin.take().expect("piped"), server.stdout.take().expect("piped"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let file = format!("file://{}", project.join("src/lib.rs").display());
        let mut client = Self { server, input, messages, file, version: 1, asked: 0, diagnostics: None, legend: Vec::new() };
        let options = json!({
            "checkOnSave": false,
            "cachePriming": { "enable": false },
            "cargo": { "buildScripts": { "enable": true } },
            "procMacro": { "enable": true },
        });
        let answer = client.ask(
            "initialize",
            json!({
                "processId": std::process::id(),
                "rootUri": format!("file://{}", project.display()),
                "capabilities": {
                    "textDocument": { "hover": { "contentFormat": ["markdown"] }, "publishDiagnostics": { "versionSupport": true } },
                    "experimental": { "serverStatusNotification": true },
                },
                "initializationOptions": options,
            }),
        );
        let legend = &answer["capabilities"]["semanticTokensProvider"]["legend"]["tokenTypes"];
        client.legend = legend.as_array().expect("a legend").iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
        client.tell("initialized", json!({}));
        let text = std::fs::read_to_string(project.join("src/lib.rs")).expect("it was written");
        client.tell(
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": client.file, "languageId": "rust", "version": 1, "text": text } }),
        );
        client.wait(|message| message["method"] == "experimental/serverStatus" && message["params"]["quiescent"] == true);
        client
    }

    /// Replaces the text of the file.
    pub fn change(&mut self, text: &str) {
        self.version += 1;
        let document = json!({ "uri": self.file, "version": self.version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
    }

    /// What is shown at a place.
    pub fn hover(&mut self, source: &str, at: &str) -> String {
        let answer = self.ask_at("textDocument/hover", position(source, at), json!({}));
        answer["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// The words that are offered at the `|` of a text.
    pub fn complete(&mut self, text: &str) -> Vec<String> {
        let offset = text.find('|').expect("a mark");
        self.change(&text.replacen('|', "", 1));
        let answer = self.ask_at("textDocument/completion", place(text, offset), json!({}));
        let items = if answer.is_array() { &answer } else { &answer["items"] };
        items.as_array().into_iter().flatten().filter_map(|item| Some(item["label"].as_str()?.to_owned())).collect()
    }

    /// Where a word comes from.
    pub fn definition(&mut self, source: &str, at: &str) -> Vec<(u64, u64)> {
        let answer = self.ask_at("textDocument/definition", position(source, at), json!({}));
        let start = |place: &Value| {
            let range = if place["targetSelectionRange"].is_null() { &place["range"] } else { &place["targetSelectionRange"] };
            Some((range["start"]["line"].as_u64()?, range["start"]["character"].as_u64()?))
        };
        answer.as_array().into_iter().flatten().filter_map(start).collect()
    }

    /// The places that change if a word is renamed.
    pub fn rename(&mut self, source: &str, at: &str, name: &str) -> Vec<(u64, u64)> {
        let answer = self.ask_at("textDocument/rename", position(source, at), json!({ "newName": name }));
        let changes = answer["changes"].as_object().into_iter().flat_map(|files| files.values());
        let documents = answer["documentChanges"].as_array().into_iter().flatten().map(|change| &change["edits"]);
        let edits = changes.chain(documents).flat_map(|edits| edits.as_array().into_iter().flatten());
        edits.filter_map(|edit| Some((edit["range"]["start"]["line"].as_u64()?, edit["range"]["start"]["character"].as_u64()?))).collect()
    }

    /// The errors in a text: the text that is underlined, and the message.
    pub fn mistakes(&mut self, source: &str) -> Vec<(String, String)> {
        self.change(source);
        let version = self.version;
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.diagnostics.as_ref().is_none_or(|(about, _)| *about < version) && Instant::now() < deadline {
            self.next(Duration::from_secs(1));
        }
        // None are sent where there were none before.
        let found = self.diagnostics.clone().map_or(Vec::new(), |(_, found)| found);
        let lines: Vec<&str> = source.lines().collect();
        let one = |diagnostic: &Value| {
            let range = &diagnostic["range"];
            let at = |end: &str, what: &str| range[end][what].as_u64().unwrap_or_default() as usize;
            let line = lines.get(at("start", "line")).copied().unwrap_or_default();
            let end = if at("start", "line") == at("end", "line") { at("end", "character") } else { line.len() };
            let text = line.get(at("start", "character")..end).unwrap_or_default().to_owned();
            (diagnostic["severity"] == 1).then(|| (text, diagnostic["message"].as_str().unwrap_or_default().to_owned()))
        };
        found.iter().filter_map(one).collect()
    }

    /// The words of a text and what they are shown as.
    pub fn colors(&mut self, source: &str) -> Vec<(String, String)> {
        let answer = self.ask("textDocument/semanticTokens/full", json!({ "textDocument": { "uri": self.file } }));
        let numbers: Vec<usize> = answer["data"].as_array().into_iter().flatten().filter_map(|n| Some(n.as_u64()? as usize)).collect();
        let lines: Vec<&str> = source.lines().collect();
        let (mut line, mut column) = (0, 0);
        let mut all = Vec::new();
        for token in numbers.chunks_exact(5) {
            (line, column) = if token[0] > 0 { (line + token[0], token[1]) } else { (line, column + token[1]) };
            let text = lines[line].get(column..column + token[2]).unwrap_or_default();
            all.push((text.to_owned(), self.legend[token[3]].clone()));
        }
        all
    }

    fn ask_at(&mut self, method: &str, (line, character): (u64, u64), more: Value) -> Value {
        let mut params = json!({ "textDocument": { "uri": self.file }, "position": { "line": line, "character": character } });
        if let (Some(params), Some(more)) = (params.as_object_mut(), more.as_object()) {
            params.extend(more.clone());
        }
        self.ask(method, params)
    }

    /// Sends a request and waits for its answer.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        let answer = self.wait(|message| message["id"] == id && message["method"].is_null());
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].clone()
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("rust-analyzer reads");
        self.input.flush().expect("rust-analyzer reads");
    }

    /// The first message that is wanted; what comes before it is noted.
    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "rust-analyzer does not answer");
            if let Some(message) = self.next(Duration::from_secs(5)).filter(|message| wanted(message)) {
                return message;
            }
        }
    }

    /// The next message. Requests of the server are answered, diagnostics noted.
    fn next(&mut self, patience: Duration) -> Option<Value> {
        let message = self.messages.recv_timeout(patience).ok()?;
        if !message["id"].is_null() && !message["method"].is_null() {
            let result = if message["method"] == "workspace/configuration" { json!([{}]) } else { Value::Null };
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
        }
        if message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == self.file.as_str() {
            let about = message["params"]["version"].as_u64().unwrap_or_default();
            self.diagnostics = Some((about, message["params"]["diagnostics"].as_array().cloned().unwrap_or_default()));
        }
        Some(message)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
            Some(_) => {}
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}
