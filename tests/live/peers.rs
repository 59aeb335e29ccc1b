//! Servers that are not ours: GStreamer's own, and some that do everything wrong.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use gstreamer_rtsp_server as gst_rtsp;
use gstreamer_rtsp_server::prelude::*;
use gstreamer_rtsp_server::{glib, gst};
use qyran::base::{clock, threads};
use qyran::media::source::Address;
use qyran::model::codec::Codec;
use qyran::model::condition::{Link, Reason};

use crate::stage::{Stage, TestCity, beside_others};

// GStreamer's own server.

/// The log-in where it is served over TLS.
pub(crate) const GST_LOGIN: (&str, &str) = ("operator", "tls-only-7");

/// Ends the loop it stands for.
pub(crate) struct GstServer {
    main_loop: glib::MainLoop,
    thread: Option<std::thread::JoinHandle<()>>,
    pub(crate) port: u16,
}

impl GstServer {
    /// Serves `videotestsrc` through an encoder at each path.
    fn start(paths: &[(&str, &str)]) -> Self {
        Self::start_as(paths, None)
    }

    /// The same over TLS, with a certificate and its key (PEM).
    pub(crate) fn start_tls(paths: &[(&str, &str)], pem: &str) -> Self {
        gst::init().unwrap();
        let certificate = gst_rtsp::gio::TlsCertificate::from_pem(pem).unwrap();
        let auth = gst_rtsp::RTSPAuth::new();
        auth.set_tls_certificate(Some(&certificate));
        let token = gst_rtsp::RTSPToken::builder()
            .field("media.factory.role", "user")
            .build();
        let basic = gst_rtsp::RTSPAuth::make_basic(GST_LOGIN.0, GST_LOGIN.1);
        auth.add_basic(&basic, &token);
        Self::start_as(paths, Some(&auth))
    }

    fn start_as(paths: &[(&str, &str)], auth: Option<&gst_rtsp::RTSPAuth>) -> Self {
        gst::init().unwrap();
        let context = glib::MainContext::new();
        let main_loop = glib::MainLoop::new(Some(&context), false);
        let server = gst_rtsp::RTSPServer::new();
        server.set_address("127.0.0.1");
        server.set_service("0");
        server.set_auth(auth);
        let mounts = server.mount_points().unwrap();
        for (path, encoder) in paths {
            let factory = gst_rtsp::RTSPMediaFactory::new();
            factory.set_launch(&format!(
                "( videotestsrc is-live=true \
                 ! video/x-raw,format=I420,width=320,height=240,framerate=15/1 \
                 ! {encoder} name=pay0 )"
            ));
            factory.set_shared(true);
            if auth.is_some() {
                let role = gst::Structure::builder("user")
                    .field("media.factory.access", true)
                    .field("media.factory.construct", true)
                    .build();
                factory.add_role_from_structure(&role);
            }
            mounts.add_factory(path, factory);
        }
        server.attach(Some(&context)).unwrap();
        let port = u16::try_from(server.bound_port()).unwrap();
        let running = main_loop.clone();
        let thread = threads::spawn("gst-server", move || {
            context.with_thread_default(|| running.run()).unwrap();
            drop(server);
        });
        Self {
            main_loop,
            thread: Some(thread.unwrap()),
            port,
        }
    }
}

impl Drop for GstServer {
    fn drop(&mut self) {
        self.main_loop.quit();
        if let Some(thread) = self.thread.take() {
            thread.join().ok(); // a panic in there has been printed
        }
    }
}

