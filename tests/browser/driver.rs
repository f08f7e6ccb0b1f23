//! Chromium, driven over WebDriver (W3C): the few commands that these tests need, and no more.
//!
//! Nothing here waits by the clock: looking for an element waits until it is there.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::Command,
};

use base64::Engine as _;
use serde_json::{Value, json};
use support::Child;
use url::Url;

use crate::folder::Folder;

/// How long an element may take to appear, in milliseconds.
const PATIENCE: u32 = 20_000;
/// A page has fewer stops of the keyboard than this; the console has some for each provider.
const STOPS: u32 = 200;
/// What WebDriver calls an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const MISSING: &str = "it comes with Chromium; `tests/run` installs both";

/// A browser of its own, with an empty profile. It is closed when dropped.
pub(crate) struct Driver {
    http: reqwest::Client,
    port: u16,
    session: String,
    _process: Child,
    /// The browser's files. Last, so that nobody writes there any more.
    _folder: Folder,
}

/// Keys as WebDriver writes them.
pub(crate) mod key {
    pub(crate) const TAB: &str = "\u{e004}";
    pub(crate) const ENTER: &str = "\u{e007}";
}

impl Driver {
    /// A browser as most people have it, except that it gives no cookies to third parties.
    pub(crate) async fn start() -> Self {
        let mut command = Command::new("chromedriver");
        let folder = Folder::new();
        command.args(["--port=0", "--log-level=SEVERE"]).env("TMPDIR", folder.path());
        let (process, port) = Child::ready(&command, MISSING, |line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim().trim_end_matches('.').parse::<u16>().ok()
        });
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let mut driver = Self { http, port, session: String::new(), _process: process, _folder: folder };
        let answer = driver.call("session", &json!({ "capabilities": { "alwaysMatch": capabilities() } })).await;
        answer["sessionId"].as_str().expect("a session has an id").clone_into(&mut driver.session);
        driver
    }

    /// Opens an address, and waits until its page is loaded.
    pub(crate) async fn open(&self, url: &str) {
        self.command("url", json!({ "url": url })).await;
    }

    /// Where it is.
    pub(crate) async fn url(&self) -> Url {
        let url = self.run("return location.href").await;
        url.as_str().and_then(|url| url.parse().ok()).expect("a page has an address")
    }

    /// What a person reads in this element; waits for it.
    pub(crate) async fn text(&self, css: &str) -> String {
        let element = self.find(css).await;
        text(&self.run_with("return arguments[0].innerText", json!([{ ELEMENT: element }])).await)
    }

    /// Waits for the page with this heading: one that is on its way out has another.
    pub(crate) async fn headed(&self, heading: &str) {
        self.find_by("xpath", &format!("//main//h1[normalize-space()='{heading}']")).await;
    }

    /// Clicks; a page that this leads to is loaded afterwards.
    pub(crate) async fn click(&self, css: &str) {
        let element = self.find(css).await;
        self.command(&format!("element/{element}/click"), json!({})).await;
    }

    /// Types into a field.
    pub(crate) async fn fill(&self, css: &str, typed: &str) {
        let element = self.find(css).await;
        self.command(&format!("element/{element}/value"), json!({ "text": typed })).await;
    }

    /// Presses and lets go each key in turn, wherever the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        let strokes =
            keys.chars().flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })));
        let strokes: Vec<Value> = strokes.collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.command("actions", json!({ "actions": [keyboard] })).await;
    }

    /// Presses Tab until the focus is on this element, as somebody without a mouse does.
    pub(crate) async fn tab_to(&self, css: &str) {
        self.find(css).await;
        let script = "return document.activeElement.matches(arguments[0])";
        for _ in 0..STOPS {
            if self.run_with(script, json!([css])).await == true {
                return;
            }
            self.press(key::TAB).await;
        }
        panic!("the keyboard does not get to {css}");
    }

    /// Whether there is such an element now.
    pub(crate) async fn has(&self, css: &str) -> bool {
        self.run_with("return !!document.querySelector(arguments[0])", json!([css])).await == true
    }

    /// Runs a function's body in the page and gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.run_with(script, json!([])).await
    }

    /// Pages run no scripts of their own from now on.
    pub(crate) async fn without_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// `light` or `dark`.
    pub(crate) async fn colours(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [feature] })).await;
    }

    /// How wide and high a page is shown, in pixels.
    pub(crate) async fn size(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// What the console said since it was last asked: violations of the content security policy, failed loads, errors.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", json!({ "type": "browser" })).await;
        let entries = log.as_array().cloned().unwrap_or_default();
        // `DEBUG` is advice, such as which of two secrets a password manager may keep.
        let serious = entries.iter().filter(|entry| entry["level"] != "INFO" && entry["level"] != "DEBUG");
        serious.map(|entry| text(&entry["message"])).collect()
    }

    /// Keeps a picture of the page below the target folder, for people to look at.
    pub(crate) async fn picture(&self, name: &str) {
        let png = self.get("screenshot").await;
        let png = base64::engine::general_purpose::STANDARD.decode(text(&png)).expect("a picture");
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("browser");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("a picture is written");
    }

    async fn find(&self, css: &str) -> String {
        self.find_by("css selector", css).await
    }

    /// Waits until there is such an element; where it does not come, the test fails and shows what there is instead.
    async fn find_by(&self, way: &str, what: &str) -> String {
        let path = format!("session/{}/element", self.session);
        let found = self.ask(&path, &json!({ "using": way, "value": what })).await;
        if found["error"] == "no such element" {
            self.picture("missing").await;
            let page = text(&self.run("return document.body.innerText").await);
            panic!("{} has no {what}:\n{page}\n{:?}", self.url().await, self.complaints().await);
        }
        sound("element", &found);
        text(&found[ELEMENT])
    }

    async fn run_with(&self, script: &str, args: Value) -> Value {
        self.command("execute/sync", json!({ "script": script, "args": args })).await
    }

    async fn devtools(&self, command: &str, params: Value) {
        self.command("goog/cdp/execute", json!({ "cmd": command, "params": params })).await;
    }

    async fn command(&self, path: &str, body: Value) -> Value {
        self.call(&format!("session/{}/{path}", self.session), &body).await
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("http://127.0.0.1:{}/session/{}/{path}", self.port, self.session);
        answer(path, self.http.get(url).send().await).await
    }

    async fn call(&self, path: &str, body: &Value) -> Value {
        let value = self.ask(path, body).await;
        sound(path, &value);
        value
    }

    async fn ask(&self, path: &str, body: &Value) -> Value {
        let url = format!("http://127.0.0.1:{}/{path}", self.port);
        answer(path, self.http.post(url).body(body.to_string()).send().await).await
    }
}

