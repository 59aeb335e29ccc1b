//! Passwords in a real keyring: gnome-keyring on a bus of its own, with folders of its own, driven
//! through `qyran passwords` as a user does.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use crossbeam_channel::Receiver;
use qyran::base::{clock, threads};
use qyran::model::camera::{CameraId, Credentials, Password};
use qyran::store::secrets::keyring::{Asked, Keyring as _};
use qyran::store::secrets::{KeyringError, Secrets, SystemKeyring, Whom};
use secret_service::EncryptionType;
use secret_service::blocking::{Collection, SecretService};

use crate::stage::beside_others;

/// Nothing takes this long on any machine that is still of use.
const PATIENCE: Duration = Duration::from_secs(60);

/// What must be seen nowhere.
const SECRET: &str = "Hunter-2-of-the-keyring";
const OTHER: &str = "Another-one-3";

/// A bus without services that start by themselves.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=FOLDER</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// A session of a desktop: folders, a bus and, once started, a keyring. It ends with the value.
struct Session {
    folder: tempfile::TempDir,
    bus: Child,
    keyring: Option<Child>,
    address: String,
}

impl Drop for Session {
    fn drop(&mut self) {
        for child in [Some(&mut self.bus), self.keyring.as_mut()]
            .into_iter()
            .flatten()
        {
            // It may have ended before.
            child.kill().ok();
            child.wait().ok();
        }
    }
}

