//! Events over HTTP, from programs of this machine (`docs/ref/events.md`).

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, middleware};
use futures::StreamExt as _;
use serde_json::{Value, json};

use super::desk::{Desk, Outcome};
use super::listener::{LONGEST_CONNECTION, Limited};
use super::{Answer, Way};
use crate::link::token::Token;
use crate::model::outside::{FORM, LONGEST_MESSAGE, Refusal, Shape, bundle, shape};

/// How long the body of a request may take.
const READ_PATIENCE: Duration = Duration::from_secs(10);

/// What a request needs.
pub(super) struct Rules {
    desk: Arc<Desk>,
    token: Token,
    classes: Box<dyn Fn() -> Vec<String> + Send + Sync>,
}

impl Rules {
    pub(super) fn new(
        desk: Arc<Desk>,
        token: Token,
        classes: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    ) -> Self {
        Self {
            desk,
            token,
            classes,
        }
    }
}

/// Answers requests until the thread ends.
pub(super) async fn serve(listener: std::net::TcpListener, rules: Rules) {
    serve_for(listener, rules, LONGEST_CONNECTION).await;
}

/// As [`serve`], with connections of at most `longest`.
pub(super) async fn serve_for(listener: std::net::TcpListener, rules: Rules, longest: Duration) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => Limited::new(listener, longest),
        Err(error) => {
            tracing::error!(%error, "events over HTTP are not heard");
            return;
        }
    };
    let no_address = async || refuse(StatusCode::NOT_FOUND, "there is no such address here");
    let no_method = async || refuse(StatusCode::METHOD_NOT_ALLOWED, "not by this method");
    let rules = Arc::new(rules);
    let router = Router::new()
        .route("/v1/events", post(events))
        .route("/v1/classes", get(classes))
        .method_not_allowed_fallback(no_method)
        .fallback(no_address)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&rules),
            with_token,
        ))
        .layer(middleware::map_response(closing))
        .with_state(rules);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "events over HTTP are heard no longer");
    }
}

/// One request for each connection, so that none outlasts its time.
async fn closing(mut response: Response) -> Response {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Lets in who shows the token, before anything else is looked at.
async fn with_token(
    State(rules): State<Arc<Rules>>,
    request: axum::extract::Request,
    next: middleware::Next,
) -> Response {
    let shown = request.headers().get(header::AUTHORIZATION);
    let shown = shown.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    if shown.is_some_and(|shown| rules.token.is(shown)) {
        return next.run(request).await;
    }
    rules.desk.count_unknown_sender();
    let why = "show the token of this seat: Authorization: Bearer TOKEN";
    let mut response = refuse(StatusCode::UNAUTHORIZED, why);
    let scheme = HeaderValue::from_static("Bearer");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, scheme);
    response
}

fn refuse(status: StatusCode, why: impl Into<String>) -> Response {
    (status, Json(json!({ "error": why.into() }))).into_response()
}

async fn classes(State(rules): State<Arc<Rules>>) -> Json<Value> {
    Json(json!({ "form": FORM, "classes": (rules.classes)() }))
}

async fn events(State(rules): State<Arc<Rules>>, headers: HeaderMap, body: Body) -> Response {
    let bytes = match read(&headers, body).await {
        Ok(bytes) => bytes,
        Err((status, why)) => return refuse(status, why),
    };
    let events = match bundle(&bytes) {
        Ok(events) => events,
        Err(refusal) => {
            rules.desk.count_refused(Way::Http, &refusal);
            let mut told = json!({ "outcome": "refused" });
            put_refusal(&mut told, &refusal);
            return (StatusCode::UNPROCESSABLE_ENTITY, Json(told)).into_response();
        }
    };
    let single = shape(&bytes) == Shape::One;
    drop(bytes);
    let outcomes = rules.desk.offer(events, Way::Http).await;
    let status = outcomes.iter().map(status).max_by_key(|one| severity(*one));
    let status = status.unwrap_or(StatusCode::OK);
    let mut told: Vec<Value> = outcomes.iter().map(said).collect();
    let body = if single {
        told.pop().unwrap_or_default()
    } else {
        for (index, one) in told.iter_mut().enumerate() {
            one["index"] = index.into();
        }
        json!({ "events": told })
    };
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::TOO_MANY_REQUESTS {
        let soon = HeaderValue::from_static("1");
        response.headers_mut().insert(header::RETRY_AFTER, soon);
    }
    response
}

/// The body, within its limits of size and time.
async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, (StatusCode, String)> {
    let too_long = || {
        let why = format!("a request has at most {LONGEST_MESSAGE} bytes; send several");
        (StatusCode::PAYLOAD_TOO_LARGE, why)
    };
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > LONGEST_MESSAGE as u64) {
        return Err(too_long());
    }
    let all = async {
        let mut bytes = Vec::new();
        let mut parts = body.into_data_stream();
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| {
                let why = format!("the request breaks off: {error}");
                (StatusCode::BAD_REQUEST, why)
            })?;
            if bytes.len() + part.len() > LONGEST_MESSAGE {
                return Err(too_long());
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    };
    tokio::time::timeout(READ_PATIENCE, all)
        .await
        .unwrap_or_else(|_slow| {
            let why = format!("the request took longer than {} s", READ_PATIENCE.as_secs());
            Err((StatusCode::REQUEST_TIMEOUT, why))
        })
}

fn status(outcome: &Outcome) -> StatusCode {
    match outcome.answer {
        Answer::Kept(_) => StatusCode::CREATED,
        Answer::Repeat => StatusCode::OK,
        Answer::Conflict => StatusCode::CONFLICT,
        Answer::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Answer::Busy => StatusCode::TOO_MANY_REQUESTS,
    }
}

/// Which status stands for a bundle: that of the event that fared worst. Who sends the whole again
/// when it is 429 does right, for the same event is kept once.
fn severity(status: StatusCode) -> u8 {
    match status {
        StatusCode::OK => 0,
        StatusCode::CREATED => 1,
        StatusCode::CONFLICT => 2,
        StatusCode::UNPROCESSABLE_ENTITY => 3,
        _ => 4,
    }
}

/// What is told of one event.
fn said(outcome: &Outcome) -> Value {
    let mut told = json!({ "status": status(outcome).as_u16() });
    if let Some((source, id, alarm)) = &outcome.named {
        told["source"] = source.as_str().into();
        told["id"] = id.as_str().into();
        told["alarm"] = alarm.to_string().into();
    }
    let word = match &outcome.answer {
        Answer::Kept(remarks) => {
            if !remarks.is_empty() {
                told["remarks"] = remarks.iter().map(ToString::to_string).collect();
            }
            "kept"
        }
        Answer::Repeat => "repeat",
        Answer::Conflict => {
            told["error"] = "another event was told under the same source and id; it stands".into();
            "conflict"
        }
        Answer::Refused(refusal) => {
            put_refusal(&mut told, refusal);
            "refused"
        }
        Answer::Busy => {
            told["error"] = "not known to be kept; send it again".into();
            "busy"
        }
    };
    told["outcome"] = word.into();
    told
}

fn put_refusal(told: &mut Value, refusal: &Refusal) {
    told["error"] = refusal.to_string().into();
    told["pointer"] = refusal.pointer.as_str().into();
    if let Some(line) = refusal.line {
        told["line"] = line.into();
    }
}
