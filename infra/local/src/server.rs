//! The running server: opens its folder, takes its port, serves, works the queues, and stops without losing anything.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, Request, connect_info::IntoMakeServiceWithConnectInfo},
    serve::ListenerExt,
};
use serde_json::Value;
use shared::{clock::Clock, id::Ids};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use url::Url;

use crate::{
    aws, files, front_end,
    jobs::Jobs,
    outbox,
    sandbox::{self, Sandbox},
    settings::Settings,
    stack::{self, Stack},
};

/// How long requests, refreshes and queue work under way may take to finish after the signal to stop: as long as the
/// longest of the functions that answer them has on Lambda.
const DRAIN: Duration = Duration::from_mins(1);

/// A server that answers.
pub struct Server {
    stack: Stack,
    sandbox: Sandbox,
    jobs: Jobs,
    address: SocketAddr,
    public_url: Url,
    stop: watch::Sender<bool>,
    serving: JoinHandle<io::Result<()>>,
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Somebody else has the port.
    #[error("port {0} is taken by another program. Stop that one, or choose another port: PORT=0 picks a free one")]
    PortTaken(u16),
    /// The port cannot be had.
    #[error("PORT: {0}: {1}")]
    Port(u16, io::Error),
    /// The folder cannot be used.
    #[error("POSTERN_DIR: {}: {}", .0.display(), .1)]
    Folder(PathBuf, io::Error),
    /// Another server uses the folder.
    #[error("another Postern runs on the folder {}. Stop that one, or choose another folder: POSTERN_DIR", .0.display())]
    FolderTaken(PathBuf),
    /// The stack did not start.
    #[error(transparent)]
    Stack(stack::StartError),
}

impl From<stack::StartError> for Failure {
    fn from(error: stack::StartError) -> Self {
        match error {
            stack::StartError::Cloud(aws::StartError::InUse { folder }) => Self::FolderTaken(folder),
            other => Self::Stack(other),
        }
    }
}

impl Server {
    /// Starts everything. When this returns, it answers.
    pub async fn start(settings: &Settings) -> Result<Self, Failure> {
        let listener = listen(settings.port).await?;
        let address = listener.local_addr().map_err(|error| Failure::Port(settings.port, error))?;
        let public_url = match &settings.public_url {
            Some(url) => url.clone(),
            None => own_url(address.port()).map_err(|error| Failure::Port(settings.port, error))?,
        };
        let clock = Clock::system();
        let sandbox = open_sandbox(settings, &public_url, &clock)?;
        let stack = start_stack(settings, &public_url, address.port(), &sandbox, clock)?;
        stack.app("integrations").catalogue.check();
        let jobs = Jobs::start(&stack).map_err(stack::StartError::from)?;
        let mut router = stack.router(sandbox.routes());
        if let Some(folder) = &settings.frontend_dir {
            router = front_end::around(router, folder);
        }
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, router, stopped));
        Ok(Self { stack, sandbox, jobs, address, public_url, stop, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address people use.
    pub fn public_url(&self) -> &Url {
        &self.public_url
    }

    /// The functions and the cloud under it.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The provider to try things with.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Takes no more work, finishes what is under way, and closes the files. `false` where that took too long.
    pub async fn stop(self) -> bool {
        let Self { stack, jobs, stop, serving, .. } = self;
        let _ = stop.send(true);
        let finish = async {
            let _ = serving.await;
            jobs.stop().await;
            for app in stack.apps() {
                app.flights.drained().await;
            }
        };
        let finished = tokio::time::timeout(DRAIN, finish).await.is_ok();
        stack.aws().clone().stop().await;
        finished
    }
}

async fn listen(port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::PortTaken(port),
        _ => Failure::Port(port, error),
    })
}

fn own_url(port: u16) -> io::Result<Url> {
    format!("http://localhost:{port}").parse().map_err(io::Error::other)
}

fn open_sandbox(settings: &Settings, public_url: &Url, clock: &Clock) -> Result<Sandbox, Failure> {
    let folder = &settings.folder;
    let open = || {
        files::private_folder(folder)?;
        Sandbox::open(sandbox::Setup {
            file: Some(folder.join("sandbox.json")),
            public_url: public_url.clone(),
            frontend_url: settings.frontend_url.clone(),
            token_seconds: settings.sandbox_token_seconds,
            clock: clock.clone(),
        })
    };
    open().map_err(|error| Failure::Folder(folder.clone(), error))
}

fn start_stack(
    settings: &Settings,
    public_url: &Url,
    port: u16,
    sandbox: &Sandbox,
    clock: Clock,
) -> Result<Stack, Failure> {
    let mut clients = settings.clients.clone();
    let own = serde_json::json!({ "client_id": sandbox::CLIENT_ID, "client_secret": sandbox.client_secret() });
    clients.insert(sandbox::CLIENT_ID.to_owned(), own);
    let template = stack::template()?;
    let mut cloud = aws::Options::in_memory(template.clone());
    cloud.folder = Some(settings.folder.clone());
    cloud.clock = clock;
    cloud.secrets.insert("postern-oauth-clients".to_owned(), Value::Object(clients));
    if let Some(password) = settings.look_up("SMTP_PASS") {
        cloud.secrets.insert("postern-smtp".to_owned(), serde_json::json!({ "password": password }));
    }
    // The sandbox is called over our own port, like any provider.
    let own_port = ["localhost", "127.0.0.1"].map(|host| (host.to_owned(), port));
    let setup = stack::Setup {
        cloud,
        ids: Ids::system(),
        public_url: public_url.clone(),
        allow: settings.allow.iter().cloned().chain(own_port).collect(),
        outbox: Some(outbox::below(&settings.folder)),
        trust: Vec::new(),
        settings: &|name| settings.look_up(name),
    };
    Ok(Stack::start(setup)?)
}

async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) -> io::Result<()> {
    // Answers are small: waiting to fill a packet only makes them late.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let router = router.layer(axum::middleware::map_request(with_client_ip));
    let service: IntoMakeServiceWithConnectInfo<Router, SocketAddr> = router.into_make_service_with_connect_info();
    let stop = async move { drop(stopped.wait_for(|stop| *stop).await) };
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}

async fn with_client_ip(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request) -> Request {
    request.extensions_mut().insert(shared::http::ClientIp(peer.ip()));
    request
}