impl Drop for Driver {
    /// The browser is closed in good order first; the answer comes when it has ended.
    fn drop(&mut self) {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return };
        let request = format!(
            "DELETE /session/{} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            self.session
        );
        if stream.write_all(request.as_bytes()).is_ok() {
            let _ = stream.read(&mut [0; 256]);
        }
    }
}

fn capabilities() -> Value {
    json!({
        "browserName": "chrome",
        "timeouts": { "implicit": PATIENCE },
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": {
            // The pipe: a browser whose driver was killed ends by itself. No sandbox, since the tests may run as root.
            "args": ["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-dev-shm-usage",
                "--disable-gpu", "--disable-breakpad", "--disable-crash-reporter", "--no-proxy-server",
                "--lang=en", "--window-size=1000,800"],
            "prefs": { "profile.block_third_party_cookies": true, "credentials_enable_service": false },
        },
    })
}

async fn answer(path: &str, answer: reqwest::Result<reqwest::Response>) -> Value {
    let answer = answer.unwrap_or_else(|error| panic!("chromedriver does not answer to {path}: {error}"));
    let body: Value = serde_json::from_slice(&answer.bytes().await.expect("an answer")).expect("JSON");
    body["value"].clone()
}

#[track_caller]
fn sound(path: &str, value: &Value) {
    assert!(value["error"].is_null(), "{path}: {}: {}", value["error"], text(&value["message"]));
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
