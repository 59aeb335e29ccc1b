//! JSON over plain HTTP to programs on this machine.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Nobody answers, or not in JSON.
    #[error("no answer from {url}")]
    NoAnswer {
        /// The address.
        url: String,
        /// The reason.
        source: reqwest::Error,
    },
    /// The other side says no.
    #[error("{url} refuses ({status}): {reason}")]
    Refused {
        /// The address.
        url: String,
        /// HTTP status.
        status: u16,
        /// The other side's sentence, from the field `error`.
        reason: String,
    },
}

/// Sends `body` and reads the answer.
///
/// # Errors
/// When nobody answers within five seconds, the status is no success, or the answer is not a `T`.
pub async fn post_json<T: DeserializeOwned>(
    url: &str,
    body: &impl Serialize,
) -> Result<T, HttpError> {
    answer_of(url, client(url)?.post(url).json(body)).await
}

/// Reads `url`.
///
/// # Errors
/// As [`post_json`].
pub async fn get_json<T: DeserializeOwned>(url: &str) -> Result<T, HttpError> {
    answer_of(url, client(url)?.get(url)).await
}

fn client(url: &str) -> Result<reqwest::Client, HttpError> {
    reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .build()
        .map_err(|source| no_answer(url, source))
}

fn no_answer(url: &str, source: reqwest::Error) -> HttpError {
    HttpError::NoAnswer {
        url: url.to_owned(),
        source: source.without_url(),
    }
}

async fn answer_of<T: DeserializeOwned>(
    url: &str,
    request: reqwest::RequestBuilder,
) -> Result<T, HttpError> {
    let response = request
        .send()
        .await
        .map_err(|source| no_answer(url, source))?;
    let status = response.status();
    if status.is_success() {
        return response
            .json()
            .await
            .map_err(|source| no_answer(url, source));
    }
    let body: serde_json::Value = response.json().await.unwrap_or_default();
    Err(HttpError::Refused {
        url: url.to_owned(),
        status: status.as_u16(),
        reason: body["error"].as_str().unwrap_or("no reason given").into(),
    })
}
