//! Another program, started by a test: ready when it says so, gone when the test is, however the test ends.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader},
    process::{self, ChildStdout, Command, Stdio},
};

/// A shell around the program ends it when our end of the shell's input is closed, which a crash does too. The shell itself
/// keeps nothing else open, so that the end of the program's output is seen.
const UNTIL_WE_END: &str = r#""$0" "$@" & exec >&- 2>&-; read -r _; kill $!; wait"#;

/// A running program. Dropping it ends it.
#[derive(Debug)]
pub struct Child {
    shell: process::Child,
    /// Kept open: a program that writes on after its ready line must not break on it.
    output: Option<BufReader<ChildStdout>>,
}

impl Child {
    /// Starts a program and reads what it says until `ready` finds in a line what it looks for.
    ///
    /// # Panics
    /// Where the program ends first. The message says `without`: what to do where it is missing.
    #[track_caller]
    pub fn ready<T>(program: &Command, without: &str, ready: impl Fn(&str) -> Option<T>) -> (Self, T) {
        let name = program.get_program().to_string_lossy().into_owned();
        let mut child = Self::below(guarded(program).stdout(Stdio::piped()));
        let mut output = BufReader::new(child.shell.stdout.take().expect("its output was asked for"));
        let mut said = String::new();
        loop {
            let mut line = String::new();
            let read = output.read_line(&mut line).expect("its output is text");
            assert_ne!(read, 0, "{name} ended before it was ready: {without}\n{said}");
            if let Some(found) = ready(&line) {
                child.output = Some(output);
                return (child, found);
            }
            said.push_str(&line);
        }
    }

    /// Starts a program that says nothing of interest, with no variables but those given.
    pub fn quiet(program: &Command) -> Self {
        let mut shell = guarded(program);
        let given: Vec<_> = program.get_envs().filter_map(|(name, value)| Some((name, value?))).collect();
        Self::below(shell.env_clear().envs(given).stdout(Stdio::null()))
    }

    fn below(shell: &mut Command) -> Self {
        Self { shell: shell.spawn().expect("there is a shell"), output: None }
    }
}

/// The same program, below the shell that ends it. Variables and folder are the given ones.
fn guarded(program: &Command) -> Command {
    let mut shell = Command::new("sh");
    let line = [OsString::from("-c"), UNTIL_WE_END.into(), program.get_program().to_owned()];
    shell.args(line).args(program.get_args()).stdin(Stdio::piped());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    if let Some(folder) = program.get_current_dir() {
        shell.current_dir(folder);
    }
    shell
}

impl Drop for Child {
    fn drop(&mut self) {
        // The shell's input ends here; it ends the program, then itself.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
