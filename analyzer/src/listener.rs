//! Accepts connections, bounded in number and in how long a request's head may take.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt};

/// Connections at the same time; those who come then wait to be accepted.
const MAX_CONNECTIONS: usize = 4096;

/// A request's head must have come within this time, the first one and each later one on a kept connection.
const MAX_HEAD_TIME: Duration = Duration::from_secs(60);

/// After a failed accept, which a lack of file descriptors causes.
const ACCEPT_AGAIN: Duration = Duration::from_secs(1);

/// Serves until `ended` is ready; requests under way are answered then, and no new ones are taken.
pub(crate) async fn serve(listener: TcpListener, router: Router, ended: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut ended = std::pin::pin!(ended);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            both = accepted => both,
            () = &mut ended => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // The client has gone, or there are too many: neither ends the service.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        let connection = graceful.watch(connection(stream, peer, router.clone()));
        tokio::spawn(async move {
            let _place = place;
            // What is wrong with a connection is its client's business.
            let _ = connection.await;
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

type Service = BoxCloneSyncService<hyper::Request<Incoming>, Response, Infallible>;

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Service>> {
    // An answer is one write: it need not wait for another one.
    let _ = stream.set_nodelay(true);
    let router = axum::Extension(ConnectInfo(peer)).layer(router);
    let service = router
        .map_request(|request: hyper::Request<Incoming>| -> Request { request.map(Body::new) });
    let service = Service::new(service);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(MAX_HEAD_TIME)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
}
