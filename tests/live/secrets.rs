//! What stands behind host and port of an address is written nowhere, whoever quotes it.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use base64::Engine as _;
use qyran::base::threads;
use qyran::city::fault::Fault;
use qyran::media::source::Address;
use qyran::model::camera::{Credentials, Password};
use qyran::model::condition::Link;

use crate::passwords::{hear, listen};
use crate::stage::{Stage, TestCity, Tile, alone};

/// In the path, in two values of a query, in a fragment, as a part of a path, as the log-in of an
/// address, as a password, behind a redirection.
const SECRETS: [&str; 8] = [
    "SecPath1x",
    "SecQuery2x",
    "SecValue3x",
    "SecFragm4x",
    "SecPart5x",
    "SecLogin6x",
    "Sec7 \"p@ss/%",
    "SecMoved8x",
];
/// What a server does instead of serving.
const ANSWERS: [&str; 15] = [
    "400",
    "403",
    "404",
    "453",
    "461",
    "500",
    "sdp",
    "codec",
    "no-rtsp",
    "moved",
    "moved-wrong",
    "basic",
    "digest",
    "cut",
    "nothing",
];

/// Where a secret stands in an address.
fn places(scheme: &str, at: SocketAddr) -> Vec<String> {
    let [path, query, value, fragment, part, login, ..] = SECRETS;
    let with_login = ["viewer", login].join(":");
    vec![
        format!("{scheme}://{at}/user=admin_password={path}_channel=1.sdp"),
        format!("{scheme}://{at}/Streaming/101?auth={query}&pwd={value}"),
        format!("{scheme}://{at}/x#{fragment}"),
        format!("{scheme}://{at}/{part}/live"),
        format!("{scheme}://{with_login}@{at}/live"),
    ]
}

/// A server that quotes what it is asked for, and never serves.
fn quoting(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = listener.local_addr().unwrap();
    threads::spawn("quoting", move || {
        for mut stream in listener.incoming().flatten() {
            threads::spawn("quotes", move || {
                while let Some(said) = request(&mut stream).and_then(|head| quote(answer, &head)) {
                    if stream.write_all(said.as_bytes()).is_err() {
                        return;
                    }
                }
            })
            .unwrap();
        }
    })
    .unwrap();
    at
}

/// The head of a request; none when the client has gone or speaks something else.
fn request(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) if !head.is_empty() || byte[0].is_ascii_uppercase() => head.push(byte[0]),
            _ => return None,
        }
    }
    String::from_utf8(head).ok()
}

fn quote(answer: &str, head: &str) -> Option<String> {
    let uri = head.split(' ').nth(1)?;
    let field = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .next_back()
    };
    let cseq = field("CSeq").unwrap_or("1");
    let path = uri.rsplit('/').next().unwrap_or_default();
    let sent = SECRETS[7];
    let with = |status: &str, more: &str, body: &str| {
        let length = body.len();
        format!("RTSP/1.0 {status}\r\nCSeq: {cseq}\r\n{more}Content-Length: {length}\r\n\r\n{body}")
    };
    let sdp = |media: &str| {
        let body =
            format!("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns={uri}\r\ni={path}\r\nt=0 0\r\n{media}");
        let base = format!("Content-Base: {uri}\r\nContent-Type: application/sdp\r\n");
        with("200 OK", &base, &body)
    };
    if head.starts_with("OPTIONS") {
        return Some(with("200 OK", "Public: DESCRIBE, SETUP, PLAY\r\n", ""));
    }
    Some(match (answer, field("Authorization")) {
        ("nothing", _) => return None,
        ("sdp", _) => sdp(&format!("m={uri}\r\n")),
        ("codec", _) => sdp(&format!(
            "m=video 0 RTP/AVP 96\r\na=rtpmap:96 {}/90000\r\na=control:{uri}\r\n",
            path.split(['?', '=', '_']).next_back().unwrap_or_default()
        )),
        ("no-rtsp", _) => format!("{uri} is {path}\r\n\r\n"),
        ("moved", _) => with(
            "302 Found",
            &format!("Location: rtsp://127.0.0.1:1/{sent}?token={sent}\r\n"),
            "",
        ),
        ("moved-wrong", _) => with(
            "302 Found",
            &format!("Location: http://127.0.0.1/{sent}?x={uri}\r\n"),
            "",
        ),
        ("basic", None) => with(
            "401 No",
            &format!("WWW-Authenticate: Basic realm=\"{uri}\"\r\n"),
            "",
        ),
        ("digest", None) => with(
            "401 No",
            &format!("WWW-Authenticate: Digest realm=\"{path}\", nonce=\"00\"\r\n"),
            "",
        ),
        ("basic" | "digest", Some(login)) => with(&format!("400 {login}"), "", ""),
        ("cut", _) => {
            format!("RTSP/1.0 200 {uri}\r\nCSeq: {cseq}\r\nContent-Length: 99\r\n\r\n{uri}")
        }
        (status, _) => with(&format!("{status} {uri} is {path}"), "", ""),
    })
}

