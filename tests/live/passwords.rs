//! Passwords reach no log, no message and no file but their own.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use parking_lot::Mutex;
use qyran::city::roster;
use qyran::media::source::Address;
use qyran::model::camera::{Credentials, Password};
use qyran::model::condition::{Link, Reason};
use qyran::store::cameras;
use qyran::store::secrets::Secrets;
use qyran::store::settings::Settings;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::stage::{Stage, TestCity, alone};

/// Writes into one buffer, whoever writes.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

static LISTENING: AtomicBool = AtomicBool::new(false);

/// Begins to hear everything of every thread of this process, down to TRACE. Who calls it is alone.
pub(crate) fn listen() -> Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    let log = LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        let filter = tracing_subscriber::filter::dynamic_filter_fn(|_, _| LISTENING.load(SeqCst));
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .with_filter(filter);
        tracing_subscriber::registry().with(layer).init();
        log
    });
    log.0.lock().clear();
    LISTENING.store(true, SeqCst);
    log.clone()
}

/// Ends to listen; what was heard.
pub(crate) fn hear(log: &Log) -> String {
    LISTENING.store(false, SeqCst);
    String::from_utf8_lossy(&log.0.lock()).into_owned()
}

/// As HTTP writes user and password.
fn basic(user: &str, password: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
}

#[test]
fn passwords_stay_where_they_belong() {
    const WRONG: &str = "Wrong-Password-77";
    let _turn = alone();
    let log = listen();
    let city = TestCity::start();
    let stage = Stage::start();
    let mut secrets = Vec::new();
    let mut texts = Vec::new();
    // Camera 1 wants Digest, camera 3 Basic.
    for number in [1, 3] {
        let user = roster::user_of(number);
        let right = city.address(number);
        let wrong = Address {
            credentials: Some(Credentials {
                user: user.into(),
                password: Password::new(WRONG),
            }),
            ..right.clone()
        };
        texts.push(format!("{right:?} {wrong:#?}"));
        for password in [WRONG, roster::password_of(number)] {
            secrets.extend([password.to_owned(), basic(user, password)]);
        }
        let live = stage.open(&format!("right-{number}"), right);
        let refused = stage.open(&format!("wrong-{number}"), wrong);
        live.wait_live(0);
        refused.wait_link(0, "refused", |link| {
            *link == Link::Refused(Reason::WrongPassword)
        });
        texts.push(format!(
            "{:?} {:?}",
            live.feed.report(),
            refused.feed.report()
        ));
    }
    texts.push(stage.texts());
    drop(stage);

    // The files of the city, and settings written on top.
    let file = city.folder.path().join("cameras.csv");
    city.city().write_cameras(&file).unwrap();
    texts.push(std::fs::read_to_string(&file).unwrap());
    texts.push(format!("{:?}", cameras::read(&file).unwrap()));
    let passwords = file.with_file_name("passwords.toml");
    let known = Secrets::read(&passwords).unwrap();
    texts.push(format!("{known:?}"));
    let settings = file.with_file_name("settings.toml");
    Settings::default().write(&settings).unwrap();
    texts.push(std::fs::read_to_string(&settings).unwrap());

    texts.push(hear(&log));
    let all = texts.join("\n");
    for word in [
        "wrong-3",
        "wrong_password",
        "wrong-password",
        "right-1",
        "TRACE",
    ] {
        println!("{word}: {}", all.matches(word).count());
    }
    // It was listened to, and these are the places where a password would be.
    for heard in [
        "camera=right-3",
        "camera=wrong-1",
        "wrong-password",
        "WrongPassword",
    ] {
        assert!(all.contains(heard), "{heard} is missing");
    }
    for secret in &secrets {
        assert!(!all.contains(secret.as_str()), "a password is in the open");
    }

    // Where they do belong: one file, for one person.
    let text = std::fs::read_to_string(&passwords).unwrap();
    assert!(text.contains(roster::password_of(1)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&passwords).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
