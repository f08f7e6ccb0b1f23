//! AWS as a function in a process of its own sees it: our in-process AWS, served over HTTP.

use std::{
    process::{Command, ExitStatus},
    sync::{Arc, Mutex},
};

use local::{
    aws::{Aws, Options},
    runtime_api::{Outcome, RuntimeApi},
    stack,
    template::REGION,
};
use serde_json::{Value, json};
use support::{Child, FRONTEND_URL, PUBLIC_URL};

/// A deployment: the cloud, and as many functions as a test boots.
pub(crate) struct Cloud {
    aws: Aws,
    endpoint: String,
}

/// A function in a process of its own. It ends with this value.
pub(crate) struct Function {
    api: RuntimeApi,
    _process: Child,
}

impl Cloud {
    /// An empty one, as the template makes it.
    pub(crate) async fn start() -> Self {
        let template = stack::template().expect("the template is readable").clone();
        let mut options = Options::in_memory(template);
        options.parameters.insert("/postern/public-url".to_owned(), PUBLIC_URL.to_owned());
        let aws = Aws::start(options).expect("the cloud starts");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let router = aws.endpoint();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { aws, endpoint }
    }

    /// Takes all that lies in a function's queue.
    pub(crate) async fn queued(&self, function: &str) -> Vec<Value> {
        let taken = Arc::new(Mutex::new(Vec::new()));
        let take = |event: Value| {
            let taken = Arc::clone(&taken);
            async move {
                let records = event["Records"].as_array().cloned().unwrap_or_default();
                let bodies = records.iter().filter_map(|record| serde_json::from_str(record["body"].as_str()?).ok());
                taken.lock().expect("no test panicked here").extend(bodies);
                Ok(json!({ "batchItemFailures": [] }))
            }
        };
        for delivery in self.aws.deliveries().iter().filter(|delivery| delivery.function == function) {
            while self.aws.deliver(delivery, &take).await.expect("its role may read its queue") > 0 {}
        }
        let taken = taken.lock().expect("no test panicked here");
        taken.clone()
    }

    /// Boots a function's binary with the environment that the template and Lambda give it, and nothing else.
    pub(crate) async fn boot(&self, name: &str) -> Function {
        let api = RuntimeApi::start().await.expect("a port");
        let process = Child::quiet(&self.command(name, &api));
        Function { api, _process: process }
    }

    /// Boots one that does not get as far as its first event, and gives how it ended and what it said.
    pub(crate) async fn refuse_to_boot(&self, name: &str, settings: &[(&str, &str)]) -> (ExitStatus, String) {
        let api = RuntimeApi::start().await.expect("a port");
        let mut command = self.command(name, &api);
        command.envs(settings.iter().copied());
        let run = tokio::task::spawn_blocking(move || command.output()).await.expect("it runs");
        let output = run.expect("the binary is there");
        (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn command(&self, name: &str, api: &RuntimeApi) -> Command {
        let function = self.aws.template().function(name).expect("the template has it");
        let mut command = Command::new(binary(name));
        command.env_clear().envs(&function.environment).envs([
            ("AWS_ACCESS_KEY_ID", name),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_SESSION_TOKEN", "local"),
            ("AWS_REGION", REGION),
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_LAMBDA_RUNTIME_API", api.address()),
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/test"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "test"),
            // What the operator left to the stack's parameters.
            ("FRONTEND_URL", FRONTEND_URL),
        ]);
        command
    }
}

impl Function {
    /// Hands it an event.
    pub(crate) async fn invoke(&self, event: Value) -> Outcome {
        self.api.invoke(event).await
    }
}

/// Built by Cargo together with these tests, from the function's own `main`.
fn binary(function: &str) -> &'static str {
    match function {
        "audit-sealer" => env!("CARGO_BIN_EXE_lambda-audit-sealer"),
        "auth" => env!("CARGO_BIN_EXE_lambda-auth"),
        "console" => env!("CARGO_BIN_EXE_lambda-console"),
        "credentials" => env!("CARGO_BIN_EXE_lambda-credentials"),
        "integrations" => env!("CARGO_BIN_EXE_lambda-integrations"),
        "oauth" => env!("CARGO_BIN_EXE_lambda-oauth"),
        "token-refresh" => env!("CARGO_BIN_EXE_lambda-token-refresh"),
        other => panic!("tests/Cargo.toml builds no binary for {other}"),
    }
}
