//! The keyring of Linux: the Secret Service on the session bus
//! (<https://specifications.freedesktop.org/secret-service-spec/latest/>), which GNOME, KDE and
//! KeePassXC provide. One item of the default collection, found by its attributes; what goes over the
//! bus is encrypted for the session (Diffie–Hellman, AES).
//!
//! Reading never prompts: who asks a locked collection gets an error. A provider may ask the user
//! before it takes a new item, which only a command does.

use std::collections::HashMap;
use std::fmt::Display;
use std::time::Duration;

use secret_service::{Collection, EncryptionType, Error, Item, SecretService};
use zbus::Connection;
use zbus::connection::Builder;

use super::keyring::{Keyring, KeyringError, LABEL};

/// How the item is found.
const ATTRIBUTES: [(&str, &str); 2] = [("application", "qyran"), ("kind", "camera-passwords")];

/// The default collection of the Secret Service.
#[derive(Clone, Debug)]
pub struct SystemKeyring {
    patience: Duration,
    bus: Option<String>,
}

enum Wish<'t> {
    Read,
    Write(&'t str),
    Remove,
}

impl SystemKeyring {
    /// On the session's own bus. No call takes longer than `patience`.
    pub fn new(patience: Duration) -> Self {
        Self {
            patience,
            bus: None,
        }
    }

    /// On the bus with this D-Bus address, for tests.
    pub fn on_bus(address: &str, patience: Duration) -> Self {
        Self {
            patience,
            bus: Some(address.to_owned()),
        }
    }

    fn ask(&self, wish: &Wish<'_>) -> Result<Option<String>, KeyringError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(failed)?;
        runtime.block_on(async {
            match tokio::time::timeout(self.patience, self.act(wish)).await {
                Ok(done) => done,
                Err(_elapsed) => Err(KeyringError::Silent {
                    within: self.patience,
                }),
            }
        })
    }

    async fn connect(&self) -> Result<Connection, zbus::Error> {
        match &self.bus {
            None => Connection::session().await,
            Some(address) => Builder::address(address.as_str())?.build().await,
        }
    }

    async fn act(&self, wish: &Wish<'_>) -> Result<Option<String>, KeyringError> {
        let bus = self
            .connect()
            .await
            .map_err(|error| KeyringError::Missing {
                why: format!("no session bus ({error})"),
                service: false,
            })?;
        let service = SecretService::connect_with_existing(EncryptionType::Dh, bus)
            .await
            .map_err(told)?;
        let collection = service.get_default_collection().await;
        let collection = collection.map_err(|error| match error {
            Error::NoResult => KeyringError::Missing {
                why: "the Secret Service has no default keyring".into(),
                service: true,
            },
            other => told(other),
        })?;
        let items = search(&collection).await?;
        if collection.is_locked().await.map_err(told)? {
            let ours = !items.is_empty();
            return Err(KeyringError::Locked { ours });
        }
        match wish {
            Wish::Read => {
                let Some(item) = newest(items).await? else {
                    return Ok(None);
                };
                let bytes = item.get_secret().await.map_err(told)?;
                // What is no text at all has no line that is.
                let text = String::from_utf8(bytes)
                    .map_err(|_not_text| KeyringError::Unfit { line: 1 })?;
                return Ok(Some(text));
            }
            Wish::Write(text) => {
                let (bytes, kind) = (text.as_bytes(), "text/plain; charset=utf8");
                if let Some(item) = newest(items).await? {
                    item.set_secret(bytes, kind).await.map_err(told)?;
                } else {
                    let attributes = HashMap::from(ATTRIBUTES);
                    let made = collection.create_item(LABEL, attributes, bytes, true, kind);
                    made.await.map_err(told)?;
                }
            }
            Wish::Remove => {
                for item in items {
                    item.delete().await.map_err(told)?;
                }
            }
        }
        Ok(None)
    }
}

impl Keyring for SystemKeyring {
    fn read(&self) -> Result<Option<String>, KeyringError> {
        self.ask(&Wish::Read)
    }

    fn write(&self, text: &str) -> Result<(), KeyringError> {
        self.ask(&Wish::Write(text)).map(|_nothing| ())
    }

    fn remove(&self) -> Result<(), KeyringError> {
        self.ask(&Wish::Remove).map(|_nothing| ())
    }
}

async fn search<'c>(collection: &'c Collection<'c>) -> Result<Vec<Item<'c>>, KeyringError> {
    let found = collection.search_items(HashMap::from(ATTRIBUTES)).await;
    found.map_err(told)
}

/// The item that was written last: another program may have put a second one beside ours.
async fn newest(items: Vec<Item<'_>>) -> Result<Option<Item<'_>>, KeyringError> {
    let mut newest = None;
    for item in items {
        let modified = item.get_modified().await.map_err(told)?;
        if newest.as_ref().is_none_or(|(best, _)| modified > *best) {
            newest = Some((modified, item));
        }
    }
    Ok(newest.map(|(_, item)| item))
}

/// An error of the service by what can be done about it. Its texts are of the bus and of the
/// provider, to which secrets are known only in encrypted form on the way.
fn told(error: Error) -> KeyringError {
    let zbus = match error {
        Error::Locked => return KeyringError::Locked { ours: true },
        Error::Unavailable => {
            return KeyringError::Missing {
                why: "no session bus, or no Secret Service on it".into(),
                service: false,
            };
        }
        Error::Zbus(error) => error,
        Error::ZbusFdo(error) => zbus::Error::FDO(Box::new(error)),
        other => return failed(other),
    };
    let name = match &zbus {
        zbus::Error::MethodError(name, ..) => name.to_string(),
        zbus::Error::FDO(error) => zbus::DBusError::name(&**error).to_string(),
        _ => return failed(zbus),
    };
    match name.strip_prefix("org.freedesktop.").unwrap_or_default() {
        "Secret.Error.IsLocked" => KeyringError::Locked { ours: true },
        "DBus.Error.ServiceUnknown" | "DBus.Error.NameHasNoOwner" => KeyringError::Missing {
            why: "no Secret Service on the session bus".into(),
            service: false,
        },
        spawn if spawn.starts_with("DBus.Error.Spawn.") => KeyringError::Missing {
            why: format!("the Secret Service does not start ({zbus})"),
            service: false,
        },
        _ => failed(zbus),
    }
}

fn failed(error: impl Display) -> KeyringError {
    KeyringError::Failed {
        problem: error.to_string(),
    }
}
