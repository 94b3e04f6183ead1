//! `gridpass serve`: from a configuration to a running portal, and its orderly end.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use gridpass_app::ssr::{CookieSecurity, DevOutbox, Turns};
use gridpass_provider::{Gridpass, MailService};
use hyper_util::rt::TokioTimer;

use crate::config::{Config, Tls};
use crate::jobs::Jobs;
use crate::live::{self, Live};
use crate::mtls::Listener;
use crate::state::App;
use crate::{router, security, site};

/// A client gets this long to send the head of a request.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const HOUSEKEEPING: Duration = Duration::from_secs(60);

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
    let mut gridpass = gridpass.with_mail_service(mail_service);
    let devices = match config.mtls.take() {
        Some(mtls) => Some(Listener::bind(mtls, &config.origin)?),
        None => None,
    };
    if let Some(devices) = &devices {
        gridpass = gridpass.with_device_line(devices.line().clone());
    }
    let app = Arc::new(app(&config, gridpass)?);
    let jobs = Jobs::start(&app.gridpass, carriers, config.delivery.workers)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(config.http.concurrency + 16)
        .build()?
        .block_on(run(config, app, devices))?;
    drop(jobs);
    tracing::info!("stopped");
    Ok(())
}

fn app(config: &Config, gridpass: Gridpass) -> Result<App, Box<dyn Error>> {
    let gridpass = Arc::new(gridpass);
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
    })
}

async fn run(
    config: Config,
    app: Arc<App>,
    devices: Option<Listener>,
) -> Result<(), Box<dyn Error>> {
    let handle = Handle::new();
    let devices_handle = Handle::new();
    let grace = config.http.shutdown_grace;
    tokio::spawn(stop_on_signal(
        [handle.clone(), devices_handle.clone()],
        grace,
        Arc::clone(&app),
    ));
    let portal = serve_portal(&config, Arc::clone(&app), handle.clone());
    let devices = serve_devices(devices, app, devices_handle.clone());
    // One that fails takes the other with it: half a server would go unnoticed.
    tokio::try_join!(
        stopping(portal, &devices_handle),
        stopping(devices, &handle)
    )?;
    Ok(())
}

/// Runs one listener; when it fails, the other one stops too.
async fn stopping(
    serving: impl Future<Output = Result<(), Box<dyn Error>>>,
    other: &Handle<SocketAddr>,
) -> Result<(), Box<dyn Error>> {
    serving.await.inspect_err(|_| other.shutdown())
}

async fn serve_devices(
    devices: Option<Listener>,
    app: Arc<App>,
    handle: Handle<SocketAddr>,
) -> Result<(), Box<dyn Error>> {
    match devices {
        Some(devices) => Ok(devices.serve(app, handle).await?),
        None => Ok(()),
    }
}

async fn serve_portal(
    config: &Config,
    app: Arc<App>,
    handle: Handle<SocketAddr>,
) -> Result<(), Box<dyn Error>> {
    let housekeeping = tokio::spawn(keep_house(Arc::clone(&app)));
    let watching = tokio::spawn(live::watch(Arc::clone(&app)));
    let service =
        router::router(app, &config.site).into_make_service_with_connect_info::<SocketAddr>();
    let tls = match &config.tls {
        Some(files) => Some(tls_config(files).await?),
        None => None,
    };
    tracing::info!(listen = %config.listen, origin = %config.origin, "serving");
    match tls {
        Some(tls) => {
            let mut server = axum_server::bind_rustls(config.listen, tls);
            server
                .http_builder()
                .http1()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT);
            server.handle(handle).serve(service).await?;
        }
        None => {
            let mut server = axum_server::bind(config.listen);
            server
                .http_builder()
                .http1()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT);
            server.handle(handle).serve(service).await?;
        }
    }
    housekeeping.abort();
    watching.abort();
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

/// Open requests are answered, new ones refused, after SIGINT or SIGTERM.
async fn stop_on_signal(handles: [Handle<SocketAddr>; 2], grace: Duration, app: Arc<App>) {
    let interrupted = tokio::signal::ctrl_c();
    let mut terminated =
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(signal) => signal,
            Err(error) => {
                tracing::warn!(%error, "SIGTERM will not be graceful");
                return;
            }
        };
    tokio::select! {
        _ = interrupted => {}
        _ = terminated.recv() => {}
    }
    tracing::info!(grace = grace.as_secs(), "stopping");
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
