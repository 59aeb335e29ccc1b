//! Where a centre's store is: `postgres://user@host/database?sslrootcert=/etc/qyran/centre.pem`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::config::{Host, SslMode};
use url::Url;

use super::error::StoreError;
use crate::model::camera::Password;

/// A host that does not answer within this time is away.
const CONNECT_WITHIN: Duration = Duration::from_secs(4);
/// A connection that was silent for so long is asked after, and without an answer it is over.
const SILENT: Duration = Duration::from_secs(5);

/// A PostgreSQL database that a centre shares.
#[derive(Clone)]
pub struct Address {
    pub(super) config: tokio_postgres::Config,
    /// Certificates that the server's may come from; nothing: no TLS.
    pub(super) roots: Option<PathBuf>,
    shown: String,
}

impl Address {
    /// Reads `postgres://…`; `password` where it names none. With TLS unless the server is this
    /// machine or `sslmode=disable` is asked for.
    ///
    /// # Errors
    /// When it is no such address, or TLS is wanted and no certificate is named.
    pub fn parse(text: &str, password: Option<&Password>) -> Result<Self, StoreError> {
        let unfit = |why: String| StoreError::Address { why };
        let mut url = Url::parse(text).map_err(|error| unfit(error.to_string()))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(unfit(format!(
                "“{}” is not postgres://user@host/database",
                url.scheme()
            )));
        }
        let mut roots = None;
        let mut mode = None;
        let rest: Vec<(String, String)> = url
            .query_pairs()
            .filter_map(|(name, value)| match &*name {
                "sslrootcert" => {
                    roots = Some(PathBuf::from(&*value));
                    None
                }
                "sslmode" => {
                    mode = Some(value.into_owned());
                    None
                }
                _ => Some((name.into_owned(), value.into_owned())),
            })
            .collect();
        url.set_query(None);
        if !rest.is_empty() {
            url.query_pairs_mut().extend_pairs(rest);
        }
        let mut config: tokio_postgres::Config = url
            .as_str()
            .parse()
            // Its text may repeat the address, and so the password.
            .map_err(|_error: tokio_postgres::Error| {
                unfit("it is not postgres://user@host/database".to_owned())
            })?;
        if config.get_password().is_none()
            && let Some(password) = password
        {
            config.password(password.reveal());
        }
        let here = config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => matches!(&**name, "localhost" | "127.0.0.1" | "::1" | "[::1]"),
            #[cfg(unix)]
            Host::Unix(_) => true,
        });
        let tls = match mode.as_deref() {
            Some("disable") => false,
            None | Some("prefer" | "allow") => !here || roots.is_some(),
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(other) => return Err(unfit(format!("sslmode “{other}” is not known"))),
        };
        if tls && roots.is_none() {
            return Err(unfit(
                "a server on another machine is reached over TLS: name the certificate of its \
                 authority with ?sslrootcert=FILE (or, knowingly, sslmode=disable)"
                    .to_owned(),
            ));
        }
        config.ssl_mode(if tls {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        config.application_name("qyran");
        config.connect_timeout(CONNECT_WITHIN);
        config.tcp_user_timeout(SILENT);
        config.keepalives_idle(SILENT);
        if url.password().is_some() {
            url.set_password(None).ok(); // there was one, so there may be none
        }
        url.set_query(None);
        Ok(Self {
            config,
            roots: roots.filter(|_| tls),
            shown: url.to_string(),
        })
    }
}

/// Without the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown_and_other_machines_want_tls() {
        let secret = Password::new("hunter2");
        let here = Address::parse("postgres://a:s3cret@localhost/q?connect_timeout=3", None);
        let here = here.unwrap();
        assert!(here.roots.is_none() && !format!("{here} {here:?}").contains("s3cret"));
        let given = Address::parse("postgres://a@127.0.0.1:5433/q", Some(&secret)).unwrap();
        assert_eq!(given.config.get_password(), Some(&b"hunter2"[..]));
        for (text, what) in [
            ("postgres://a:s3cret@10.0.0.1/q", "TLS"),
            ("postgres://a:s3cret@10.0.0.1/q?sslmode=require", "TLS"),
            ("postgres://a:s3cret@10.0.0.1/q?sslmode=s3cret", "sslmode"),
            ("postgres://a:s3cret@10.0.0.1/q?nonsense=1", "postgres://"),
            ("mysql://a@b/q", "mysql"),
            ("not an address", "address"),
        ] {
            let error = Address::parse(text, None).unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
        }
        let tls = "postgres://a@10.0.0.1/q?sslrootcert=/x.pem";
        assert_eq!(
            Address::parse(tls, None).unwrap().roots,
            Some(PathBuf::from("/x.pem"))
        );
        let knowingly = "postgres://a@10.0.0.1/q?sslmode=disable";
        assert!(Address::parse(knowingly, None).unwrap().roots.is_none());
    }
}
