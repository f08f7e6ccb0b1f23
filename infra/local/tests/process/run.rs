//! A server in a process of its own, and a plain way to talk to it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver},
    },
};

use serde_json::Value;

/// A folder that is gone when the test is.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("postern-{}", shared::id::random_token())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running server.
pub(crate) struct Run {
    child: Child,
    port: u16,
    said: Arc<Mutex<String>>,
    lines: Receiver<String>,
}

impl Run {
    /// Starts one, on a free port unless told another, and waits until it is ready.
    pub(crate) fn start(folder: &Folder, settings: &[(&str, &str)]) -> Self {
        let mut child = command(folder, settings).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let said = Arc::new(Mutex::new(String::new()));
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        follow(out, &said, &sender);
        follow(err, &said, &sender);
        let mut run = Self { child, port: 0, said, lines };
        let ready = run.hears("Postern is ready: http://localhost:");
        run.port = ready.rsplit(':').next().unwrap().parse().unwrap();
        run
    }

    /// Runs one that is meant to refuse: its exit code, and what it said.
    pub(crate) fn fails(folder: &Folder, settings: &[(&str, &str)]) -> (Option<i32>, String) {
        let output = command(folder, settings).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits for a line that contains this.
    pub(crate) fn hears(&mut self, part: &str) -> String {
        loop {
            match self.lines.recv() {
                Ok(line) if line.contains(part) => return line,
                Ok(_) => {}
                Err(mpsc::RecvError) => panic!("it ended without saying `{part}`:\n{}", self.said.lock().unwrap()),
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Ends it as a power cut would, as far as the process can tell.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end: exit code, and all it said.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        while self.lines.recv().is_ok() {}
        (code, self.said.lock().unwrap().clone())
    }

    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        read_answer(stream)
    }

    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let body = url::Url::parse_with_params("http://x", form).unwrap().query().unwrap().to_owned();
        self.send(&format!("POST {path}"), "", &body)
    }

    /// Asks as a program does that has this token, and reads the answer's JSON.
    pub(crate) fn ask(&self, what: &str, token: &str, body: &Value) -> Value {
        let head = format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.send(what, &head, &body);
        assert!(status < 300, "{what}: {answer}");
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    fn send(&self, what: &str, head: &str, body: &str) -> (u16, String) {
        let mut stream = self.connect();
        let length = body.len();
        write!(
            stream,
            "{what} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{head}content-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        read_answer(stream)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status and the whole answer.
pub(crate) fn read_answer(mut stream: TcpStream) -> (u16, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no answer: {answer:?}")), answer)
}

fn command(folder: &Folder, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command
        .env_clear()
        .env("POSTERN_DIR", folder.path())
        .env("PORT", "0")
        .envs(settings.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn follow(from: impl std::io::Read + Send + 'static, said: &Arc<Mutex<String>>, lines: &mpsc::Sender<String>) {
    let (said, lines) = (Arc::clone(said), lines.clone());
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            said.lock().unwrap().extend([&line, "\n"]);
            let _ = lines.send(line);
        }
    });
}
