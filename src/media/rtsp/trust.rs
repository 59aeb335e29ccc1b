//! Which certificates are believed, and whether who shows one also holds its key.
//!
//! Cameras sign their own certificates, keep them past their end, and many still have version 1, 1024
//! bits or SHA-1: what a browser's rules refuse outright. A certificate that is remembered from the
//! first time needs none of these rules; that its key is there is checked in any case.

use std::fmt;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

use crate::error::{CertificateFault, Error, Fault, Phase};

/// SHA-256 of a certificate.
pub type Fingerprint = [u8; 32];

/// The versions of the older ways.
const OLDER_VERSIONS: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];
/// A signature is as long as its key; `ring` checks the newer ones (PSS) from 2048 bits on.
const MIN_NEWER_SIGNATURE_BYTES: usize = 2048 / 8;

/// Remembers certificates of hosts between sessions.
pub trait CertificateMemory: Send + Sync {
    /// The certificate of a host (`name:port`) that was accepted before.
    fn known(&self, host: &str) -> Option<Fingerprint>;
    /// A host showed its certificate for the first time, and holds its key.
    fn learn(&self, host: &str, fingerprint: Fingerprint);
}

/// Which certificates are believed.
#[derive(Clone, Default)]
pub enum Trust {
    /// Those that the system's authorities vouch for.
    Verified,
    /// The one that the host showed the first time.
    FirstUse(Arc<dyn CertificateMemory>),
    /// Any.
    #[default]
    Any,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verified => "Verified",
            Self::FirstUse(_) => "FirstUse",
            Self::Any => "Any",
        })
    }
}

/// What came out of looking at a certificate.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) fingerprint: Option<Fingerprint>,
    is_changed: bool,
    /// It signed in the way of TLS 1.3 with a key that is too short for `ring` to check that.
    has_short_key: bool,
}

impl Seen {
    /// Whether TLS 1.2 may do where the newest way failed.
    pub(crate) fn wants_older(&self) -> bool {
        self.has_short_key && !self.is_changed
    }
}

/// Which ways of TLS are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ways {
    All,
    /// TLS 1.2 with the older signatures only: those that short keys can be checked with.
    Older,
}

/// Believes by memory, or any.
struct Remembered {
    expected: Option<Fingerprint>,
    ways: Ways,
    seen: Arc<Mutex<Seen>>,
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remembered")
    }
}

/// The settings of a handshake with one host, and what it will have shown.
pub(crate) fn config(trust: &Trust, host: &str, ways: Ways) -> (ClientConfig, Arc<Mutex<Seen>>) {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(match ways {
            Ways::All => rustls::ALL_VERSIONS,
            Ways::Older => OLDER_VERSIONS,
        })
        .unwrap_or_else(|_unfit| ClientConfig::builder());
    let config = match trust {
        Trust::Verified => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        Trust::FirstUse(_) | Trust::Any => {
            let expected = match trust {
                Trust::FirstUse(memory) => memory.known(host),
                _ => None,
            };
            let verifier = Remembered {
                expected,
                ways,
                seen: Arc::clone(&seen),
            };
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
                .with_no_client_auth()
        }
    };
    (config, seen)
}

impl ServerCertVerifier for Remembered {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let digest = ring::digest::digest(&ring::digest::SHA256, end_entity);
        let mut fingerprint = Fingerprint::default();
        fingerprint.copy_from_slice(digest.as_ref());
        let mut seen = self.seen.lock();
        seen.fingerprint = Some(fingerprint);
        seen.is_changed = self
            .expected
            .is_some_and(|expected| expected != fingerprint);
        if seen.is_changed {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        if self.ways == Ways::Older {
            return vec![
                SignatureScheme::RSA_PKCS1_SHA256,
                SignatureScheme::RSA_PKCS1_SHA512,
                SignatureScheme::RSA_PKCS1_SHA1,
            ];
        }
        vec![
            SignatureScheme::ECDSA_NISTP384_SHA384,
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ED25519,
            SignatureScheme::RSA_PSS_SHA512,
            SignatureScheme::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PKCS1_SHA512,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA1,
        ]
    }
}

