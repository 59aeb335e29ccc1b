//! Questions and their answers, with the log-in where it is wanted.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{DEFAULT_SESSION_TIMEOUT, Session};
use crate::auth::{self, Next, NoWay};
use crate::error::{Error, Fault, Phase};
use crate::head::{self, Message, Response};
use crate::leniency::Leniency;
use crate::options::{Method, Step};

/// Where packets come already, PLAY is answered within this time or not at all.
const PLAY_WAIT: Duration = Duration::from_secs(2);
/// A body that is shorter than it says is taken as it is after so long.
const SHORT_BODY_WAIT: Duration = Duration::from_secs(1);
/// So often a log-in is answered for one request.
const MAX_LOG_INS: u32 = 4;
/// So often a connection is made anew on the way to a stream.
const MAX_RECONNECTS: u32 = 2;
/// The most bytes that wait to be written; a camera that does not read gets no more.
const MAX_OUTPUT_BYTES: usize = 64 << 10;

impl Session {
    /// Asks, and takes anything but success for an error.
    pub(super) async fn ask(
        &mut self,
        method: Method,
        uri: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Response, Error> {
        let response = self.ask_any(method, uri, headers).await?;
        if response.is_success() {
            Ok(response)
        } else {
            Err(self.error(method.phase(), Fault::Status(response.status)))
        }
    }

    /// Asks, logs in where that is wanted, and returns whatever the answer is.
    pub(super) async fn ask_any(
        &mut self,
        method: Method,
        uri: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Response, Error> {
        let phase = method.phase();
        let mut log_ins = 0;
        let mut reconnects = 0;
        loop {
            let begun = Instant::now();
            let (cseq, was_answered) = self.send(method, uri, headers);
            let response = match self.answer_to(cseq, phase).await {
                Ok(response) => response,
                // Some hang up after they have asked for a log-in, or at a first question that is
                // not OPTIONS.
                Err(error)
                    if matches!(error.fault, Fault::Closed | Fault::Reset)
                        && method == Method::Describe
                        && reconnects < MAX_RECONNECTS
                        && (log_ins > 0 || reconnects == 0) =>
                {
                    reconnects += 1;
                    self.reconnect().await?;
                    self.note(Leniency::NewConnection);
                    if log_ins == 0 {
                        let (cseq, _) = self.send(Method::Options, uri, &[]);
                        self.answer_to(cseq, phase).await?;
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Some(observer) = &self.options.observer {
                observer(&Step::Answered {
                    method,
                    status: response.status,
                    took: begun.elapsed(),
                });
            }
            tracing::debug!(method = method.name(), status = response.status, "answered");
            // Some say "not found" where they want a log-in.
            let has_challenge = response.header("www-authenticate").is_some();
            if response.status == 401 || (response.status == 404 && has_challenge && !was_answered)
            {
                log_ins += 1;
                self.challenge(&response, was_answered, phase)?;
                if log_ins > MAX_LOG_INS {
                    return Err(self.error(phase, Fault::Status(401)));
                }
                continue;
            }
            if was_answered {
                self.log_in.is_accepted = true;
            }
            self.read_session(&response);
            return Ok(response);
        }
    }

    /// Takes a challenge up; an error where no answer to it makes sense.
    pub(super) fn challenge(
        &mut self,
        response: &Response,
        was_answered: bool,
        phase: Phase,
    ) -> Result<(), Error> {
        if self.options.credentials.is_none() {
            return Err(self.error(phase, Fault::PasswordMissing));
        }
        let offers = response
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))
            .map(|(_, value)| value.as_str());
        let allow_basic = self.options.allow_plain_basic || self.target.is_secure;
        let challenge = match auth::choose(offers, allow_basic) {
            Ok(challenge) => challenge,
            Err(NoWay::Unsafe) => return Err(self.error(phase, Fault::PasswordUnsafe)),
            Err(NoWay::Unknown) => {
                return Err(self.error(phase, Fault::Malformed("the way to log in")));
            }
        };
        if self.log_in.challenged(challenge, was_answered) == Next::Refused {
            let fault = if self.log_in.is_accepted {
                Fault::NotPermitted
            } else {
                Fault::PasswordRefused
            };
            return Err(self.error(phase, fault));
        }
        if was_answered {
            self.note(Leniency::NewChallenge);
        }
        Ok(())
    }

    pub(super) fn read_session(&mut self, response: &Response) {
        if let Some(public) = response.header("public") {
            self.public = Some(public.to_ascii_uppercase());
        }
        let Some(session) = response.header("session") else {
            return;
        };
        let mut parts = session.split(';');
        let id = parts.next().unwrap_or_default().trim();
        if !id.is_empty() {
            self.id = Some(id.to_owned());
        }
        for part in parts {
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            if name.trim().eq_ignore_ascii_case("timeout") {
                let secs = head::leading_number::<u64>(value).filter(|secs| *secs > 0);
                self.session_timeout = secs.map_or(DEFAULT_SESSION_TIMEOUT, |secs| {
                    Duration::from_secs(secs.min(86_400))
                });
            }
        }
    }

    /// Puts a request on its way; its number, and whether it carries an answer to a challenge.
    pub(super) fn send(
        &mut self,
        method: Method,
        uri: &str,
        headers: &[(&'static str, String)],
    ) -> (u32, bool) {
        self.cseq += 1;
        let mut text = format!(
            "{} {uri} RTSP/1.0\r\nCSeq: {}\r\n",
            method.name(),
            self.cseq
        );
        let answer = self
            .options
            .credentials
            .as_ref()
            .and_then(|credentials| self.log_in.answer(credentials, method.name(), uri));
        let was_answered = answer.is_some();
        if let Some(answer) = answer {
            text.push_str(&format!("Authorization: {answer}\r\n"));
        }
        text.push_str(&format!("User-Agent: {}\r\n", self.options.user_agent));
        if let Some(id) = &self.id {
            text.push_str(&format!("Session: {id}\r\n"));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        self.queue(text.as_bytes());
        (self.cseq, was_answered)
    }

    pub(super) fn queue(&mut self, bytes: &[u8]) {
        if self.output.len() + bytes.len() <= MAX_OUTPUT_BYTES {
            self.output.extend_from_slice(bytes);
        }
    }

    pub(super) async fn answer_to(&mut self, cseq: u32, phase: Phase) -> Result<Response, Error> {
        self.is_asking = true;
        let answer = self.wait_for_answer(cseq, phase).await;
        self.is_asking = false;
        answer
    }

    pub(super) async fn wait_for_answer(
        &mut self,
        cseq: u32,
        phase: Phase,
    ) -> Result<Response, Error> {
        let begun = Instant::now();
        let until = begun + self.options.answer_timeout;
        loop {
            while let Some(response) = self.answers.pop_front() {
                if response.status < 200 {
                    continue;
                }
                if response.cseq() == Some(cseq) {
                    self.answered = Some((cseq, head::digest(&response)));
                    return Ok(response);
                }
                self.note(Leniency::OtherCseq);
                // The answer before, once more; or the answer to a sign of life.
                let told = response.cseq().unwrap_or(0);
                if self.answered == Some((told, head::digest(&response))) {
                    continue;
                }
                if self
                    .keepalive
                    .is_some_and(|keepalive| keepalive.is_pending && keepalive.cseq == told)
                {
                    self.heard(response);
                    continue;
                }
                // Only one question is open: whatever its number, this is its answer.
                return Ok(response);
            }
            let now = Instant::now();
            let plays = phase == Phase::Play && self.is_heard();
            if now >= until || (plays && now >= begun + PLAY_WAIT) {
                return Err(self.error(phase, Fault::TimedOut));
            }
            let look = (Instant::now() + SHORT_BODY_WAIT).min(until);
            match timeout_at(look, self.progress(phase)).await {
                Ok(result) => result?,
                Err(_elapsed) => {
                    if self.last_bytes.elapsed() >= SHORT_BODY_WAIT
                        && let Some(Message::Response(response)) = self.framer.abandon_body()
                    {
                        self.note(Leniency::BodyLength);
                        self.answers.push_back(response);
                    } else if Instant::now() >= until {
                        return Err(self.error(phase, Fault::TimedOut));
                    }
                }
            }
        }
    }
}