impl Session {
    /// A session with a bus and no keyring.
    fn without_keyring() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        for name in ["run", "data", "config"] {
            fs::create_dir(here.join(name)).unwrap();
            let mode = fs::Permissions::from_mode(0o700);
            fs::set_permissions(here.join(name), mode).unwrap();
        }
        let config = here.join("bus.conf");
        fs::write(&config, BUS.replace("FOLDER", here.to_str().unwrap())).unwrap();
        let mut bus = Command::new("dbus-daemon")
            .arg("--config-file")
            .arg(&config)
            .args(["--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon: packaging/setup.sh test brings it");
        let mut address = String::new();
        let stdout = bus.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut address).unwrap();
        Self {
            folder,
            bus,
            keyring: None,
            address: address.trim().to_owned(),
        }
    }

    /// A session whose keyring is open.
    fn open() -> Self {
        let mut session = Self::without_keyring();
        session.start_keyring("--unlock");
        session
    }

    /// With `--unlock` it opens the keyring of the login, and makes it the first time.
    fn start_keyring(&mut self, how: &str) {
        let mut daemon = Command::new("gnome-keyring-daemon");
        daemon.args(["--foreground", "--components=secrets", how]);
        daemon.stdin(Stdio::piped());
        daemon.stdout(Stdio::null()).stderr(Stdio::null());
        self.surround(&mut daemon);
        let mut daemon = daemon
            .spawn()
            .expect("gnome-keyring-daemon: packaging/setup.sh test brings it");
        // Its password is what stands there until the end of the input.
        let mut input = daemon.stdin.take().unwrap();
        input.write_all(b"login").unwrap();
        drop(input);
        self.keyring = Some(daemon);
        let until = clock::now() + PATIENCE;
        let opens = how == "--unlock";
        while let Err(error) = self.keyring().read() {
            if !opens && matches!(error, KeyringError::Missing { service: true, .. }) {
                break;
            }
            assert!(clock::now() < until, "the keyring does not open: {error}");
            std::thread::yield_now();
        }
    }

    fn surround(&self, command: &mut Command) {
        let here = self.folder.path();
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", here)
            .env("XDG_RUNTIME_DIR", here.join("run"))
            .env("XDG_DATA_HOME", here.join("data"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address);
    }

    fn keyring(&self) -> SystemKeyring {
        SystemKeyring::on_bus(&self.address, PATIENCE)
    }

    /// The password file of this session.
    fn file(&self) -> PathBuf {
        self.folder.path().join("config/passwords.toml")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qyran"));
        command.arg("passwords").args(arguments);
        command.args(["--lang", "en", "--passwords"]);
        command.arg(self.file());
        self.surround(&mut command);
        // Every line that any part of the program writes.
        command.env("QYRAN_LOG", "trace").env("NO_COLOR", "1");
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `qyran passwords`; what it printed, or the error it told where it failed.
    fn passwords(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut child = self.command(arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        for secret in [SECRET, OTHER] {
            assert!(!log.contains(secret) && !said.contains(secret), "{log}");
        }
        if output.status.success() {
            Ok(said)
        } else {
            let mut errors = log.lines().filter(|line| line.contains(" ERROR "));
            Err(errors.next_back().expect("an error is told").to_owned())
        }
    }

    /// Works on the default collection as another program does.
    fn as_another_program<T>(&self, work: impl FnOnce(&Collection<'_>) -> T) -> T {
        let bus = zbus::blocking::connection::Builder::address(self.address.as_str())
            .unwrap()
            .build()
            .unwrap();
        let service = SecretService::connect_with_existing(EncryptionType::Dh, bus).unwrap();
        let collection = service.get_default_collection().unwrap();
        work(&collection)
    }

    fn lock(&self) {
        self.as_another_program(|collection| collection.lock().unwrap());
    }

    /// What a wall would know: the keyring's, then the file's.
    fn known(&self) -> Secrets {
        let mut all = Secrets::of_keyring(&self.keyring()).unwrap();
        all.extend(Secrets::read(&self.file()).unwrap());
        all
    }
}

fn secrets(entries: &[(&str, &str, &str)]) -> Secrets {
    let mut secrets = Secrets::default();
    for (camera, user, password) in entries {
        let credentials = Credentials {
            user: (*user).into(),
            password: Password::new(*password),
        };
        secrets.set_camera(&CameraId::new(*camera).unwrap(), credentials);
    }
    secrets
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_password_goes_into_the_keyring_and_out_of_it() {
    let _turn = beside_others();
    let session = Session::open();
    let said = session.passwords(&["set", "cam-001", "--user", "op"], &format!("{SECRET}\n"));
    assert_eq!(
        said.unwrap(),
        "The password for cam-001 is in the system keyring\n"
    );
    assert!(!session.file().exists());
    assert_eq!(session.known(), secrets(&[("cam-001", "op", SECRET)]));
    // One item for all, replaced in place.
    let said = session.passwords(&["set", "--host", "10.1.2.4:8554"], OTHER);
    assert!(said.unwrap().contains("in the system keyring"));
    let items = session.as_another_program(|collection| collection.get_all_items().unwrap().len());
    assert_eq!(items, 1);
    assert_eq!(
        session.passwords(&["list"], "").unwrap(),
        "camera  cam-001        op  system keyring\n\
         host    10.1.2.4:8554      system keyring\n"
    );
    // Encrypted where it lies.
    let keyrings = session.folder.path().join("data/keyrings");
    for entry in fs::read_dir(keyrings).unwrap().flatten() {
        let bytes = fs::read(entry.path()).unwrap();
        let found = bytes.windows(SECRET.len()).any(|w| w == SECRET.as_bytes());
        assert!(!found, "{:?} holds the password", entry.path());
    }

    let asked = Asked::begin(session.keyring());
    assert_eq!(asked.wait().unwrap().len(), 2, "the start of a wall");

    let said = session.passwords(&["forget", "cam-001"], "").unwrap();
    assert_eq!(
        said,
        "The password for cam-001 is forgotten: system keyring\n"
    );
    let error = session.passwords(&["forget", "cam-001"], "").unwrap_err();
    assert!(
        error.ends_with("no password is kept for cam-001"),
        "{error}"
    );
    session
        .passwords(&["forget", "--host", "10.1.2.4:8554"], "")
        .unwrap();
    assert_eq!(
        session.passwords(&["list"], "").unwrap(),
        "No passwords are stored\n"
    );
    let items = session.as_another_program(|collection| collection.get_all_items().unwrap().len());
    assert_eq!(items, 0, "nothing of ours stays");

    for (input, expect) in [("", "empty"), ("two\nlines\n", "more than one line")] {
        let error = session.passwords(&["set", "cam-001"], input).unwrap_err();
        assert!(error.contains(expect), "{error}");
    }
}

#[test]
fn beside_a_locked_keyring_the_file_is_used() {
    let _turn = beside_others();
    let mut session = Session::open();
    session.passwords(&["set", "cam-001"], SECRET).unwrap();
    session.lock();
    let locked = KeyringError::Locked { ours: true };
    let asked = Asked::begin(session.keyring());
    assert_eq!(asked.wait().unwrap_err(), locked, "the start of a wall");

    let said = session.passwords(&["set", "cam-002"], OTHER).unwrap();
    assert!(
        said.contains("passwords.toml") && said.contains("is locked"),
        "{said}"
    );
    assert_eq!(mode(&session.file()), 0o600);
    let said = session.passwords(&["list"], "").unwrap();
    assert!(
        said.contains("cam-002") && said.contains("is locked"),
        "{said}"
    );
    let error = session.passwords(&["forget", "cam-001"], "").unwrap_err();
    assert!(error.ends_with("the system keyring is locked"), "{error}");
    for arguments in [&["move"][..], &["move", "--to-file"]] {
        let error = session.passwords(arguments, "").unwrap_err();
        assert!(error.ends_with("the system keyring is locked"), "{error}");
    }
    let in_file = secrets(&[("cam-002", "", OTHER)]);
    assert_eq!(Secrets::read(&session.file()).unwrap(), in_file);

    // The next session opens it, and both count.
    let mut daemon = session.keyring.take().unwrap();
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    session.start_keyring("--unlock");
    let both = secrets(&[("cam-001", "", SECRET), ("cam-002", "", OTHER)]);
    assert_eq!(session.known(), both);
}

#[test]
fn without_a_keyring_the_file_is_used() {
    let _turn = beside_others();
    let mut session = Session::without_keyring();
    let mut unused = Session::without_keyring();
    unused.start_keyring("--start");
    let nowhere = format!("unix:path={}", session.folder.path().join("none").display());
    for (address, why) in [
        (
            session.address.clone(),
            "no Secret Service on the session bus",
        ),
        (nowhere, "no session bus"),
        (unused.address.clone(), "no default keyring"),
    ] {
        session.address = address;
        let error = session.keyring().read().unwrap_err();
        let missing =
            matches!(&error, KeyringError::Missing { why: told, .. } if told.contains(why));
        assert!(missing, "{error}");
        let said = session.passwords(&["set", "cam-001"], SECRET).unwrap();
        assert!(
            said.contains("passwords.toml") && said.contains(why),
            "{said}"
        );
        assert_eq!(mode(&session.file()), 0o600);
        assert!(session.passwords(&["move"], "").unwrap_err().contains(why));
        let in_file = secrets(&[("cam-001", "", SECRET)]);
        assert_eq!(Secrets::read(&session.file()).unwrap(), in_file);
        let said = session.passwords(&["forget", "cam-001"], "").unwrap();
        assert!(said.contains("forgotten: password file"), "{said}");
        assert!(!session.file().exists());
    }
}

#[test]
fn a_bus_that_says_nothing_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("silent");
    let _silent = UnixListener::bind(&socket).unwrap();
    let address = format!("unix:path={}", socket.display());
    let within = Duration::from_millis(50);
    let error = SystemKeyring::on_bus(&address, within).read().unwrap_err();
    assert_eq!(error, KeyringError::Silent { within });
}

#[test]
fn passwords_move_into_the_keyring_and_back() {
    let _turn = beside_others();
    let session = Session::open();
    assert_eq!(
        session.passwords(&["move"], "").unwrap(),
        "Nothing to move\n"
    );
    session
        .passwords(&["set", "cam-002"], "an older one")
        .unwrap();
    let mut in_file = secrets(&[("cam-001", "op", SECRET), ("cam-002", "", OTHER)]);
    in_file.set(
        &Whom::host("10.1.2.4").unwrap(),
        Credentials {
            user: "оператор".into(),
            password: Password::new("\"\\ қ\t"),
        },
    );
    in_file.write(&session.file()).unwrap();
    let said = session.passwords(&["list"], "").unwrap();
    assert!(said.contains("system keyring, password file"), "{said}");

    let said = session.passwords(&["move"], "").unwrap();
    assert!(said.starts_with("3 moved to the system keyring"), "{said}");
    assert!(!session.file().exists());
    assert_eq!(Secrets::of_keyring(&session.keyring()).unwrap(), in_file);

    let said = session.passwords(&["move", "--to-file"], "").unwrap();
    assert!(said.starts_with("3 moved to "), "{said}");
    assert_eq!(session.keyring().read().unwrap(), None);
    assert_eq!(mode(&session.file()), 0o600);
    assert_eq!(Secrets::read(&session.file()).unwrap(), in_file);
}

/// Stands between a program and the bus of a session and hands on so many pieces of what the program
/// says; at the next one it tells, and hands on nothing more.
struct Relay {
    address: String,
    socket: PathBuf,
    heard: Arc<AtomicUsize>,
    held: Receiver<()>,
    ended: Arc<AtomicBool>,
}

impl Relay {
    fn start(session: &Session, pieces: usize) -> Self {
        let socket = session.folder.path().join("relay");
        let listener = UnixListener::bind(&socket).unwrap();
        let bus = session.address.strip_prefix("unix:path=").unwrap();
        let bus = bus.split(',').next().unwrap().to_owned();
        let (telling, held) = crossbeam_channel::bounded(1);
        let relay = Self {
            address: format!("unix:path={}", socket.display()),
            socket,
            heard: Arc::default(),
            held,
            ended: Arc::default(),
        };
        let (heard, ended) = (Arc::clone(&relay.heard), Arc::clone(&relay.ended));
        threads::spawn("relay", move || {
            for program in listener.incoming() {
                if ended.load(SeqCst) {
                    return;
                }
                let mut program = program.unwrap();
                let mut bus = UnixStream::connect(&bus).unwrap();
                let (mut answers, mut back) =
                    (bus.try_clone().unwrap(), program.try_clone().unwrap());
                threads::spawn("relay-back", move || {
                    // Either side may go.
                    std::io::copy(&mut answers, &mut back).ok();
                })
                .unwrap();
                let mut piece = [0; 4096];
                while let Ok(length @ 1..) = program.read(&mut piece) {
                    if heard.fetch_add(1, SeqCst) == pieces {
                        telling.send(()).unwrap();
                        return;
                    }
                    bus.write_all(&piece[..length]).unwrap();
                }
                bus.shutdown(std::net::Shutdown::Both).ok();
            }
        })
        .unwrap();
        relay
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.ended.store(true, SeqCst);
        // Wakes the thread, if it still waits.
        UnixStream::connect(&self.socket).ok();
        fs::remove_file(&self.socket).ok();
    }
}

/// The command is killed after so many words with the keyring, from the first to the last.
#[test]
fn a_move_that_is_killed_loses_nothing() {
    let _turn = beside_others();
    let session = Session::open();
    let all = secrets(&[("cam-001", "op", SECRET), ("cam-002", "", OTHER)]);
    // How many pieces were heard, and whether the command came to its end.
    let moved = |arguments: &[&str], pieces: usize| {
        let relay = Relay::start(&session, pieces);
        let mut command = session.command(arguments);
        command.env("DBUS_SESSION_BUS_ADDRESS", &relay.address);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // The last pieces wait for no answer: it may end by itself then.
        while child.try_wait().unwrap().is_none() {
            if relay.held.recv_timeout(Duration::from_millis(10)).is_ok() {
                child.kill().unwrap();
                break;
            }
        }
        let whole = child.wait().unwrap().success();
        (relay.heard.load(SeqCst), whole)
    };
    for arguments in [&["move"][..], &["move", "--to-file"]] {
        let prepare = || {
            session.keyring().remove().unwrap();
            all.write(&session.file()).unwrap();
            if arguments.len() > 1 {
                session.passwords(&["move"], "").unwrap();
            }
        };
        prepare();
        let (heard, whole) = moved(arguments, usize::MAX);
        assert!(whole && heard > 10, "{heard} pieces");
        let mut killed = 0;
        for kill in 0..heard {
            prepare();
            let (_, whole) = moved(arguments, kill);
            killed += usize::from(!whole);
            assert_eq!(session.known(), all, "{arguments:?}, kill {kill}");
        }
        assert!(killed > heard / 2, "{killed} of {heard} met it alive");
        // What the last one left is put right by the next.
        session.passwords(arguments, "").unwrap();
        assert_eq!(session.known(), all);
    }
}

#[test]
fn somebody_else_s_text_is_told_and_left_alone() {
    let _turn = beside_others();
    let session = Session::open();
    let attributes = || HashMap::from([("application", "qyran"), ("kind", "camera-passwords")]);
    let in_file = secrets(&[("cam-001", "", OTHER)]);
    in_file.write(&session.file()).unwrap();
    let texts: [Vec<u8>; 3] = [
        SECRET.into(),
        format!("token = '{SECRET}'").into(),
        [&[0xFF, 0xFE], SECRET.as_bytes()].concat(),
    ];
    for text in texts {
        session.as_another_program(|collection| {
            collection
                .create_item("theirs", attributes(), &text, true, "text/plain")
                .unwrap();
        });
        let asked = Asked::begin(session.keyring());
        assert_eq!(asked.wait().unwrap_err(), KeyringError::Unfit { line: 1 });
        for arguments in [
            &["list"][..],
            &["set", "cam-002"],
            &["forget", "cam-001"],
            &["move"],
            &["move", "--to-file"],
        ] {
            let error = session.passwords(arguments, OTHER).unwrap_err();
            assert!(error.contains("docs/ref/cameras.md (line 1)"), "{error}");
        }
        assert_eq!(Secrets::read(&session.file()).unwrap(), in_file);
        let theirs = session.as_another_program(|collection| {
            let items = collection.search_items(attributes()).unwrap();
            items[0].get_secret().unwrap()
        });
        assert_eq!(theirs, text);
    }
}