impl Remembered {
    fn verify(
        &self,
        message: &[u8],
        cert: &[u8],
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let is_newer = matches!(
            signed.scheme,
            SignatureScheme::RSA_PSS_SHA256
                | SignatureScheme::RSA_PSS_SHA384
                | SignatureScheme::RSA_PSS_SHA512
        );
        if is_newer && signed.signature().len() < MIN_NEWER_SIGNATURE_BYTES {
            self.seen.lock().has_short_key = true;
        }
        verify(message, cert, signed.scheme, signed.signature())
    }
}

fn verify(
    message: &[u8],
    cert: &[u8],
    scheme: SignatureScheme,
    signed: &[u8],
) -> Result<HandshakeSignatureValid, rustls::Error> {
    let bad = || rustls::Error::from(CertificateError::BadSignature);
    let algorithm: &'static dyn VerificationAlgorithm = match scheme {
        SignatureScheme::ECDSA_NISTP256_SHA256 => &signature::ECDSA_P256_SHA256_ASN1,
        SignatureScheme::ECDSA_NISTP384_SHA384 => &signature::ECDSA_P384_SHA384_ASN1,
        SignatureScheme::ED25519 => &signature::ED25519,
        // 1024 bits, as older cameras have.
        SignatureScheme::RSA_PKCS1_SHA1 => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        SignatureScheme::RSA_PKCS1_SHA256 => {
            &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
        }
        SignatureScheme::RSA_PKCS1_SHA512 => {
            &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
        }
        SignatureScheme::RSA_PKCS1_SHA384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        SignatureScheme::RSA_PSS_SHA256 => &signature::RSA_PSS_2048_8192_SHA256,
        SignatureScheme::RSA_PSS_SHA384 => &signature::RSA_PSS_2048_8192_SHA384,
        SignatureScheme::RSA_PSS_SHA512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return Err(bad()),
    };
    let key = public_key(cert).ok_or_else(bad)?;
    UnparsedPublicKey::new(algorithm, key)
        .verify(message, signed)
        .map_err(|_unspecified| bad())?;
    Ok(HandshakeSignatureValid::assertion())
}

/// The bits of the public key in a certificate of any version (RFC 5280 section 4.1).
fn public_key(cert: &[u8]) -> Option<&[u8]> {
    let (_, cert, _) = element(cert)?;
    let (_, mut body, _) = element(cert)?;
    // The version stands there from 2 on.
    if body.first() == Some(&0xA0) {
        body = element(body)?.2;
    }
    // Serial number, algorithm, issuer, validity, subject.
    for _ in 0..5 {
        body = element(body)?.2;
    }
    let (_, info, _) = element(body)?;
    let (_, _algorithm, rest) = element(info)?;
    let (tag, bits, _) = element(rest)?;
    let (unused, key) = bits.split_first()?;
    (tag == 0x03 && *unused == 0).then_some(key)
}

/// An element of DER: its tag, what is in it, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, mut rest) = rest.split_first()?;
    let mut length = usize::from(*first);
    if length & 0x80 != 0 {
        let count = length & 0x7F;
        if count == 0 || count > 4 {
            return None;
        }
        let (digits, behind) = rest.split_at_checked(count)?;
        length = digits
            .iter()
            .fold(0, |sum, digit| sum << 8 | usize::from(*digit));
        rest = behind;
    }
    let (inside, behind) = rest.split_at_checked(length)?;
    Some((*tag, inside, behind))
}

/// Sorts what a handshake ended with.
pub(crate) fn fault_of(error: &io::Error, seen: &Seen) -> Error {
    if seen.is_changed {
        return Error::new(Phase::Secure, Fault::Certificate(CertificateFault::Changed));
    }
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let fault = match inner {
        Some(rustls::Error::InvalidCertificate(error)) => Fault::Certificate(match error {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => CertificateFault::Expired,
            _ => CertificateFault::Untrusted,
        }),
        Some(_) => Fault::NoTls,
        // Who hangs up at a greeting of TLS does not speak it.
        None if error.kind() == io::ErrorKind::UnexpectedEof => Fault::NoTls,
        None => return Error::io(Phase::Secure, error),
    };
    Error::new(Phase::Secure, fault)
}
