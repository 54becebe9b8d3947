//! `layercake doctor`, `layercake watch`, and the warnings of the zoo's own recipes.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use layercake_train::Epoch;
use layercake_train::health::warnings;

use crate::support::Place;

/// No run of a recipe is warned of. The folder's README says where the files are from.
#[test]
fn no_false_alarm() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/health");
    let mut runs = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "jsonl") {
            continue;
        }
        let history: Vec<Epoch> = fs::read_to_string(&path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(history[0].layers.iter().any(|layer| layer.update.is_some()), "{}: nothing was measured", path.display());
        let found: Vec<String> = warnings(&history).iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "{}: {found:?}", path.display());
        runs += 1;
    }
    assert!(runs >= 18, "{runs} runs in {}", folder.display());
}

/// A run that is watched: as lines, and as a page on this machine.
#[test]
fn watch() {
    let place = Place::new();
    place.works("train softmax --epochs 2 --out run");
    let text = place.works("watch run");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("epoch 1/2  train: loss ") && lines[1].starts_with("epoch 2/2  train: loss "), "{text}");
    assert_eq!(lines[2], "finished after 2 epochs");
    fs::remove_file(place.path("run/summary.json")).unwrap();
    assert!(place.works("watch run").ends_with("interrupted after 2 of 2 epochs; `layercake train --resume run` goes on\n"));
    place.fails("watch none", 1, "error: none: no such run folder");
    place.fails("watch none --serve 0", 1, "error: none: no such run folder");

    /// Ends the server, also of a test that fails.
    struct Server(Child);
    impl Drop for Server {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }
    let server = Command::new(env!("CARGO_BIN_EXE_layercake"))
        .args(["watch", "run", "--serve", "0"])
        .current_dir(place.path("."))
        .stdout(Stdio::piped())
        .spawn();
    let mut server = Server(server.unwrap());
    let mut said = Vec::new();
    let mut out = server.0.stdout.take().unwrap();
    while !said.ends_with(b"\n") {
        let mut byte = [0];
        out.read_exact(&mut byte).unwrap();
        said.push(byte[0]);
    }
    let said = String::from_utf8(said).unwrap();
    let address = said.strip_prefix("http://").and_then(|rest| rest.split_once("/ has the page of run")).unwrap().0.to_owned();
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let page = ask(&format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n"));
    let other = ask("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
    let post = ask("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let file = ask("GET /../config.json HTTP/1.1\r\nHost: localhost:1\r\n\r\n");
    let long = ask(&("GET /".to_owned() + &"x".repeat(10_000)));
    fs::remove_file(place.path("run/config.json")).unwrap();
    let gone = ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("<h1>softmax on digits</h1>"), "{page}");
    assert!(page.contains("<meta http-equiv=\"refresh\" content=\"5\">"), "the run is not finished");
    assert!(other.starts_with("HTTP/1.1 403 "), "{other}");
    assert!(
        post.starts_with("HTTP/1.1 405 ") && file.starts_with("HTTP/1.1 404 ") && long.starts_with("HTTP/1.1 400 "),
        "{post}{file}{long}"
    );
    assert!(gone.starts_with("HTTP/1.1 503 ") && gone.contains("not the folder of a run"), "{gone}");
}

/// A good model and a bad learning rate. Nothing is written.
#[test]
fn doctor() {
    let place = Place::new();
    let text = place.works("doctor softmax --seed 1");
    let lines: Vec<&str> = text.lines().collect();
    let begins = [
        "ok       the loss of the first batch is 2.",
        "ok       the gradients are ",
        "ok       the steps are ",
        "ok       the training loss went from 2.",
        "ok       the loss of one batch of 16 went from 2.",
    ];
    assert_eq!(lines.len(), begins.len(), "{text}");
    for (line, begin) in lines.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line}\n{text}");
    }
    assert!(lines[4].ends_with("the model can learn it by heart"), "{text}");
    let text = place.works("doctor lenet5 --lr 3 --seed 1");
    assert!(text.lines().filter(|line| line.starts_with("warning  ")).count() >= 2, "{text}");
    place.works(&format!("doctor mlp --data {} --target class", support_table("wine.csv")));
    place.fails("doctor knn", 1, "error: `knn` cannot be examined: it stores the training images and has no gradients");
    place.fails("doctor gridworld", 1, "error: `gridworld` cannot be examined: it learns tables and has no gradients");
    place.fails("doctor dqn", 1, "error: `dqn` cannot be examined: it learns by acting, and its loss need not fall");
    assert_eq!(place.names("."), [""; 0]);
}

/// A reader that exits early, as `head` does, is no error.
#[test]
fn nobody_reads() {
    let place = Place::new();
    let command = Command::new(env!("CARGO_BIN_EXE_layercake"))
        .args(["train", "softmax", "--epochs", "1", "--out", "run"])
        .current_dir(place.path("."))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = command.unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((String::from_utf8(output.stderr).unwrap(), output.status.success()), (String::new(), true));
    assert!(place.path("run/summary.json").is_file());
}

fn support_table(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tables").join(name).display().to_string()
}
