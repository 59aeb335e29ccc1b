//! The other side of the HTTP door: how a program of ours tells events.

use serde::Deserialize;
use serde_json::Value;

use crate::link::token::Token;

/// How long a request may take; longer than the door takes to answer.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(40);

/// What the door says of one event.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Told {
    /// Its status by itself: 200, 201, 409, 422 or 429.
    #[serde(default)]
    pub status: u16,
    /// In one word: `kept`, `repeat`, `conflict`, `refused` or `busy`.
    pub outcome: String,
    /// Its source, where it could be read.
    #[serde(default)]
    pub source: String,
    /// Its id, where it could be read.
    #[serde(default)]
    pub id: String,
    /// Why it was not kept.
    #[serde(default)]
    pub error: String,
    /// What is odd in it.
    #[serde(default)]
    pub remarks: Vec<String>,
}

/// What came of a request.
#[derive(Debug)]
pub enum Sent {
    /// The door judged each event, in their order.
    Told(Vec<Told>),
    /// It takes none now; sending again later is right.
    Away(String),
    /// It does not take this request, and will not when it is sent again.
    Refused(String),
}

/// Sends `body`, one event or a list, to the door at `url` (such as `http://127.0.0.1:8710`).
pub async fn send(url: &str, token: &Token, body: String) -> Sent {
    let address = format!("{}/v1/events", url.trim_end_matches('/'));
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let request = client.map(|client| {
        client
            .post(&address)
            .bearer_auth(token.secret())
            .header("content-type", "application/json")
            .body(body)
    });
    let request = match request {
        Ok(request) => request,
        Err(error) => return Sent::Refused(error.without_url().to_string()),
    };
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_builder() => {
            return Sent::Refused(format!("{address} is no address: {}", error.without_url()));
        }
        Err(error) => return Sent::Away(format!("{address}: {}", chain(&error.without_url()))),
    };
    let status = response.status().as_u16();
    let body: Value = match response.json().await {
        Ok(body) => body,
        // Cut off: whether anything was kept is not known.
        Err(error) if status < 400 || status == 429 => {
            return Sent::Away(format!("{address}: {}", chain(&error.without_url())));
        }
        Err(_no_json) => Value::Null,
    };
    answer(&address, status, body)
}

/// Whether the door at `url` takes events from who shows `token`.
///
/// # Errors
/// When it does not; why, in words.
pub async fn answers(url: &str, token: &Token) -> Result<(), String> {
    let address = format!("{}/v1/classes", url.trim_end_matches('/'));
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let said = |error: reqwest::Error| format!("{address}: {}", chain(&error.without_url()));
    let request = client.map_err(said)?.get(&address);
    let response = request
        .bearer_auth(token.secret())
        .send()
        .await
        .map_err(said)?;
    match response.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("{address} answers {status}")),
    }
}

/// An error and what it comes from, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}

/// What `body` says, which came with `status`.
fn answer(address: &str, status: u16, mut body: Value) -> Sent {
    let list = if body.get("outcome").is_some() {
        Value::Array(vec![body.clone()])
    } else {
        body.get_mut("events").map(Value::take).unwrap_or_default()
    };
    if let (200 | 201 | 409 | 422 | 429, Ok(told)) =
        (status, serde_json::from_value::<Vec<Told>>(list))
    {
        Sent::Told(told)
    } else {
        let why = body["error"].as_str().unwrap_or("it is no door for events");
        let why = format!("{address} answers {status}: {why}");
        match status {
            408 | 429 | 502..=504 => Sent::Away(why),
            _ => Sent::Refused(why),
        }
    }
}
