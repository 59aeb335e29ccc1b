//! A server that knows how it is done and does not do it: its answers end at any byte, do not end at
//! all, or lie about the length of what follows. The feed says so, soon, and the memory stays.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use qyran::base::threads;
use qyran::media::source::Address;
use qyran::model::condition::{Link, Reason};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::stage::{Stage, Tile, alone, beside_others, count};
use crate::transport::own_certificate;

/// What a good camera answers to DESCRIBE, SETUP and PLAY, but for `CSeq`; then a sender report.
fn good_answers() -> [Vec<u8>; 4] {
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\na=control:*\r\n\
        m=video 0 RTP/AVP 26\r\na=control:trackID=1\r\n";
    let answer = |text: String| text.into_bytes();
    [
        answer(format!(
            "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Base: rtsp://127.0.0.1/x/\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        )),
        answer(
            "RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 7;timeout=60\r\n\
             Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00000007\r\n\r\n"
                .into(),
        ),
        answer(
            "RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 7\r\nRange: npt=now-\r\n\
             RTP-Info: url=rtsp://127.0.0.1/x/trackID=1;seq=1;rtptime=0\r\n\r\n"
                .into(),
        ),
        b"$\x01\x00\x1c\x80\xc8\x00\x06\x00\x00\x00\x07\x00\x00\x00\x01\x00\x00\x00\x00\
          \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
            .to_vec(),
    ]
}

/// Reads a request's head; `false` when the client has gone.
fn read_request(stream: &mut (impl Read + ?Sized)) -> bool {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return false,
        }
    }
    true
}

/// Answers requests in their order; what follows the last answer is sent without being asked.
fn serve(mut stream: TcpStream, answers: &[Vec<u8>], behind: &[u8]) {
    for answer in answers {
        if !read_request(&mut stream) || stream.write_all(answer).is_err() {
            return;
        }
    }
    stream.write_all(behind).ok(); // the client may have gone
    stream.shutdown(Shutdown::Write).ok();
    std::io::copy(&mut stream, &mut std::io::sink()).ok(); // it is the client who has to go
}

/// A server that does `work` with the number of each connection, all at once.
fn server(work: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = listener.local_addr().unwrap();
    let work = Arc::new(work);
    threads::spawn("answers", move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let work = Arc::clone(&work);
            threads::spawn("answer", move || work(number, stream)).unwrap();
        }
    })
    .unwrap();
    at
}

/// A connection, whatever it goes through.
trait Line: Read + Write {}

impl<T: Read + Write> Line for T {}

/// The same, over TLS where there is a configuration for it.
fn server_over(
    tls: Option<Arc<ServerConfig>>,
    work: impl Fn(&mut dyn Line) + Send + Sync + 'static,
) -> SocketAddr {
    server(move |_, mut stream| match &tls {
        None => work(&mut stream),
        Some(config) => {
            let session = ServerConnection::new(Arc::clone(config)).unwrap();
            work(&mut StreamOwned::new(session, stream));
        }
    })
}

/// TLS as a camera has it, with a certificate of its own making; nothing where openssl is not installed.
fn tls() -> Option<Arc<ServerConfig>> {
    let folder = tempfile::tempdir().unwrap();
    let pem = own_certificate(folder.path())?;
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Some(Arc::new(config))
}

fn open<'a>(stage: &'a Stage, name: &str, scheme: &str, at: SocketAddr) -> Tile<'a> {
    let address = Address {
        url: format!("{scheme}://{at}/x").parse().unwrap(),
        credentials: None,
    };
    stage.open(name, address)
}

/// A line of this process' status, in MB: resident memory now or at its most.
fn memory_mb(line: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let value = status.lines().find_map(|l| l.strip_prefix(line))?;
    let kilobytes = value.trim_start_matches(':').trim().split(' ').next()?;
    Some(kilobytes.parse::<u64>().ok()? / 1000)
}