/// Everything in which one of the secrets may be quoted.
fn forms() -> Vec<String> {
    let mut forms = Vec::new();
    for secret in SECRETS {
        forms.push(secret.to_owned());
        forms.push(secret.escape_debug().to_string());
        let mut encoded = String::new();
        for byte in secret.bytes() {
            match byte {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => encoded.push(char::from(byte)),
                _ => write!(encoded, "%{byte:02X}").unwrap(),
            }
        }
        forms.push(encoded);
        let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
        forms.push(engine.encode(secret));
        forms.push(engine.encode(format!("viewer:{secret}")));
    }
    forms
}

#[test]
fn what_an_address_hides_is_written_nowhere() {
    let _turn = alone();
    let log = listen();
    let city = TestCity::start();
    let stage = Stage::start();
    let mut texts = Vec::new();
    let credentials = Some(Credentials {
        user: "viewer".into(),
        password: Password::new(SECRETS[6]),
    });
    let mut open = |name: String, url: &str, credentials: &Option<Credentials>| -> Tile<'_> {
        let address = Address {
            url: url.parse().unwrap(),
            credentials: credentials.clone(),
        };
        texts.push(format!("{} {address:?} {address:#?}", address.url));
        stage.open(&name, address)
    };
    let mut refused = Vec::new();
    for answer in ANSWERS {
        let at = quoting(answer);
        for scheme in ["rtsp", "rtspu", "rtsps"] {
            for (place, url) in places(scheme, at).iter().enumerate() {
                // The other transports take longer, and each place was had.
                if scheme == "rtsp" || place == 0 {
                    let name = format!("{answer}-{scheme}-{place}");
                    refused.push(open(name, url, &credentials));
                }
            }
        }
    }
    // Nobody there, and no such host.
    for (place, url) in places("rtsp", "127.0.0.1:1".parse().unwrap())
        .iter()
        .enumerate()
    {
        refused.push(open(format!("closed-{place}"), url, &credentials));
        let unknown = url.replace("127.0.0.1", "no-such-host.invalid");
        refused.push(open(format!("unknown-{place}"), &unknown, &credentials));
    }
    let mut faulty = Vec::new();
    for (index, (fault, word)) in Fault::ALL.into_iter().enumerate() {
        let camera = index + 1;
        city.set(camera, fault);
        let url = format!(
            "rtsp://{}/cam-{camera:03}/sub?auth={}#{}",
            city.rtsp_addr, SECRETS[1], SECRETS[3]
        );
        faulty.push(open(
            word.to_owned(),
            &url,
            &city.address(camera).credentials,
        ));
    }
    for tile in &refused {
        tile.wait_link(0, "told", |link| {
            matches!(link, Link::Lost(_) | Link::Refused(_))
        });
    }
    for tile in &faulty {
        tile.wait_link(0, "told", |link| *link != Link::Connecting);
    }
    for tile in refused.iter().chain(&faulty) {
        texts.push(format!("{:?}", tile.feed.report()));
    }
    texts.push(stage.texts());
    drop((refused, faulty));
    drop(stage);
    texts.push(hear(&log));
    let all = texts.join("\n");
    // It was listened to, and what is told of a codec is told.
    for heard in [
        "DEBUG",
        "camera=404-rtsp-1",
        "Refused(NotFound)",
        "UnsupportedCodec(",
        "…",
        "rtsp://127.0.0.1:",
    ] {
        assert!(all.contains(heard), "{heard} is missing");
    }
    // Names of codecs and hosts are told in small letters.
    let all = all.to_ascii_lowercase();
    for form in forms() {
        let found = all.find(&form.to_ascii_lowercase()).map(|at| {
            let begin = all[..at].rfind('\n').map_or(0, |line| line + 1);
            all[begin..].lines().next().unwrap_or_default()
        });
        assert_eq!(found, None, "{form} is in the open");
    }
    for (at, _) in all.match_indices("response=\"") {
        let value = &all[at + "response=\"".len()..];
        assert!(
            value.starts_with('…'),
            "the answer to a challenge is in the open"
        );
    }
}

