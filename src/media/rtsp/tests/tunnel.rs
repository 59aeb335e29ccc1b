//! RTSP within HTTP over loopback.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::auth::Credentials;
use crate::error::{Error, Fault, Phase};
use crate::io::{self, Connection, Target};
use crate::trust::Trust;

const TUNNELLED: &str = "HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n";
const DIGEST: &str = "HTTP/1.0 401 Unauthorized\r\nConnection: close\r\n\
    WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\"\r\n\r\n";

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

async fn connect(port: u16) -> Result<Connection, Error> {
    let target = Target {
        host: "127.0.0.1".to_owned(),
        port,
        is_secure: false,
        is_tunnel: true,
        path: "/live?channel=1".to_owned(),
    };
    let credentials = Credentials {
        user: "user".to_owned(),
        password: "right".to_owned(),
    };
    io::connect(&target, &Trust::Any, Some(&credentials), "test").await
}

/// Takes a request's head.
async fn accept(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    (stream, String::from_utf8(head).unwrap())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

#[tokio::test]
async fn what_we_say_goes_by_the_one_and_answers_come_by_the_other() {
    let (listener, port) = listen().await;
    let server: JoinHandle<()> = tokio::spawn(async move {
        let (mut first, head) = accept(&listener).await;
        assert!(head.starts_with("GET /live?channel=1 HTTP/1.0\r\n"));
        assert_eq!(header(&head, "authorization"), None);
        first.write_all(DIGEST.as_bytes()).await.unwrap();
        drop(first);
        let (mut get, head) = accept(&listener).await;
        let answer = header(&head, "authorization").expect("it logs in");
        assert!(
            answer.starts_with("Digest ") && answer.contains("uri=\"/live?channel=1\""),
            "{answer}"
        );
        let cookie = header(&head, "x-sessioncookie").unwrap().to_owned();
        // What comes right behind the head is kept.
        get.write_all(format!("{TUNNELLED}early").as_bytes())
            .await
            .unwrap();
        // The other is never answered.
        let (mut post, head) = accept(&listener).await;
        assert!(head.starts_with("POST /live?channel=1 HTTP/1.0\r\n"));
        assert_eq!(header(&head, "x-sessioncookie"), Some(&*cookie));
        for message in ["OPTIONS", "$\u{0}\u{1}", "GET_PARAMETER\r\n"] {
            let mut coded = vec![0; STANDARD.encode(message).len()];
            post.read_exact(&mut coded).await.unwrap();
            assert_eq!(STANDARD.decode(coded).unwrap(), message.as_bytes());
        }
        get.write_all(b"answer").await.unwrap();
    });
    let mut connection = connect(port).await.unwrap();
    assert!(b"early".starts_with(&connection.early));
    for message in ["OPTIONS", "$\u{0}\u{1}", "GET_PARAMETER\r\n"] {
        connection.io.write_all(message.as_bytes()).await.unwrap();
        connection.io.flush().await.unwrap();
    }
    let mut answer = connection.early;
    connection.io.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"earlyanswer");
    server.await.unwrap();
}

async fn refused(answers: &'static [&'static str]) -> Fault {
    let (listener, port) = listen().await;
    let server = tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = accept(&listener).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let error = connect(port).await.err().expect("it is refused");
    server.await.unwrap();
    assert_eq!(error.phase, Phase::Tunnel);
    error.fault
}

#[tokio::test]
async fn a_tunnel_that_is_refused_says_why() {
    const PAGE: &str = "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<html>no</html>";
    assert_eq!(refused(&[PAGE]).await, Fault::Status(404));
    assert_eq!(refused(&[DIGEST, DIGEST]).await, Fault::PasswordRefused);
    assert_eq!(refused(&[""]).await, Fault::Closed);
    assert_eq!(
        refused(&["<html>no head</html>\r\n\r\n"]).await,
        Fault::Malformed("the answer")
    );
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_that_is_never_answered_comes_to_an_end() {
    let (_listener, port) = listen().await;
    let error = tokio::time::timeout(Duration::from_secs(60), connect(port))
        .await
        .expect("it comes to an end")
        .err()
        .unwrap();
    assert_eq!((error.phase, error.fault), (Phase::Tunnel, Fault::TimedOut));
}