#[test]
fn a_server_that_is_not_ours_is_shown() {
    let _turn = beside_others();
    let stage = Stage::start();
    let mut paths = vec![("/jpeg", Codec::Jpeg, "jpegenc ! rtpjpegpay")];
    if gst::ElementFactory::find("x264enc").is_some() {
        let encoder = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay";
        paths.push(("/h264", Codec::H264, encoder));
    } else {
        qyran::base::skipped::skip("H.264 of GStreamer's server, for want of x264enc");
    }
    let mounts: Vec<_> = paths.iter().map(|(path, _, e)| (*path, *e)).collect();
    let server = GstServer::start(&mounts);
    for (path, codec, _) in &paths {
        let url = format!("rtsp://127.0.0.1:{}{path}", server.port);
        let address = Address {
            url: url.parse().unwrap(),
            credentials: None,
        };
        let tile = stage.open(path.trim_start_matches('/'), address);
        tile.wait_live(0);
        let (one, two) = (tile.next_picture(), tile.next_picture());
        assert_eq!((two.source_width, two.source_height), (320, 240));
        assert!(two.serial > one.serial && two.pts > one.pts);
        // The first bar of its picture is white, the last black.
        let bar = |picture: &qyran::pixels::Picture, share: f32| {
            let at = picture.width as f32 * share + (picture.width * picture.height / 4) as f32;
            picture.y[at as usize]
        };
        assert!(bar(&two, 0.05) > 150, "{path}: {}", bar(&two, 0.05));
        stage.wait_until("its codec is told", || {
            tile.feed.report().codec == Some(*codec)
        });
        stage.wait_until("it is known where the picture comes from", || {
            tile.feed.report().counters.units > 5
        });
    }
}

// Servers that do everything wrong.

/// A server that does `work` with every connection, one at a time. It ends with the process.
fn server(name: &str, work: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = listener.local_addr().unwrap();
    threads::spawn(name, move || {
        for stream in listener.incoming().flatten() {
            work(stream);
        }
    })
    .unwrap();
    at
}