#[cfg(target_os = "linux")]
mod command_line {
    use std::fs::{self, OpenOptions};
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::{SECRETS, places};
    use crate::stage::{Stage, alone};

    /// As Linux defines it.
    const O_NONBLOCK: i32 = 0o4000;

    /// All bytes of all files of a folder.
    fn all_of(folder: &Path, to: &mut Vec<u8>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                all_of(&path, to);
            } else if path.is_file() {
                to.extend(fs::read(&path).unwrap());
            }
        }
    }

    /// Command line and environment of every process of a family.
    fn told_by_the_system(parent: u32) -> Vec<u8> {
        let mut told = Vec::new();
        let mut family = vec![parent];
        while let Some(pid) = family.pop() {
            let proc = Path::new("/proc").join(pid.to_string());
            for file in ["cmdline", "environ", "comm"] {
                told.extend(fs::read(proc.join(file)).unwrap_or_default());
            }
            let children = fs::read_to_string(proc.join(format!("task/{pid}/children")));
            let children = children.unwrap_or_default();
            family.extend(
                children
                    .split_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            );
        }
        told
    }

    fn assert_discreet(bytes: &[u8], where_it_is: &str) {
        let text = String::from_utf8_lossy(bytes);
        for secret in &SECRETS[..6] {
            assert!(!text.contains(secret), "{secret} stands in {where_it_is}");
        }
    }

    #[test]
    fn addresses_of_the_command_line_are_told_to_nobody() {
        let _turn = alone();
        let stage = Stage::start();
        for watched in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let (config, data) = (folder.path().join("config"), folder.path().join("data"));
            fs::create_dir_all(&config).unwrap();
            // A wall that reads its settings waits until somebody writes them.
            let settings = config.join("settings.toml");
            assert!(
                Command::new("mkfifo")
                    .arg(&settings)
                    .status()
                    .unwrap()
                    .success()
            );
            let mut command = Command::new(env!("CARGO_BIN_EXE_qyran"));
            command
                .arg("wall")
                .arg("--config")
                .arg(&config)
                .arg("--data")
                .arg(&data);
            command.args(places("rtsp", "127.0.0.1:9".parse().unwrap()));
            if !watched {
                command.arg("--no-watchdog");
            }
            let child = command
                .env("QYRAN_LOG", "trace")
                .env("NO_COLOR", "1")
                .env("DISPLAY", ":nowhere")
                .env_remove("WAYLAND_DISPLAY")
                .env_remove("DBUS_SESSION_BUS_ADDRESS")
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut pipe = None;
            stage.wait_until("the wall reads its settings", || {
                let open = OpenOptions::new()
                    .write(true)
                    .custom_flags(O_NONBLOCK)
                    .open(&settings);
                pipe = open.ok();
                pipe.is_some()
            });
            let told = told_by_the_system(child.id());
            let shown = String::from_utf8_lossy(&told).into_owned();
            assert_eq!(
                shown.matches("--addresses-on-stdin").count(),
                1 + usize::from(watched)
            );
            assert_discreet(&told, "/proc");
            drop(pipe);
            // Without a display it ends.
            let output = child.wait_with_output().unwrap();
            assert!(!output.status.success());
            assert_discreet(&output.stdout, "the standard output");
            assert_discreet(&output.stderr, "the standard error");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                said.contains("cameras=5"),
                "the addresses came through: {said}"
            );
            let mut kept = Vec::new();
            all_of(folder.path(), &mut kept);
            assert_discreet(&kept, "its folders");
        }
    }

    #[test]
    fn what_is_wrong_with_the_command_line_is_said_without_secrets() {
        let [path, query, ..] = SECRETS;
        let bad = [
            format!("rtsp://10.0.0.1:port/{path}?auth={query}"),
            format!("10.0.0.1/{path}?auth={query}"),
            format!("rtspx//{path}={query}"),
        ];
        let bad = bad.each_ref().map(String::as_str);
        for arguments in bad.iter().map(|address| vec!["wall", address]).chain([
            vec!["wall", "--tiles", bad[0]],
            vec!["walls", bad[1]],
            vec!["doctor", bad[0]],
        ]) {
            let output = Command::new(env!("CARGO_BIN_EXE_qyran"))
                .args(&arguments)
                .stdin(Stdio::null())
                .output()
                .unwrap();
            assert!(!output.status.success());
            assert!(!output.stderr.is_empty());
            for said in [&output.stdout, &output.stderr] {
                assert_discreet(said, &arguments.join(" "));
            }
        }
    }
}