#[test]
fn answers_that_end_at_any_byte_are_told() {
    let _turn = beside_others();
    let stage = Stage::start();
    let [describe, setup, play, report] = good_answers();
    let all: Vec<(usize, usize)> = [&describe, &setup, &play, &report]
        .iter()
        .enumerate()
        .flat_map(|(answer, bytes)| (0..bytes.len()).map(move |at| (answer, at)))
        .collect();
    // Each connection is cut elsewhere; the feed opens the next by itself.
    let step = count(all.len() / 48, 1);
    let cuts: Vec<(usize, usize)> = all.into_iter().step_by(step).collect();
    let num = cuts.len();
    let done = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&done);
    let at = server(move |number, stream| {
        let (answer, at) = cuts[number % cuts.len()];
        let mut answers = vec![describe.clone(), setup.clone(), play.clone()];
        if answer < 3 {
            answers.truncate(answer + 1);
            answers[answer].truncate(at);
            serve(stream, &answers, b"");
        } else {
            serve(stream, &answers, &report[..at]);
        }
        counter.fetch_add(1, SeqCst);
    });
    // Several at once, since each waits a little between sessions.
    let tiles: Vec<_> = (0..8)
        .map(|n| open(&stage, &format!("cut-{n}"), "rtsp", at))
        .collect();
    stage.wait_until("every cut was met", || done.load(SeqCst) >= num);
    for tile in &tiles {
        for index in 0..tile.mark() {
            match tile.link_at(index).unwrap() {
                Link::Connecting | Link::Lost(Reason::Protocol(_) | Reason::ConnectionClosed) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

type Wanted = fn(&Reason) -> bool;

/// Servers whose answers do not end or lie about their length, and what is to be told of each.
fn endless_servers(tls: Option<&Arc<ServerConfig>>) -> Vec<(&'static str, SocketAddr, Wanted)> {
    let [describe, setup, play, _] = good_answers();
    // As fast as a line of 30 Mbit/s.
    fn pour(stream: &mut dyn Line, line: &[u8]) {
        let block = line.repeat(4096 / line.len());
        let (_pace, never) = crossbeam_channel::bounded::<()>(0);
        while stream.write_all(&block).is_ok() {
            never.recv_timeout(Duration::from_millis(1)).ok(); // a pause
        }
    }
    let endless = |begin: &'static [u8], line: &'static [u8]| {
        server_over(tls.cloned(), move |stream| {
            if read_request(stream) && stream.write_all(begin).is_ok() {
                pour(stream, line);
            }
        })
    };
    let answers = [describe, setup, play];
    let framed = |behind: &'static [u8], line: &'static [u8]| {
        let answers = answers.clone();
        server_over(tls.cloned(), move |stream| {
            for answer in &answers {
                if !read_request(stream) || stream.write_all(answer).is_err() {
                    return;
                }
            }
            if stream.write_all(behind).is_err() {
                return;
            }
            if line.is_empty() {
                // It stays open: nothing more comes.
                std::io::copy(stream, &mut std::io::sink()).ok();
            } else {
                pour(stream, line);
            }
        })
    };
    let long_body = server_over(tls.cloned(), |stream| {
        let text = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4000000000\r\n\r\nv=0\r\n";
        if read_request(stream) && stream.write_all(text).is_ok() {
            std::io::copy(stream, &mut std::io::sink()).ok();
        }
    });
    let slow: Wanted = |r| matches!(r, Reason::NoAnswer(_) | Reason::Protocol(_));
    let silent: Wanted = |r| matches!(r, Reason::Silent | Reason::Protocol(_));
    let begin = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n";
    vec![
        (
            "endless-headers",
            endless(begin, b"X-More: and more\r\n"),
            slow,
        ),
        ("endless-line", endless(begin, b"and more and more "), slow),
        (
            "endless-first-line",
            endless(b"RTSP/1.0 200 ", b"OK OK OK "),
            slow,
        ),
        (
            "endless-heads",
            endless(b"", b"RTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\n"),
            slow,
        ),
        ("long-body", long_body, slow),
        (
            "long-frame",
            framed(b"$\x00\xff\xff\x80\x1a\x00\x01", b""),
            silent,
        ),
        (
            "short-frame",
            framed(b"$\x00\x00\x03\x80\x1a\x00$\x00\x00\x00$\x05\x00\x01x", b""),
            silent,
        ),
        (
            "endless-answers-between-frames",
            framed(b"", b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n"),
            silent,
        ),
        (
            "endless-head-between-frames",
            framed(b"ANNOUNCE * RTSP/1.0\r\n", b"X-More: and more\r\n"),
            silent,
        ),
    ]
}

#[test]
fn answers_without_an_end_and_lengths_that_lie_are_given_up() {
    let _turn = alone();
    let stage = Stage::start();
    let tls = tls();
    // The most of before, which other tests may have driven up, would hide what is held here.
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak of memory begins anew");
    let before = memory_mb("VmHWM");
    let plain = endless_servers(None);
    let mut all: Vec<(&str, &str, SocketAddr, Wanted)> = Vec::new();
    // Whatever carries the packets, the answers are read by the same code.
    for scheme in ["rtsp", "rtspu"] {
        all.extend(
            plain
                .iter()
                .map(|(name, at, wanted)| (scheme, *name, *at, *wanted)),
        );
    }
    match &tls {
        Some(tls) => {
            let secure = endless_servers(Some(tls));
            all.extend(
                secure
                    .iter()
                    .map(|(name, at, wanted)| ("rtsps", *name, *at, *wanted)),
            );
        }
        None => qyran::base::skipped::skip("over TLS: openssl makes no certificate here"),
    }
    let num = all.len() as u64;
    std::thread::scope(|scope| {
        for (scheme, name, at, wanted) in all {
            let stage = &stage;
            let check = move || {
                let tile = open(stage, &format!("{scheme}-{name}"), scheme, at);
                tile.wait_lost(0, |reason| {
                    assert!(wanted(reason), "{scheme} {name}: {reason:?}");
                    true
                });
                stage.live.close(&tile.feed.id);
            };
            let thread = std::thread::Builder::new().name(name.into());
            thread.spawn_scoped(scope, check).unwrap();
        }
    });
    // However fast a line is, no more is kept than the bounds of the client, two MB a feed.
    if let (Some(before), Some(most)) = (before, memory_mb("VmHWM")) {
        println!("{before} MB before, {most} MB at the most");
        assert!(
            most - before <= 2 * num,
            "{before} MB before, {most} MB at the most"
        );
    }
}
