//! One more RTSP server that is not ours: Debian's in Perl, which knows UDP only, passes on what
//! ffmpeg gives it, and repeats in its answers what it was asked.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use qyran::media::source::Address;
use qyran::model::codec::Codec;

use crate::stage::{Stage, beside_others};

const SERVER: &str = "
use AnyEvent;
use RTSP::Server;
my $server = RTSP::Server->new_with_options;
$server->listen;
AnyEvent->condvar->recv;
";

/// Ends the process with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok(); // it may have ended by itself
        self.0.wait().ok();
    }
}

/// A port that nobody has now. The server cannot tell which one it took.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// The server, with the ports for its viewers and its sources; nothing where Perl lacks it.
fn start() -> Option<(Running, u16, u16)> {
    let has_it = Command::new("perl")
        .args(["-MRTSP::Server", "-e1"])
        .stderr(Stdio::null())
        .status();
    if !has_it.is_ok_and(|status| status.success()) {
        return None;
    }
    let (viewers, sources) = (free_port(), free_port());
    let child = Command::new("perl")
        .args(["-e", SERVER, "--"])
        .args(["--client_listen_address", "127.0.0.1"])
        .args(["--source_listen_address", "127.0.0.1"])
        .args(["-c", &viewers.to_string(), "-s", &sources.to_string()])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Some((Running(child), viewers, sources))
}

#[test]
fn a_server_in_perl_is_shown_over_udp() {
    let _turn = beside_others();
    let Some((_server, viewers, sources)) = start() else {
        qyran::base::skipped::skip("librtsp-server-perl is missing");
        return;
    };
    let stage = Stage::start();
    stage.wait_until("the server listens", || {
        TcpStream::connect((Ipv4Addr::LOCALHOST, sources)).is_ok()
    });
    let picture = "testsrc2=size=320x240:rate=15";
    let encoder = [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-tune",
        "zerolatency",
        "-g",
        "15",
    ];
    let source = Command::new("ffmpeg")
        .args(["-v", "error", "-re", "-f", "lavfi", "-i", picture])
        .args(encoder)
        .args(["-pix_fmt", "yuv420p", "-f", "rtsp"])
        .arg(format!("rtsp://127.0.0.1:{sources}/camera"))
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let _source = Running(source);
    // Until the source is there it is not found, and asked again.
    let url = format!("rtspu://127.0.0.1:{viewers}/camera");
    let address = Address {
        url: url.parse().unwrap(),
        credentials: None,
    };
    let tile = stage.open("perl", address);
    tile.wait_live(0);
    let (one, two) = (tile.next_picture(), tile.next_picture());
    assert_eq!((two.source_width, two.source_height), (320, 240));
    assert!(two.serial > one.serial && two.pts > one.pts);
    stage.wait_until("it goes on", || {
        tile.feed.take_picture();
        tile.feed.counters().units > 30
    });
    assert_eq!(tile.feed.report().codec, Some(Codec::H264));
}
