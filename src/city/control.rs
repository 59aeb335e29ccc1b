//! Loopback HTTP: what the cameras do, and faults on demand. Meant for this machine only.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;

use super::fault::{Fault, Target};
use super::rtsp::address::{self, Stream};
use super::shared::Shared;
use super::story::Story;
use super::story::play::{Director, Progress};
use crate::base::clock;
use crate::model::codec::Codec;

/// The longest fault, in seconds: a day.
const MAX_SECONDS: f64 = 86_400.0;

/// A wish for a fault, as it goes over the wire.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultWish {
    /// `cam-003`, or `all`.
    pub(crate) camera: String,
    /// A word of [`Fault::ALL`].
    pub(crate) fault: String,
    /// For how long; until the next wish when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seconds: Option<f64>,
}

/// What the answers come from.
#[derive(Clone)]
struct Control {
    shared: Arc<Shared>,
    director: Arc<Director>,
}

impl FromRef<Control> for Arc<Shared> {
    fn from_ref(control: &Control) -> Self {
        Self::clone(&control.shared)
    }
}

impl FromRef<Control> for Arc<Director> {
    fn from_ref(control: &Control) -> Self {
        Self::clone(&control.director)
    }
}

/// A wish for a story, as it goes over the wire.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoryWish {
    /// The name of a story that comes with the program, or a file; nothing ends what is told.
    pub(crate) story: Option<String>,
}

/// Answers requests until the city ends.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, director: Arc<Director>) {
    let mut shutdown = shared.shutdown();
    let router = Router::new()
        .route("/health", get(health))
        .route("/cameras", get(cameras))
        .route("/stats", get(stats))
        .route("/fault", post(set_fault))
        .route("/story", get(story).post(set_story))
        .fallback(async || refuse(StatusCode::NOT_FOUND, "There is no such address here."))
        .with_state(Control { shared, director });
    let end = async move {
        // An error means that the city is gone, which is an end too.
        shutdown.changed().await.ok();
    };
    if let Err(error) = axum::serve(listener, router)
        .with_graceful_shutdown(end)
        .await
    {
        tracing::error!(%error, "the city's control has ended");
    }
}

fn refuse(status: StatusCode, why: impl Into<String>) -> Response {
    (status, Json(json!({ "error": why.into() }))).into_response()
}

async fn health() -> Json<serde_json::Value> {
    Json(json!({ "status": "ok" }))
}

#[derive(Serialize)]
struct CameraView {
    id: String,
    number: usize,
    sub: StreamView,
    main: StreamView,
    fault: Fault,
    sessions: Vec<SessionView>,
}

#[derive(Serialize)]
struct StreamView {
    clip: String,
    /// Nothing while the clip does not exist.
    codec: Option<Codec>,
    width: Option<u32>,
    height: Option<u32>,
    fps: Option<f64>,
}

#[derive(Serialize)]
struct SessionView {
    stream: Stream,
    peer: String,
    frames_sent: u64,
    bytes_sent: u64,
}

async fn cameras(State(shared): State<Arc<Shared>>) -> Json<Vec<CameraView>> {
    let now = clock::now();
    let sessions = shared.sessions();
    let views = (1..=shared.num_cameras()).map(|number| CameraView {
        id: address::camera_id(number),
        number,
        sub: stream_view(&shared, number, Stream::Sub),
        main: stream_view(&shared, number, Stream::Main),
        fault: shared.fault_at(number, now),
        sessions: sessions
            .iter()
            .filter(|session| session.camera == number)
            .map(|session| SessionView {
                stream: session.stream,
                peer: session.peer.to_string(),
                frames_sent: session.frames.load(Relaxed),
                bytes_sent: session.bytes.load(Relaxed),
            })
            .collect(),
    });
    Json(views.collect())
}

fn stream_view(shared: &Shared, number: usize, stream: Stream) -> StreamView {
    let fault = shared.fault_at(number, clock::now());
    let clip = shared.clip_name(number, stream, fault);
    let clip = clip.or_else(|_| shared.clip_name(number, stream, Fault::None));
    let clip = clip.unwrap_or_default();
    let meta = shared.shelf_of(&clip).meta(&clip).ok();
    StreamView {
        codec: meta.as_ref().map(|meta| meta.codec),
        width: meta.as_ref().map(|meta| meta.width),
        height: meta.as_ref().map(|meta| meta.height),
        fps: meta.map(|meta| f64::from(meta.fps_num) / f64::from(meta.fps_den)),
        clip,
    }
}