/// Reads a request's head; `false` when the client has gone.
fn read_request(stream: &mut TcpStream) -> bool {
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

/// Passes a connection on to `target`; after `most` bytes from there it writes `instead` and hangs
/// up.
fn relay(client: TcpStream, target: SocketAddr, most: usize, instead: &[u8]) {
    let mut up = TcpStream::connect(target).unwrap();
    let (mut from, mut to) = (client.try_clone().unwrap(), up.try_clone().unwrap());
    threads::spawn("relay", move || {
        // Either side may go first; then both are done with.
        std::io::copy(&mut from, &mut to).ok();
        to.shutdown(Shutdown::Both).ok();
    })
    .unwrap();
    let mut client = client;
    let mut left = most;
    let mut bytes = [0; 1024];
    while left > 0 {
        let room = left.min(bytes.len());
        match up.read(&mut bytes[..room]) {
            Ok(read @ 1..) if client.write_all(&bytes[..read]).is_ok() => left -= read,
            _ => break,
        }
    }
    client.write_all(instead).ok(); // the client may have gone
    client.shutdown(Shutdown::Both).ok();
    up.shutdown(Shutdown::Both).ok();
}

/// Bytes that look like nothing; every value occurs.
fn rubbish(len: usize) -> Vec<u8> {
    let mut x = 0x9e37_79b9_u32;
    let next = move || {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        (x >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Notices when this machine stands still: then the city leaves frames out, as a camera would.
struct Heart {
    stop: crossbeam_channel::Sender<()>,
    thread: std::thread::JoinHandle<Duration>,
}

impl Heart {
    fn start() -> Self {
        let (stop, stopped) = crossbeam_channel::bounded::<()>(0);
        let beat = move || {
            let (mut longest, mut last) = (Duration::ZERO, clock::now());
            let every = Duration::from_millis(20);
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                let now = clock::now();
                longest = longest.max(now - last);
                last = now;
            }
            longest
        };
        Self {
            stop,
            thread: threads::spawn("heart", beat).unwrap(),
        }
    }

    fn longest_pause(self) -> Duration {
        drop(self.stop);
        self.thread.join().unwrap()
    }
}

#[test]
fn servers_that_do_everything_wrong_are_told_apart_and_disturb_nobody() {
    let _turn = beside_others();
    let city = TestCity::start();
    let stage = Stage::start();
    let good = stage.open_cameras(&city, &[1, 2, 3]);
    for tile in &good {
        tile.wait_live(0);
    }
    // Camera 16 (H.264) asks for no password, so that its connection can be passed on as it is. Its
    // clip is some 30 kB a second: both limits fall into the middle of a packet.
    let rtsp = city.rtsp_addr;
    let cut = server("cut", move |client| relay(client, rtsp, 60_007, b""));
    let spoilt = server("spoilt", move |client| {
        relay(client, rtsp, 60_007, &rubbish(4000));
    });
    let closed = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.local_addr().unwrap()
    };
    let answer = |text: &'static [u8]| {
        move |mut stream: TcpStream| {
            if read_request(&mut stream) {
                stream.write_all(text).ok(); // the client may have gone
                stream.shutdown(Shutdown::Write).ok();
                // It is the client who has to go.
                std::io::copy(&mut stream, &mut std::io::sink()).ok();
            }
        }
    };
    let silent = server("silent", |mut stream| {
        std::io::copy(&mut stream, &mut std::io::sink()).ok();
    });
    let hang_up = server("hang-up", drop);
    let binary = server("binary", |mut stream| {
        if read_request(&mut stream) {
            stream.write_all(&rubbish(50_000)).ok(); // the client may have gone
        }
    });
    let http = server(
        "http",
        answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    );
    let no_sdp = server(
        "no-sdp",
        answer(
            b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: 9\r\n\r\nv=0\r\nm=\xff\xfe",
        ),
    );
    let half = server("half", answer(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nConte"));

    type Wanted = fn(&Reason) -> bool;
    let is_protocol: Wanted = |reason| matches!(reason, Reason::Protocol(_));
    // Who hangs up before the question was read resets the connection.
    let is_broken: Wanted = |reason| {
        use Reason::{ConnectionClosed, ConnectionReset, Protocol};
        matches!(reason, Protocol(_) | ConnectionClosed | ConnectionReset)
    };
    let checks: [(&str, SocketAddr, bool, Wanted); 9] = [
        ("cut", cut, true, is_broken),
        ("spoilt", spoilt, true, is_broken),
        ("silent", silent, false, |r| {
            matches!(r, Reason::NoAnswer(_))
        }),
        ("closed", closed, false, |r| *r == Reason::ConnectionRefused),
        ("hang-up", hang_up, false, is_broken),
        ("binary", binary, false, is_broken),
        ("http", http, false, is_protocol),
        // What can be read of it has no video.
        ("no-sdp", no_sdp, false, |r| *r == Reason::NoVideo),
        ("half", half, false, is_broken),
    ];
    let heart = Heart::start();
    std::thread::scope(|scope| {
        for (name, at, lives_first, wanted) in checks {
            let (stage, city) = (&stage, &city);
            let check = move || {
                let address = Address {
                    url: city.url(16, at),
                    credentials: None,
                };
                let tile = stage.open(name, address);
                let mark = if lives_first { tile.wait_live(0) } else { 0 };
                let lost = tile.wait_link(mark, "lost or refused", |link| link.reason().is_some());
                let link = tile.link_at(lost - 1);
                let reason = link.as_ref().and_then(Link::reason);
                assert!(reason.is_some_and(wanted), "{name} is {link:?}");
                if lives_first {
                    tile.wait_live(lost);
                }
                stage.live.close(&tile.feed.id);
            };
            let thread = std::thread::Builder::new().name(name.into());
            thread.spawn_scoped(scope, check).unwrap();
        }
    });
    if heart.longest_pause() > Duration::from_millis(500) {
        qyran::base::skipped::skip_in_any_case(
            "whether frames are missing: this machine stood still",
        );
        return;
    }
    for tile in &good {
        let counters = tile.feed.counters();
        assert_eq!(tile.link(), Some(Link::Live));
        assert_eq!(
            (
                counters.sessions,
                counters.lost_packets,
                counters.inbox_dropped
            ),
            (1, 0, 0),
            "{counters:?}"
        );
        assert_eq!(counters.due, counters.units, "no frame is missing");
    }
}
