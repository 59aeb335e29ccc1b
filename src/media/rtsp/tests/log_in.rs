//! Log-ins, as cameras ask for them.

use std::collections::BTreeSet;
use std::time::Duration;

use super::peer::{Asked, Camera, Reply, Then, units};
use crate::auth::Credentials;
use crate::error::Fault;
use crate::leniency::Leniency;
use crate::options::Options;

const DIGEST: &str = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\"\r\n";

fn with_password() -> Options {
    Options {
        credentials: Some(Credentials {
            user: "user".to_owned(),
            password: "right".to_owned(),
        }),
        ..Options::default()
    }
}

fn nonce_of(asked: &Asked) -> Option<String> {
    let text = asked.header("authorization")?;
    let (_, behind) = text.split_once("nonce=\"")?;
    Some(behind.split('"').next()?.to_owned())
}

fn challenge(asked: &Asked, nonce: &str, more: &str) -> Reply {
    let header = format!("WWW-Authenticate: Digest realm=\"r\", nonce=\"{nonce}\"{more}\r\n");
    asked.answer("401 Unauthorized", &header)
}

#[tokio::test(start_paused = true)]
async fn a_nonce_of_one_use_is_answered_anew_each_time() {
    let mut used = BTreeSet::new();
    let mut number = 0;
    let camera = Camera::new(move |asked| {
        if asked.method == "TEARDOWN" {
            return None;
        }
        let nonce = nonce_of(asked);
        if nonce
            .clone()
            .is_some_and(|n| n == format!("n{number}") && used.insert(n))
        {
            return None;
        }
        number += 1;
        let stale = if nonce.is_some() { ", stale=TRUE" } else { "" };
        Some(challenge(asked, &format!("n{number}"), stale))
    });
    let mut session = camera.open_with(with_password()).await.unwrap();
    // Two minutes of signs of life, each of which is asked for a log-in.
    units(&mut session, 25 * 120).await;
    assert!(session.leniencies().count(Leniency::NewChallenge) >= 4);
    let repeated = camera
        .asked()
        .iter()
        .filter(|a| a.method == "OPTIONS" || a.method == "GET_PARAMETER")
        .count();
    assert!((6..=10).contains(&repeated), "{repeated}");
    assert_eq!(camera.num_connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_camera_may_hang_up_after_it_has_asked_for_a_log_in() {
    let camera = Camera::new(|asked| {
        (asked.header("authorization").is_none() && asked.method != "OPTIONS")
            .then(|| asked.answer("401 Unauthorized", DIGEST).then(Then::HangUp))
    });
    let mut session = camera.open_with(with_password()).await.unwrap();
    units(&mut session, 3).await;
    assert_eq!(camera.num_connections(), 2);
    assert!(session.leniencies().count(Leniency::NewConnection) > 0);
}

#[tokio::test(start_paused = true)]
async fn a_camera_that_hangs_up_at_its_first_question_is_asked_what_it_knows_first() {
    let mut has_options = false;
    let camera = Camera::new(move |asked| {
        has_options |= asked.method == "OPTIONS";
        (!has_options).then(Reply::hang_up)
    });
    let mut session = camera.open().await.unwrap();
    units(&mut session, 3).await;
    assert_eq!(camera.methods()[..3], ["DESCRIBE", "OPTIONS", "DESCRIBE"]);
}

#[tokio::test(start_paused = true)]
async fn a_camera_that_always_hangs_up_is_left_alone() {
    let camera = Camera::new(|_| Some(Reply::hang_up()));
    assert_eq!(camera.fault(Options::default()).await, Fault::Closed);
    assert!(
        camera.num_connections() <= 3,
        "{}",
        camera.num_connections()
    );
}

#[tokio::test(start_paused = true)]
async fn basic_is_never_given_where_digest_is_offered_or_where_it_is_forbidden() {
    let both = "WWW-Authenticate: Basic realm=\"r\"\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n1\"\r\n";
    let camera = Camera::new(move |asked| {
        asked
            .header("authorization")
            .is_none()
            .then(|| asked.answer("401 No", both))
    });
    camera.open_with(with_password()).await.unwrap();
    let answers: Vec<_> = camera
        .asked()
        .iter()
        .filter_map(|a| a.header("authorization").map(ToOwned::to_owned))
        .collect();
    assert!(
        answers.iter().all(|answer| answer.starts_with("Digest")),
        "{answers:?}"
    );
    assert!(!answers.is_empty());

    let basic = "WWW-Authenticate: Basic realm=\"r\"\r\n";
    let basic_only = move |asked: &Asked| {
        asked
            .header("authorization")
            .is_none()
            .then(|| asked.answer("401 No", basic))
    };
    let camera = Camera::new(basic_only);
    let options = Options {
        allow_plain_basic: false,
        ..with_password()
    };
    assert_eq!(camera.fault(options).await, Fault::PasswordUnsafe);
    assert!(
        camera
            .asked()
            .iter()
            .all(|a| a.header("authorization").is_none())
    );
    let camera = Camera::new(basic_only);
    camera.open_with(with_password()).await.unwrap();
    assert_eq!(
        Camera::new(basic_only).fault(Options::default()).await,
        Fault::PasswordMissing
    );
}

#[tokio::test(start_paused = true)]
async fn a_password_is_called_wrong_only_after_a_fresh_challenge() {
    let camera = Camera::new(|asked| Some(challenge(asked, &format!("n{}", asked.before), "")));
    assert_eq!(camera.fault(with_password()).await, Fault::PasswordRefused);
    assert_eq!(
        camera.asked().len(),
        2,
        "no further tries that lock the account"
    );
    // Another realm after a log-in that failed is the same refusal.
    let camera = Camera::new(|asked| {
        let realm = if asked.before > 0 {
            "Please log in"
        } else {
            "r"
        };
        let header = format!("WWW-Authenticate: Digest realm=\"{realm}\", nonce=\"n\"\r\n");
        Some(asked.answer("401 No", &header))
    });
    assert_eq!(camera.fault(with_password()).await, Fault::PasswordRefused);
    assert_eq!(camera.asked().len(), 2);
    // Challenges that are always stale come to an end, and do not say that the password is wrong.
    let camera = Camera::new(|asked| {
        Some(challenge(
            asked,
            &format!("n{}", asked.before),
            ", stale=true",
        ))
    });
    assert_eq!(camera.fault(with_password()).await, Fault::Status(401));
    assert!(camera.asked().len() <= 6);
}

#[tokio::test(start_paused = true)]
async fn who_is_logged_in_and_still_refused_is_not_permitted() {
    let camera = Camera::new(|asked| {
        let is_refused = asked.header("authorization").is_none() || asked.method == "SETUP";
        is_refused.then(|| challenge(asked, &format!("{}{}", asked.method, asked.before), ""))
    });
    let error = camera.open_with(with_password()).await.err().unwrap();
    assert_eq!(error.fault, Fault::NotPermitted);
    assert!(error.logged_in);
    assert!(camera.methods().iter().filter(|m| *m == "SETUP").count() <= 2);
}

#[tokio::test(start_paused = true)]
async fn not_found_with_a_challenge_asks_for_a_log_in_and_without_one_is_not_found() {
    let camera = Camera::new(|asked| {
        asked
            .header("authorization")
            .is_none()
            .then(|| asked.answer("404 Not Found", DIGEST))
    });
    camera.open_with(with_password()).await.unwrap();
    let camera = Camera::new(|asked| Some(asked.answer("404 Not Found", DIGEST)));
    assert_eq!(camera.fault(with_password()).await, Fault::Status(404));
    let camera = Camera::new(|asked| Some(asked.answer("404 Not Found", "")));
    assert_eq!(camera.fault(with_password()).await, Fault::Status(404));
}

#[tokio::test(start_paused = true)]
async fn a_nonce_that_expires_while_pictures_flow_is_answered_anew() {
    let begun = tokio::time::Instant::now();
    let camera = Camera::new(move |asked| {
        let nonce = format!("n{}", begun.elapsed().as_secs() / 45);
        (nonce_of(asked) != Some(nonce.clone())).then(|| challenge(asked, &nonce, ""))
    });
    let mut session = camera.open_with(with_password()).await.unwrap();
    let mut last_accepted = begun;
    while begun.elapsed() < Duration::from_secs(200) {
        units(&mut session, 25).await;
        let nonce = format!("n{}", begun.elapsed().as_secs() / 45);
        if camera.asked().last().and_then(nonce_of) == Some(nonce) {
            last_accepted = tokio::time::Instant::now();
        }
        assert!(
            last_accepted.elapsed() < Duration::from_secs(60),
            "the session would have ended"
        );
    }
    assert!(session.leniencies().count(Leniency::NewChallenge) >= 3);
}

#[tokio::test(start_paused = true)]
async fn the_digest_names_the_address_of_its_request_line_and_no_password() {
    let camera = Camera::new(|asked| {
        asked
            .header("authorization")
            .is_none()
            .then(|| asked.answer("401 No", DIGEST))
    });
    let url = "rtsp://user:right@camera.test:8554/live?channel=1&subtype=0"; // tidy: a test vector
    let mut session = camera.open_at(url, with_password()).await.unwrap();
    units(&mut session, 2).await;
    for asked in camera
        .asked()
        .iter()
        .filter(|a| a.header("authorization").is_some())
    {
        let text = asked.header("authorization").unwrap();
        assert!(text.contains(&format!("uri=\"{}\"", asked.uri)), "{text}");
        assert!(
            !asked.uri.contains("right") && !asked.uri.contains('@'),
            "{}",
            asked.uri
        );
    }
}
