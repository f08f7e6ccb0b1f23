//! The server's process: started by the first who asks, shared by all, ended with the tests.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

/// The shell ends the server when its own input ends: when this process does, however it does.
const UNTIL_WE_END: &str = r#""$0" -H 127.0.0.1 -p 0 & read -r _; kill $!"#;

/// Where it listens.
pub(super) fn address() -> &'static str {
    static RUNNING: OnceLock<(Child, String)> = OnceLock::new();
    let (_, address) = RUNNING.get_or_init(|| {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/.venv/bin/moto_server");
        assert!(program.exists(), "moto is not installed: tests/run does that");
        let mut shell = Command::new("sh")
            .args(["-c", UNTIL_WE_END])
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(shell.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| Some(line.split_once("Running on ")?.1.trim().to_owned()));
        // Somebody must go on reading, or the server stops at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        (shell, address.expect("moto says where it listens"))
    });
    address
}
