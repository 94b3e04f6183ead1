//! `gridpass serve`: from a configuration to a running portal, and its orderly end.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use gridpass_app::ssr::{CookieSecurity, DevOutbox, Turns};
use gridpass_provider::{Gridpass, MailService};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::MissedTickBehavior;

use crate::config::{Config, Tls};
use crate::door::{self, Door, Standing};
use crate::http::health::Verdict;
use crate::jobs::Jobs;
use crate::live::{self, Live};
use crate::metrics::{Metrics, MetricsListener};
use crate::mtls::Listener;
use crate::state::App;
use crate::{router, security, site};

const HOUSEKEEPING: Duration = Duration::from_secs(60);
/// How often it is looked for what other servers put into mailboxes, while somebody waits here.
const WAKING: Duration = Duration::from_secs(1);
/// How often PostgreSQL is told of tables that have filled.
const STATISTICS: Duration = Duration::from_secs(5);

/// Serves until the process is asked to stop.
///
/// # Errors
/// When the site is not built, a file for TLS is missing, or the address is taken.
pub(crate) fn serve(mut config: Config, gridpass: Gridpass) -> Result<(), Box<dyn Error>> {
    // Whoever connects out over TLS needs it: to mail servers and to other systems. A second
    // installation of the same provider is refused and harmless.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let carriers = config.carriers()?;
    let mail_service = match carriers.mail {
        Some(_) => MailService::Carried,
        None => MailService::Missing,
    };
    let mut gridpass = gridpass
        .with_mail_service(mail_service)
        .with_retention(config.retention);
    if let Some(list) = &config.known_passwords {
        gridpass = gridpass
            .with_known_passwords(list)
            .map_err(|error| format!("known_passwords, {}: {error}", list.display()))?;
    }
    let devices = match config.mtls.take() {
        Some(mtls) => Some(Listener::bind(mtls, &config.origin)?),
        None => None,
    };
    if let Some(devices) = &devices {
        gridpass = gridpass.with_device_line(devices.line().clone());
    }
    let metrics = config
        .metrics
        .as_ref()
        .map(MetricsListener::bind)
        .transpose()?;
    // Whoever starts waits for others that start; whoever asks does not wait that long.
    gridpass.wait_as_requests_do()?;
    let app = Arc::new(app(&config, gridpass)?);
    let jobs = Jobs::start(&app.gridpass, carriers, config.delivery.workers)?;
    let grace = config.http.shutdown_grace;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(config.http.concurrency + 16)
        .build()?;
    let listeners = Listeners { devices, metrics };
    let served = runtime.block_on(run(config, app, listeners));
    // A use case whose client has gone may still wait for a CA: not for longer than its client did.
    runtime.shutdown_timeout(grace);
    served?;
    drop(jobs);
    tracing::info!("stopped");
    Ok(())
}

fn app(config: &Config, gridpass: Gridpass) -> Result<App, Box<dyn Error>> {
    let gridpass = Arc::new(gridpass);
    let metrics = Arc::new(Metrics::new(&gridpass));
    Ok(App {
        turns: Arc::new(Turns::new(Arc::clone(&gridpass), config.http.concurrency)),
        gridpass,
        assets: Arc::new(site::assets(&config.site.pkg)?),
        origin: config.origin.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        dev_outbox: if config.dev.outbox {
            DevOutbox::Shown
        } else {
            DevOutbox::Refused
        },
        cookie_security: if config.origin.is_https() {
            CookieSecurity::Secure
        } else {
            CookieSecurity::Loopback
        },
        content_security_policy: HeaderValue::from_str(&security::content_security_policy(None))?,
        timeout: config.http.timeout,
        live: Live::default(),
        metrics,
        readiness: Verdict::default(),
        standing: Standing::default(),
    })
}

/// What listens besides the portal.
struct Listeners {
    devices: Option<Listener>,
    metrics: Option<MetricsListener>,
}

async fn run(
    config: Config,
    app: Arc<App>,
    Listeners { devices, metrics }: Listeners,
) -> Result<(), Box<dyn Error>> {
    let handles = [Handle::new(), Handle::new(), Handle::new()];
    let [portal_handle, devices_handle, metrics_handle] = handles.clone();
    let patience = Patience {
        delay: config.http.shutdown_delay,
        grace: config.http.shutdown_grace,
    };
    let door = Door::new(&config.http, &config.trusted_proxies);
    tokio::spawn(stop_on_signal(handles.clone(), patience, Arc::clone(&app)));
    let portal = serve_portal(&config, Arc::clone(&app), &door, portal_handle);
    let devices = serve_devices(devices, Arc::clone(&app), &door, devices_handle);
    let metrics = serve_metrics(metrics, app, metrics_handle);
    // One that fails takes the others with it: half a server would go unnoticed.
    tokio::try_join!(
        stopping(portal, &handles),
        stopping(devices, &handles),
        stopping(metrics, &handles)
    )?;
    Ok(())
}

/// Runs one listener; when it fails, the other ones stop too.
async fn stopping(
    serving: impl Future<Output = Result<(), Box<dyn Error>>>,
    handles: &[Handle<SocketAddr>],
) -> Result<(), Box<dyn Error>> {
    serving
        .await
        .inspect_err(|_| handles.iter().for_each(Handle::shutdown))
}

