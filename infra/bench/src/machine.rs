//! What the figures were taken on: without it they say nothing.

use std::{fmt::Write as _, fs, process::Command};

use shared::clock::Clock;

/// Processors, memory, system, compiler, date, and how busy the machine is otherwise.
pub(crate) fn facts() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut text = String::new();
    let mut fact = |name: &str, what: Option<String>| {
        let _ = writeln!(text, "- {name}: {}", what.as_deref().unwrap_or("not known"));
    };
    fact("date", Some(Clock::system().now().strftime("%Y-%m-%d %H:%M UTC").to_string()));
    fact("processor", field("/proc/cpuinfo", "model name").map(|model| format!("{cores} × {model}")));
    fact("memory", field("/proc/meminfo", "MemTotal"));
    fact("system", first_line("/proc/sys/kernel/osrelease").map(|release| format!("Linux {release}")));
    fact("compiler", compiler());
    fact("load before, 1 and 5 minutes", load());
    text
}

/// How many processes want to run, on average over one and five minutes.
pub(crate) fn load() -> Option<String> {
    let averages = first_line("/proc/loadavg")?;
    let mut averages = averages.split(' ');
    Some(format!("{} and {}", averages.next()?, averages.next()?))
}

fn compiler() -> Option<String> {
    let output = Command::new("rustc").arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The value of a line such as `model name : …`.
pub(crate) fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn first_line(file: &str) -> Option<String> {
    Some(fs::read_to_string(file).ok()?.lines().next()?.to_owned())
}
