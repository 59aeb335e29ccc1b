//! The way to a centre: certificates and passwords, and what is said where they do not fit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use qyran::bench::postgres::{Server, Stop};
use qyran::model::camera::Password;
use qyran::store::database::{Address, Link, StoreError};
use tempfile::TempDir;

use crate::harness::{Place, Seat, new_key, open_to_all, put, server};

/// A server that wants TLS and passwords.
struct Secured {
    folder: TempDir,
    server: Server,
}

fn secured() -> &'static Secured {
    static SECURED: OnceLock<Secured> = OnceLock::new();
    SECURED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        open_to_all(folder.path());
        for ca in ["right", "wrong"] {
            authority(folder.path(), ca);
        }
        let mut server = Server::start(&folder.path().join("pg"), false).expect("PostgreSQL");
        server
            .sql(
                "postgres",
                "SET password_encryption = 'scram-sha-256';
                 CREATE ROLE seat LOGIN SUPERUSER PASSWORD 'a long password'",
            )
            .expect("a login");
        server.new_database("q").expect("a database");
        server.stop(Stop::Fast).expect("stopped");
        let data = server.folder().join("data");
        certificate(folder.path(), &data);
        let conf = data.join("postgresql.conf");
        let text = fs::read_to_string(&conf).expect("the settings");
        fs::write(&conf, format!("{text}\nssl = on\n")).expect("written");
        let rules = "host all postgres 127.0.0.1/32 trust\n\
                     hostssl all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(data.join("pg_hba.conf"), rules).expect("written");
        server.go_on().expect("started");
        Secured { folder, server }
    })
}

fn openssl(folder: &Path, arguments: &str) {
    let said = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .expect("openssl");
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "openssl {arguments}: {text}");
}

fn authority(folder: &Path, name: &str) {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
             -subj /CN={name} -keyout {name}.key -out {name}.pem \
             -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign"
        ),
    );
}

/// The server's own, for 127.0.0.1, where the server finds it.
fn certificate(folder: &Path, data: &Path) {
    openssl(
        folder,
        "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=centre \
         -keyout server.key -out server.csr",
    );
    fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\n").expect("written");
    openssl(
        folder,
        "x509 -req -in server.csr -CA right.pem -CAkey right.key -CAcreateserial -days 30 \
         -extfile names -out server.crt",
    );
    for name in ["server.key", "server.crt"] {
        let to = data.join(name);
        fs::copy(folder.join(name), &to).expect("copied");
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
            let owner = fs::metadata(data).expect("the folder");
            chown(&to, Some(owner.uid()), Some(owner.gid())).expect("the server's");
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).expect("its alone");
        }
    }
}

/// A seat that comes to `host` with a password and trusts `ca`.
fn seat(place: &Place, host: &str, ca: Option<&Path>, password: &str) -> Seat {
    let query = match ca {
        Some(ca) => format!("sslmode=verify-full&sslrootcert={}", ca.display()),
        None => "sslmode=disable".to_owned(),
    };
    let text = format!("postgres://seat@{host}/q?{query}");
    let mut options = place.options("seat");
    let address = Address::parse(&text, Some(&Password::new(password)));
    options.centre = Some(address.expect("an address"));
    Seat::open(options)
}

fn ca(name: &str) -> PathBuf {
    secured().folder.path().join(format!("{name}.pem"))
}

/// Waits until it is told why the centre is not reached.
fn why(seat: &Seat) -> StoreError {
    let mut why = None;
    seat.until("told why", |known| {
        if let Some(Link::Away { why: told, .. }) = &known.link {
            why = Some(told.clone());
        }
        why.is_some()
    });
    why.expect("told")
}

const PASSWORD: &str = "a long password";

#[test]
fn a_seat_comes_over_tls_with_its_password() {
    let host = format!("127.0.0.1:{}", secured().server.port());
    let place = Place::alone();
    let seat = seat(&place, &host, Some(&ca("right")), PASSWORD).settled();
    let act = seat.act("made", vec![put(&new_key(), 0, "{}")]);
    seat.must(&act);
    let sql = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
               WHERE usename = 'seat' AND NOT ssl";
    assert_eq!(secured().server.sql("q", sql).expect("told"), "0");
}

#[test]
fn what_does_not_fit_is_refused_and_told() {
    let port = secured().server.port();
    let (here, named) = (format!("127.0.0.1:{port}"), format!("localhost:{port}"));
    let plain = format!("127.0.0.1:{}", server().port());
    let (right, wrong) = (ca("right"), ca("wrong"));
    for (what, host, ca, password, says) in [
        (
            "another authority",
            &here,
            Some(&*wrong),
            PASSWORD,
            "certificate",
        ),
        (
            "another name",
            &named,
            Some(&*right),
            PASSWORD,
            "certificate",
        ),
        (
            "a wrong password",
            &here,
            Some(&*right),
            "wrong",
            "password authentication failed",
        ),
        ("no password", &here, Some(&*right), "", "password"),
        ("no TLS", &here, None, PASSWORD, "no encryption"),
        (
            "a server without TLS",
            &plain,
            Some(&*right),
            PASSWORD,
            "TLS",
        ),
    ] {
        let place = Place::alone();
        let seat = seat(&place, host, ca, password);
        let told = why(&seat).to_string();
        assert!(told.contains(says), "{what}: {told}");
        for secret in [PASSWORD, "a%20long"] {
            assert!(!told.contains(secret), "{what}: {told}");
        }
        // It works on by itself.
        let act = seat.act("made", vec![put(&new_key(), 0, "{}")]);
        assert!(seat.submit(&act).is_ok(), "{what}");
    }
}

#[test]
fn a_file_of_certificates_that_holds_none_is_told() {
    let place = Place::alone();
    let nothing = place.folder.path().join("nothing.pem");
    for text in [None, Some(""), Some("no certificate")] {
        if let Some(text) = text {
            fs::write(&nothing, text).expect("written");
        }
        let host = format!("127.0.0.1:{}", secured().server.port());
        let told = why(&seat(&place, &host, Some(&nothing), PASSWORD));
        assert!(
            matches!(&told, StoreError::Address { why } if why.contains("nothing.pem")),
            "{told}"
        );
    }
}
