//! TLS over loopback, with certificates that the `openssl` program makes and servers that it runs.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::error::{CertificateFault, Error, Fault, Phase};
use crate::io::{self, Connection, Target};
use crate::trust::{CertificateMemory, Fingerprint, Trust};

fn openssl(directory: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(directory)
        .output()
        .expect("the openssl program is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// How a server's certificate is made.
const USUAL: &str = "req -x509 -newkey rsa:2048 -days 9";
const REQUEST: &str =
    "req -newkey rsa:2048 -nodes -subj /CN=camera -keyout key.pem -out request.pem";
const SHORT: &str = "req -x509 -newkey rsa:1024 -days 9";
/// What the `ca` command wants to have written down.
const AUTHORITY: &str = "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nnew_certs_dir = .\n\
    rand_serial = yes\ndefault_md = sha256\npolicy = policy\nx509_extensions = names\n\
    [policy]\ncommonName = supplied\n[names]\nsubjectAltName = IP:127.0.0.1\n";
const CURVE: &str = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 9";

/// A server that speaks TLS until it is dropped.
struct Server {
    child: Child,
    port: u16,
    directory: TempDir,
}

impl Server {
    fn new(certificate: &str, more: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        openssl(
            directory.path(),
            &format!("{certificate} -sha256 -nodes -subj /CN=camera -keyout key.pem -out cert.pem"),
        );
        Self::run(directory, more)
    }

    /// A certificate that was good in January 2020.
    fn expired() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        std::fs::write(path.join("ca.cnf"), AUTHORITY).unwrap();
        std::fs::write(path.join("index.txt"), "").unwrap();
        openssl(path, REQUEST);
        openssl(
            path,
            "ca -batch -notext -selfsign -config ca.cnf -in request.pem -keyfile key.pem \
             -startdate 20200101000000Z -enddate 20200201000000Z -out cert.pem",
        );
        Self::run(directory, "")
    }

    /// A certificate of version 1: without extensions, and without a number of its version.
    fn first_version() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        openssl(path, REQUEST);
        // Newer programs make version 1 only when told to, older ones do not know the word.
        let signed = "x509 -req -in request.pem -key key.pem -days 9 -out cert.pem";
        let told = "req -x509 -x509v1 -in request.pem -key key.pem -days 9 -out cert.pem";
        let knows = Command::new("openssl")
            .args(told.split(' '))
            .current_dir(path)
            .output()
            .unwrap();
        if !knows.status.success() {
            openssl(path, signed);
        }
        openssl(path, "x509 -in cert.pem -outform DER -out cert.der");
        let der = std::fs::read(path.join("cert.der")).unwrap();
        // Two elements with two bytes of length each; then the version, where there is one.
        assert_ne!(der[8], 0xA0, "the certificate is of version 1");
        Self::run(directory, "")
    }

    fn run(directory: TempDir, more: &str) -> Self {
        let arguments = format!(
            "s_server -accept 127.0.0.1:0 -key key.pem -cert cert.pem -cipher DEFAULT:@SECLEVEL=0{}{more}",
            if more.is_empty() { "" } else { " " }
        );
        let mut child = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the openssl program is installed");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().expect("the server begins").unwrap();
            if let Some(address) = line.strip_prefix("ACCEPT ") {
                break address.rsplit(':').next().unwrap().parse().unwrap();
            }
        };
        // What it goes on to say is read, so that it does not stand still.
        std::thread::Builder::new()
            .name("openssl".to_owned())
            .spawn(move || lines.for_each(drop))
            .unwrap();
        Self {
            child,
            port,
            directory,
        }
    }

    async fn connect(&self, trust: &Trust) -> Result<Connection, Error> {
        connect(self.port, trust).await
    }

    fn fingerprint(&self) -> Fingerprint {
        openssl(
            self.directory.path(),
            "x509 -in cert.pem -outform DER -out cert.der",
        );
        let der = std::fs::read(self.directory.path().join("cert.der")).unwrap();
        let digest = ring::digest::digest(&ring::digest::SHA256, &der);
        digest.as_ref().try_into().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

async fn connect(port: u16, trust: &Trust) -> Result<Connection, Error> {
    let target = Target {
        host: "127.0.0.1".to_owned(),
        port,
        is_secure: true,
        is_tunnel: false,
        path: "/".to_owned(),
    };
    io::connect(&target, trust, None, "test").await
}

async fn fault(port: u16, trust: &Trust) -> Fault {
    let error = connect(port, trust).await.err().expect("it is refused");
    assert_eq!(error.phase, Phase::Secure);
    error.fault
}

/// One place, whatever the host.
#[derive(Default)]
struct Memory(Mutex<Option<Fingerprint>>);

impl CertificateMemory for Memory {
    fn known(&self, _host: &str) -> Option<Fingerprint> {
        *self.0.lock()
    }

    fn learn(&self, _host: &str, fingerprint: Fingerprint) {
        *self.0.lock() = Some(fingerprint);
    }
}

#[tokio::test]
async fn any_certificate_is_taken_where_any_is_believed() {
    for server in [
        Server::new(USUAL, ""),
        Server::new(USUAL, "-tls1_2"),
        Server::new(CURVE, ""),
        Server::expired(),
        Server::first_version(),
    ] {
        let connection = server.connect(&Trust::Any).await.unwrap();
        assert_eq!(connection.fingerprint, Some(server.fingerprint()));
    }
}

#[tokio::test]
async fn a_key_of_1024_bits_is_taken_in_the_older_way() {
    for more in ["", "-tls1_2"] {
        let server = Server::new(SHORT, more);
        let memory = Arc::new(Memory::default());
        let first_use = Trust::FirstUse(Arc::<Memory>::clone(&memory));
        for trust in [Trust::Any, first_use] {
            let connection = server.connect(&trust).await.unwrap();
            assert_eq!(connection.fingerprint, Some(server.fingerprint()));
        }
        assert_eq!(*memory.0.lock(), Some(server.fingerprint()));
    }
    // With the newest alone it cannot be checked, and is not believed unchecked.
    let server = Server::new(SHORT, "-tls1_3");
    assert_eq!(fault(server.port, &Trust::Any).await, Fault::NoTls);
}

#[tokio::test]
async fn the_first_certificate_is_learnt_and_another_is_refused() {
    let memory = Arc::new(Memory::default());
    let trust = Trust::FirstUse(Arc::<Memory>::clone(&memory));
    let server = Server::new(CURVE, "");
    server.connect(&trust).await.unwrap();
    server.connect(&trust).await.unwrap();
    for other in [CURVE, SHORT] {
        let other = Server::new(other, "");
        assert_eq!(
            fault(other.port, &trust).await,
            Fault::Certificate(CertificateFault::Changed)
        );
    }
    assert_eq!(*memory.0.lock(), Some(server.fingerprint()));
}

#[tokio::test]
async fn nobody_vouches_for_who_signs_for_himself() {
    let own = Server::new(USUAL, "");
    let untrusted = Fault::Certificate(CertificateFault::Untrusted);
    assert_eq!(fault(own.port, &Trust::Verified).await, untrusted);
    let old = Server::expired();
    let expired = Fault::Certificate(CertificateFault::Expired);
    assert_eq!(fault(old.port, &Trust::Verified).await, expired);
}

#[tokio::test]
async fn who_speaks_no_tls_is_told_from_who_does() {
    for answer in [
        &b"RTSP/1.0 400 Bad Request\r\n\r\n"[..],
        b"HTTP/1.0 400 Bad Request\r\n\r\n",
        b"",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
            stream.write_all(answer).await.unwrap();
        });
        assert_eq!(fault(port, &Trust::Any).await, Fault::NoTls);
    }
}

/// Stands between, and after so many bytes from the server hangs up.
async fn cut_after(server: u16, count: u64) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = tokio::net::TcpStream::connect(("127.0.0.1", server))
                .await
                .unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (from_server, mut to_server) = server.into_split();
            let there = tokio::spawn(async move {
                tokio::io::copy(&mut from_client, &mut to_server).await.ok();
            });
            let mut limited = from_server.take(count);
            tokio::io::copy(&mut limited, &mut to_client).await.ok();
            there.abort();
        }
    });
    port
}

#[tokio::test]
async fn tls_that_breaks_off_anywhere_is_an_error_and_no_more() {
    let server = Server::new(CURVE, "-tls1_2");
    for count in [1, 5, 6, 60, 100, 300, 500] {
        let port = cut_after(server.port, count).await;
        let fault = fault(port, &Trust::Any).await;
        assert!(
            matches!(fault, Fault::NoTls | Fault::Closed | Fault::Reset),
            "{fault:?} after {count}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn tls_that_never_answers_comes_to_an_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let begun = tokio::time::Instant::now();
    assert_eq!(fault(port, &Trust::Any).await, Fault::TimedOut);
    assert!(begun.elapsed() <= io::CONNECT_TIMEOUT * 2);
}
