//! A small cloud in memory with a clock that is turned by hand, or in a folder that outlives it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use local::{
    aws::{Aws, Options},
    template::{Deployment, Template},
};
use shared::clock::Clock;

/// What a test needs to hold.
pub(crate) struct Cloud {
    pub(crate) aws: Aws,
    pub(crate) clock: Clock,
}

pub(crate) fn template() -> Template {
    let deployment = Deployment { stack: "try".into(), ..Deployment::default() };
    Template::parse(include_str!("template.yaml"), &deployment).unwrap()
}

pub(crate) fn options() -> Options {
    let clock = Clock::fake("2026-11-20T09:00:00Z".parse().unwrap());
    Options { clock, trusted: ["admin".to_owned()].into(), ..Options::in_memory(template()) }
}

impl Cloud {
    pub(crate) fn in_memory() -> Self {
        Self::with(options())
    }

    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::with(Options { folder: Some(folder.to_owned()), ..options() })
    }

    pub(crate) fn with(options: Options) -> Self {
        let clock = options.clock.clone();
        Self { aws: Aws::start(options).unwrap(), clock }
    }

    pub(crate) fn dynamodb(&self, role: &str) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.aws.sdk_config(role))
    }

    pub(crate) fn kms(&self, role: &str) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.aws.sdk_config(role))
    }

    pub(crate) fn sqs(&self, role: &str) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.aws.sdk_config(role))
    }

    pub(crate) fn secrets(&self, role: &str) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.aws.sdk_config(role))
    }

    pub(crate) fn ssm(&self, role: &str) -> aws_sdk_ssm::Client {
        aws_sdk_ssm::Client::new(&self.aws.sdk_config(role))
    }

    pub(crate) fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn queue(&self, name: &str) -> String {
        self.aws.template().queues.iter().find(|queue| queue.name == name).unwrap().url.clone()
    }
}

/// The code that the service gave.
pub(crate) fn code<T, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.code().unwrap_or("no code").to_owned(),
    }
}

/// A folder that goes with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(shared::id::random_token());
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The next `cargo clean` takes what cannot go now.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