async fn stats(State(shared): State<Arc<Shared>>) -> Json<serde_json::Value> {
    let totals = shared.totals();
    let uptime = clock::now().saturating_duration_since(shared.origin());
    Json(json!({
        "uptime_s": uptime.as_secs_f64(),
        "cameras": shared.num_cameras(),
        "clips_in_memory": shared.shelf().num_loaded(),
        "connections_accepted": totals.connections.load(Relaxed),
        "sessions_open": shared.sessions().len(),
        "sessions_opened": totals.sessions.load(Relaxed),
        "sessions_dropped_unread": totals.unread.load(Relaxed),
        "frames_sent": totals.frames.load(Relaxed),
        "bytes_sent": totals.bytes.load(Relaxed),
    }))
}

async fn story(State(director): State<Arc<Director>>) -> Json<Progress> {
    Json(director.progress())
}

async fn set_story(
    State(director): State<Arc<Director>>,
    wish: Result<Json<StoryWish>, JsonRejection>,
) -> Response {
    let wish = match wish {
        Ok(Json(wish)) => wish,
        Err(rejection) => return refuse(rejection.status(), rejection.body_text()),
    };
    match wish.story.as_deref().map(Story::find).transpose() {
        Ok(Some(story)) => director.start(story),
        Ok(None) => director.stop(),
        Err(error) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
    }
    Json(json!({ "story": wish.story })).into_response()
}

async fn set_fault(
    State(shared): State<Arc<Shared>>,
    wish: Result<Json<FaultWish>, JsonRejection>,
) -> Response {
    let wish = match wish {
        Ok(Json(wish)) => wish,
        Err(rejection) => return refuse(rejection.status(), rejection.body_text()),
    };
    match apply(&shared, &wish).await {
        Ok(()) => Json(json!({ "camera": wish.camera, "fault": wish.fault })).into_response(),
        Err((status, why)) => refuse(status, why),
    }
}

/// Sets a fault. What has to be made for one camera is made before, so that it begins when this
/// returns.
async fn apply(shared: &Shared, wish: &FaultWish) -> Result<(), (StatusCode, String)> {
    let target = if wish.camera == "all" {
        Target::All
    } else {
        address::camera_number(&wish.camera)
            .filter(|number| shared.has_camera(*number))
            .map(Target::Camera)
            .ok_or_else(|| {
                let last = address::camera_id(shared.num_cameras());
                let why = format!(
                    "There is no camera {:?}; say cam-001 to {last}, or all.",
                    wish.camera
                );
                (StatusCode::NOT_FOUND, why)
            })?
    };
    let fault = Fault::from_word(&wish.fault).ok_or_else(|| {
        let words = Fault::ALL.map(|(_, word)| word).join(", ");
        let why = format!("There is no fault {:?}; say one of {words}.", wish.fault);
        (StatusCode::UNPROCESSABLE_ENTITY, why)
    })?;
    let lasting = match wish.seconds {
        None => None,
        Some(seconds) if seconds > 0.0 && seconds <= MAX_SECONDS => {
            Some(Duration::from_secs_f64(seconds))
        }
        Some(seconds) => {
            let why = format!(
                "A fault lasts more than 0 and up to {MAX_SECONDS} seconds, not {seconds}."
            );
            return Err((StatusCode::UNPROCESSABLE_ENTITY, why));
        }
    };
    // For all cameras that would take too long; there each begins when it can.
    if let Target::Camera(number) = target
        && let Err(error) = shared.prepare(number, fault).await
    {
        let why = format!("The fault cannot be shown: {error}.");
        return Err((StatusCode::SERVICE_UNAVAILABLE, why));
    }
    shared.set_fault(target, fault, lasting);
    tracing::info!(
        camera = wish.camera,
        fault = wish.fault,
        seconds = wish.seconds,
        "fault set"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::clip::tests::fixtures;
    use crate::city::shelf::Shelf;

    #[tokio::test]
    async fn wishes_are_checked() {
        let shared = Shared::new(Shelf::new(fixtures()), 4);
        let check = async |camera: &str, fault: &str, seconds, expect: Result<(), &str>| {
            let wish = FaultWish {
                camera: camera.into(),
                fault: fault.into(),
                seconds,
            };
            match (apply(&shared, &wish).await, expect) {
                (Ok(()), Ok(())) => {}
                (Err((_, why)), Err(part)) => assert!(why.contains(part), "{why}"),
                (have, expect) => panic!("{have:?} is not {expect:?}"),
            }
        };
        check("cam-003", "freeze", None, Ok(())).await;
        assert_eq!(shared.fault_at(3, clock::now()), Fault::Freeze);
        check("all", "none", Some(5.0), Ok(())).await;
        assert_eq!(shared.fault_at(3, clock::now()), Fault::None);
        check("cam-005", "freeze", None, Err("cam-001 to cam-004")).await;
        check("camera 3", "freeze", None, Err("or all")).await;
        check("all", "fire", None, Err("wrong_password")).await;
        for seconds in [0.0, -1.0, f64::NAN, 1e9] {
            check("all", "lost", Some(seconds), Err("seconds")).await;
        }
    }
}
