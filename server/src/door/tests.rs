//! Slow and greedy clients on real sockets. Time stands still and jumps to whatever is waited for next, so
//! that nothing here waits.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum_server::Handle;
use axum_server::accept::{Accept, NoDelayAcceptor};
use gridpass_app::ssr::{Asking, Lane, NoTurn, Turns};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;
use crate::testing::Portal;

fn router() -> Router {
    Router::new().route("/", get(|| async { "here\n" })).route(
        "/body",
        post(|body: Bytes| async move { body.len().to_string() }),
    )
}

/// Serves `router` behind a door with these limits.
async fn serve_router(http: Http, router: Router) -> SocketAddr {
    let handle = Handle::new();
    let door = Door::new(&http, &[]);
    let mut server = axum_server::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .acceptor(door.before(NoDelayAcceptor::new()));
    tune(server.http_builder());
    let serving = server
        .handle(handle.clone())
        .serve(router.into_make_service());
    tokio::spawn(serving);
    handle.listening().await.unwrap()
}

async fn serve(http: Http) -> SocketAddr {
    serve_router(http, router()).await
}

/// Everything until the server closes the connection.
async fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    match stream.read_to_end(&mut all).await {
        Ok(_) => all,
        // What the server did not read any more.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => all,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_say_what_it_wants_is_sent_away() {
    let address = serve(Http::default()).await;
    for beginning in [
        &b""[..],
        b"G",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    ] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(beginning).await.unwrap();
        let answer = rest(client).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{beginning:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_not_kept_for_whoever_asks_nothing_more() {
    let address = serve(Http::default()).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let answer = rest(client).await;
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

/// Accepts nobody, as where a client does not go on with its handshake.
#[derive(Clone)]
struct Never;

impl<S> Accept<TcpStream, S> for Never {
    type Stream = TcpStream;
    type Service = S;
    type Future = std::future::Pending<io::Result<(TcpStream, S)>>;

    fn accept(&self, _: TcpStream, _: S) -> Self::Future {
        std::future::pending()
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_go_on_ends() {
    let door = Door::new(&Http::default(), &[]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let accepted = door.before(Never).accept(stream, router()).await;
    assert_eq!(accepted.err().unwrap().kind(), io::ErrorKind::TimedOut);
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_holds_nobody_up() {
    let router = router().layer(axum::middleware::from_fn(bounded));
    let address = serve_router(Http::default(), router).await;
    for head in ["Content-Length: 10", "Transfer-Encoding: chunked"] {
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = format!("POST /body HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n1\r\nx");
        client.write_all(request.as_bytes()).await.unwrap();
        let answer = rest(client).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{head}");
    }
}

/// Says that it is gone.
struct Gone(Option<oneshot::Sender<()>>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.take().map(|gone| gone.send(()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_does_not_wait_for_ever_for_its_reader() {
    let (gone, is_gone) = oneshot::channel();
    let gone = Arc::new(std::sync::Mutex::new(Some(Gone(Some(gone)))));
    let endless = move || {
        let gone = gone.lock().unwrap().take();
        async move {
            Body::from_stream(tokio_stream::iter(std::iter::repeat_with(move || {
                let _ = &gone;
                Ok::<_, io::Error>(Bytes::from_static(&[0; 65536]))
            })))
        }
    };
    let router = Router::new().route("/endless", get(endless));
    let address = serve_router(Http::default(), router).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client
        .write_all(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    // Nothing is read.
    is_gone.await.unwrap();
    drop(client);
}

#[tokio::test]
async fn a_client_has_so_many_connections_and_no_more() {
    let http = Http {
        connections_per_client: 2,
        ..Http::default()
    };
    let address = serve(http).await;
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut client = TcpStream::connect(address).await.unwrap();
        client
            .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        let mut answer = [0; 15];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        kept.push(client);
    }
    let one_more = TcpStream::connect(address).await.unwrap();
    assert!(rest(one_more).await.is_empty());
}

#[tokio::test]
async fn a_head_has_its_length() {
    let address = serve(Http::default()).await;
    let long = "y".repeat(MOST_HEAD + 1024);
    let many = "X-Y: z\r\n".repeat(MOST_HEADERS + 1);
    for head in [format!("X-Long: {long}\r\n"), many] {
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = format!("GET / HTTP/1.1\r\nHost: x\r\n{head}\r\n");
        // It may be refused before it is whole.
        let _ = client.write_all(request.as_bytes()).await;
        let answer = rest(client).await;
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"),
            "{answer:?}"
        );
    }
}

/// A frame of HTTP/2 (RFC 9113, 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

#[tokio::test]
async fn whoever_takes_every_request_back_at_once_loses_its_connection() {
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;
    const END: u8 = 0x5;
    let address = serve(Http::default()).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let mut flood = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    flood.extend(frame(SETTINGS, 0, 0, &[]));
    for stream in (1..4000).step_by(2) {
        // :method GET, :scheme http, :path /, :authority x (RFC 7541, appendix A).
        flood.extend(frame(
            HEADERS,
            END,
            stream,
            &[0x82, 0x86, 0x84, 0x41, 1, b'x'],
        ));
        flood.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    // It may be refused before it is whole.
    let _ = client.write_all(&flood).await;
    let answer = rest(client).await;
    let mut left = answer.as_slice();
    let mut went_away = None;
    while let [a, b, c, kind, _, _, _, _, _, more @ ..] = left {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        if *kind == GOAWAY {
            went_away = more.get(4..8).map(<[u8]>::to_vec);
        }
        left = more.get(length..).unwrap_or_default();
    }
    // ENHANCE_YOUR_CALM; where the reset of the connection came first, nothing can be read.
    assert!(went_away.is_none_or(|code| code == 11_u32.to_be_bytes()));
}

/// Work that goes on until it is let go.
fn held() -> (mpsc::Sender<()>, impl FnOnce() + Send) {
    let (go, gone) = mpsc::channel();
    (go, move || {
        let _ = gone.recv();
    })
}

#[tokio::test(start_paused = true)]
async fn guesses_of_passwords_leave_turns_for_confirmations() {
    let portal = Portal::new();
    let turns = Arc::new(Turns::new(Arc::clone(&portal.gridpass), 8));
    let client = |number: u8| Some([192, 0, 2, number].into());
    let mut guesses = Vec::new();
    let mut letting_go = Vec::new();
    for number in 0..20 {
        let (go, work) = held();
        letting_go.push(go);
        let asking = Asking {
            lane: Lane::Passwords,
            client: client(number),
        };
        let turns = Arc::clone(&turns);
        guesses.push(tokio::spawn(async move {
            turns.run_for(asking, |_| work()).await
        }));
    }
    for number in 100..140 {
        let asking = Asking {
            lane: Lane::Calls,
            client: client(number),
        };
        assert_eq!(turns.run_for(asking, |_| 7).await, Ok(7));
    }
    drop(letting_go);
    for guess in guesses {
        assert_eq!(guess.await.unwrap(), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn one_client_leaves_turns_for_others_and_too_many_are_sent_away_at_once() {
    let portal = Portal::new();
    let turns = Arc::new(Turns::new(Arc::clone(&portal.gridpass), 2));
    let asking = |number: u8| Asking {
        lane: Lane::Calls,
        client: Some([192, 0, 2, number].into()),
    };
    let (go, work) = held();
    let (begun, has_begun) = oneshot::channel();
    let holding = {
        let turns = Arc::clone(&turns);
        tokio::spawn(async move {
            let work = move |_: &gridpass_provider::Gridpass| {
                let _ = begun.send(());
                work();
            };
            turns.run_for(asking(1), work).await
        })
    };
    has_begun.await.unwrap();
    // One of the two turns is taken; the client's other requests wait for its own share.
    let waiting: Vec<_> = (0..31)
        .map(|_| Box::pin(turns.run_for(asking(1), |_| ())))
        .collect();
    let mut waiting = waiting;
    for one in &mut waiting {
        assert!(futures_pending(one.as_mut()).await);
    }
    let one_more = turns.run_for(asking(1), |_| ()).await;
    assert_eq!(one_more, Err(NoTurn::Busy));
    assert_eq!(turns.run_for(asking(2), |_| 7).await, Ok(7));
    drop(go);
    for one in waiting {
        assert_eq!(one.await, Ok(()));
    }
    assert_eq!(holding.await.unwrap(), Ok(()));
}

/// Looks once whether there is an outcome.
async fn futures_pending<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(future.as_mut().poll(context).is_pending())
    })
    .await
}

#[tokio::test]
async fn whoever_stands_beyond_the_limit_is_told_to_come_back() {
    let portal = Portal::new();
    let cookie = portal.staff_cookie("demo", gridpass_provider::Role::Auditor);
    let taken = portal.stand_all();
    let answer = portal.get_as("/staff/events", &cookie).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.problem(), "service-unavailable");
    assert_eq!(answer.headers["retry-after"], "5");
    drop(taken);
}
