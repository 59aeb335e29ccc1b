//! The logins of a centre's seats: made where they are not, and otherwise left as they are.

use tokio::runtime::Runtime;
use tokio_postgres::Client;

use super::StoreError;
use super::centre::{owns, runtime};
use crate::model::camera::Password;
use crate::store::database::Address;
use crate::store::database::postgres::{Postgres, told};

/// A login of a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Its name: lower-case letters, digits and `_`, beginning with a letter.
    pub name: String,
    /// The centre that it belongs to.
    pub centre: String,
}

impl Login {
    /// Whether a text can be a login's name, which is never put in quotes.
    pub fn is_name(text: &str) -> bool {
        let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        text.len() <= 63
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.starts_with("pg_")
            && text != "qyran_seat"
            && text.chars().all(inside)
    }
}

/// How it stands with a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginState {
    /// There is none.
    Missing,
    /// It is there, and belongs to this centre.
    There,
    /// It is there, and belongs to another centre.
    Of {
        /// Which.
        centre: String,
    },
    /// It is there, and is no login of a seat: another program's, or above what a seat may be.
    Foreign,
}

/// A centre's server, with a login that may make others.
pub struct Logins {
    runtime: Runtime,
    place: String,
    client: Client,
}

impl Logins {
    /// Connects, and makes the schema and the role of seats where they are not.
    ///
    /// # Errors
    /// When it cannot be reached, or this login does not own the database.
    pub fn open(address: &Address) -> Result<Self, StoreError> {
        let place = address.to_string();
        let runtime = runtime(&place)?;
        let client = runtime.block_on(async {
            let (opened, _notifications) = Postgres::connect(address).await?;
            let failed = |error: tokio_postgres::Error| told(&place, &error);
            if !owns(&opened.client).await.map_err(failed)? {
                return Err(StoreError::Refused {
                    place: place.clone(),
                    why: "the login of the database's owner is needed".to_owned(),
                });
            }
            Ok(opened.client)
        })?;
        Ok(Self {
            runtime,
            place,
            client,
        })
    }

    /// How it stands with a login.
    ///
    /// # Errors
    /// When the server cannot say.
    pub fn state(&self, login: &Login) -> Result<LoginState, StoreError> {
        let look = async {
            let row = self
                .client
                .query_opt(
                    "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR NOT rolcanlogin,
                            (SELECT centre FROM qyran.login WHERE login = rolname)
                     FROM pg_roles WHERE rolname = $1",
                    &[&login.name],
                )
                .await?;
            let Some(row) = row else {
                return Ok(LoginState::Missing);
            };
            let above: bool = row.try_get(0)?;
            let centre: Option<String> = row.try_get(1)?;
            Ok(match centre {
                _ if above => LoginState::Foreign,
                Some(centre) if centre == login.centre => LoginState::There,
                Some(centre) => LoginState::Of { centre },
                None => LoginState::Foreign,
            })
        };
        self.wait(look)
    }

    /// Makes a login with a password. The server gets what it checks the password with, not the
    /// password, so that none of its logs holds it.
    ///
    /// # Errors
    /// When it is there, or the server refuses.
    pub fn make(&self, login: &Login, password: &Password) -> Result<(), StoreError> {
        let Login { name, centre } = login;
        if !Login::is_name(name) {
            return Err(StoreError::Refused {
                place: self.place.clone(),
                why: format!("“{name}” is no name of a login"),
            });
        }
        let secret = postgres_protocol::password::scram_sha_256(password.reveal().as_bytes());
        let make = async {
            // Neither the name nor the secret can hold a quote.
            self.client
                .batch_execute(&format!(
                    "BEGIN; CREATE ROLE {name} LOGIN PASSWORD '{secret}' IN ROLE qyran_seat"
                ))
                .await?;
            let bind = "INSERT INTO qyran.login (login, centre) VALUES ($1, $2)
                        ON CONFLICT (login) DO UPDATE SET centre = excluded.centre
                        WHERE qyran.login.centre = excluded.centre";
            let bound = self.client.execute(bind, &[name, centre]).await?;
            self.client.batch_execute(&limits(name)).await?;
            let end = if bound == 1 { "COMMIT" } else { "ROLLBACK" };
            self.client.batch_execute(end).await?;
            Ok(bound == 1)
        };
        let made = self.wait(make);
        if made.is_err() {
            // So that the next one does not find itself in this one's transaction.
            self.runtime
                .block_on(self.client.batch_execute("ROLLBACK"))
                .ok();
        }
        if made? {
            return Ok(());
        }
        Err(StoreError::Refused {
            place: self.place.clone(),
            why: format!("the login {name} is written down for another centre"),
        })
    }

    /// Gives a login that is there the limits that a new one has.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn limit(&self, login: &Login) -> Result<(), StoreError> {
        let sql = limits(&login.name);
        self.wait(self.client.batch_execute(&sql))
    }

    fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, StoreError> {
        self.runtime
            .block_on(answer)
            .map_err(|error| told(&self.place, &error))
    }
}

/// What holds for every session of a login, also one of another program: it keeps nobody waiting.
fn limits(name: &str) -> String {
    format!(
        "ALTER ROLE {name} SET statement_timeout = '30s';
         ALTER ROLE {name} SET lock_timeout = '5s';
         ALTER ROLE {name} SET idle_in_transaction_session_timeout = '3s'"
    )
}