async fn serve_metrics(
    metrics: Option<MetricsListener>,
    app: Arc<App>,
    handle: Handle<SocketAddr>,
) -> Result<(), Box<dyn Error>> {
    match metrics {
        Some(metrics) => Ok(metrics.serve(app, handle).await?),
        None => Ok(()),
    }
}

async fn serve_devices(
    devices: Option<Listener>,
    app: Arc<App>,
    door: &Arc<Door>,
    handle: Handle<SocketAddr>,
) -> Result<(), Box<dyn Error>> {
    match devices {
        Some(devices) => Ok(devices.serve(app, door, handle).await?),
        None => Ok(()),
    }
}

async fn serve_portal(
    config: &Config,
    app: Arc<App>,
    door: &Arc<Door>,
    handle: Handle<SocketAddr>,
) -> Result<(), Box<dyn Error>> {
    let housekeeping = tokio::spawn(keep_house(Arc::clone(&app)));
    let watching = tokio::spawn(live::watch(Arc::clone(&app)));
    let waking = tokio::spawn(wake_the_waiting(Arc::clone(&app)));
    let statistics = tokio::spawn(refresh_statistics(Arc::clone(&app)));
    let service =
        router::router(app, &config.site).into_make_service_with_connect_info::<SocketAddr>();
    let tls = match &config.tls {
        Some(files) => Some(tls_config(files).await?),
        None => None,
    };
    tracing::info!(listen = %config.listen, origin = %config.origin, "serving");
    match tls {
        Some(tls) => {
            let tls = RustlsAcceptor::new(tls).acceptor(NoDelayAcceptor::new());
            let mut server = axum_server::bind(config.listen).acceptor(door.before(tls));
            door::tune(server.http_builder());
            server.handle(handle).serve(service).await?;
        }
        None => {
            let plain = door.before(NoDelayAcceptor::new());
            let mut server = axum_server::bind(config.listen).acceptor(plain);
            door::tune(server.http_builder());
            server.handle(handle).serve(service).await?;
        }
    }
    housekeeping.abort();
    watching.abort();
    waking.abort();
    statistics.abort();
    Ok(())
}

async fn tls_config(tls: &Tls) -> Result<RustlsConfig, Box<dyn Error>> {
    RustlsConfig::from_pem_file(&tls.certificate, &tls.key)
        .await
        .map_err(|source| {
            format!(
                "tls: cannot use {} with {}: {source}",
                tls.certificate.display(),
                tls.key.display()
            )
            .into()
        })
}

/// How a stop goes.
#[derive(Clone, Copy)]
struct Patience {
    /// For how long it is announced.
    delay: Duration,
    /// How long open requests may then take.
    grace: Duration,
}

/// After SIGINT or SIGTERM: `/readyz` says that the server stops; after the delay, or at once when asked
/// again, new connections are refused and open requests answered.
async fn stop_on_signal(handles: [Handle<SocketAddr>; 3], patience: Patience, app: Arc<App>) {
    let Patience { delay, grace } = patience;
    let (mut interrupted, mut terminated) = match (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) {
        (Ok(interrupted), Ok(terminated)) => (interrupted, terminated),
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(%error, "stopping will not be graceful");
            return;
        }
    };
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    tracing::info!(delay = delay.as_secs(), grace = grace.as_secs(), "stopping");
    app.gridpass.stop();
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    app.live.close();
    app.gridpass.wakes().close();
    for handle in handles {
        handle.graceful_shutdown(Some(grace));
    }
}

async fn keep_house(app: Arc<App>) {
    let mut every = tokio::time::interval(HOUSEKEEPING);
    loop {
        every.tick().await;
        if let Ok(Err(error)) = app.run(Gridpass::run_housekeeping).await {
            tracing::error!(%error, "housekeeping failed; it is tried again");
        }
    }
}

async fn refresh_statistics(app: Arc<App>) {
    if !app.gridpass.is_database_remote() {
        return;
    }
    let mut every = tokio::time::interval(STATISTICS);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        match app.run(Gridpass::refresh_statistics).await {
            Ok(Err(error)) if !error.is_busy() => {
                tracing::warn!(%error, "this database's statistics are left to itself");
                return;
            }
            // Away for a moment, or everybody is busy: the next round looks again.
            Ok(_) | Err(_) => {}
        }
    }
}

/// Wakes whoever waits here for what another server puts into a mailbox.
async fn wake_the_waiting(app: Arc<App>) {
    let mut every = tokio::time::interval(WAKING);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut after = None;
    loop {
        every.tick().await;
        if app.gridpass.wakes().listeners() == 0 {
            continue;
        }
        match app
            .run(move |gridpass| gridpass.look_for_the_waiting(after))
            .await
        {
            Ok(Ok(next)) => after = next,
            Ok(Err(error)) => tracing::warn!(%error, "mailboxes cannot be looked into for now"),
            // No turn: everybody is busy, and the next round looks again.
            Err(_) => {}
        }
    }
}
