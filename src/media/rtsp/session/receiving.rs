//! What comes: of the connection, the ports and the time; and signs of life.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::time::Instant;

use super::{REPORT_EVERY, Running, Session, UDP_WAIT};
use crate::address::Transport;
use crate::error::{Error, Fault, Phase};
use crate::framing::Parsed;
use crate::head::{self, Message, Request, Response};
use crate::leniency::{Leniencies, Leniency};
use crate::options::Method;
use crate::rtp;
use crate::udp::Datagram;
use crate::unit::Unit;

/// Who says that it is over and sends on is listened to until nothing has come for so long.
const FAREWELL_WAIT: Duration = Duration::from_secs(2);
/// The most answers that wait for nobody.
const MAX_ANSWERS: usize = 8;
/// So many packets on a channel that nobody asked for, while nothing comes on ours, are ours.
const MAX_STRANGE: u32 = 8;

impl Session {
    /// Waits until something came of the connection, the ports or the time.
    pub(super) async fn progress(&mut self, phase: Phase) -> Result<(), Error> {
        poll_fn(|cx| self.poll_progress(cx, phase)).await
    }

    pub(super) fn poll_progress(
        &mut self,
        cx: &mut Context<'_>,
        phase: Phase,
    ) -> Poll<Result<(), Error>> {
        // However much comes, signs of life are given in time.
        if self.keepalive.is_some_and(|k| k.at <= Instant::now()) {
            self.poll_time(cx);
        }
        loop {
            if let Err(error) = self.poll_write(cx) {
                return Poll::Ready(Err(self.error(phase, Error::io(phase, &error).fault)));
            }
            match self.parse() {
                Ok(true) => return Poll::Ready(Ok(())),
                Ok(false) => {}
                Err(fault) => return Poll::Ready(Err(self.error(phase, fault))),
            }
            if !self.output.is_empty() {
                // An answer to a question of the camera.
                if let Err(error) = self.poll_write(cx) {
                    return Poll::Ready(Err(self.error(phase, Error::io(phase, &error).fault)));
                }
            }
            match self.poll_read(cx) {
                Poll::Ready(Ok(0)) if self.outlives_connection() => break,
                Poll::Ready(Err(_gone)) if self.outlives_connection() => break,
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(self.error(phase, Fault::Closed))),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => {
                    return Poll::Ready(Err(self.error(phase, Error::io(phase, &error).fault)));
                }
                Poll::Pending => break,
            }
        }
        if self.poll_datagrams(cx) || self.poll_time(cx) {
            return Poll::Ready(Ok(()));
        }
        let is_over = self.farewell.is_some_and(|at| at <= Instant::now());
        if is_over || (self.io.is_none() && !self.outlives_connection()) {
            return Poll::Ready(Err(self.error(phase, Fault::Closed)));
        }
        Poll::Pending
    }

    /// Some close the connection once packets flow over UDP; as long as they do, nothing is lost.
    pub(super) fn outlives_connection(&mut self) -> bool {
        let is_flowing = self.transport == Transport::Udp
            && self.is_playing
            && !self.is_asking
            && self.last_datagram.is_some_and(|at| at.elapsed() < UDP_WAIT);
        if is_flowing && self.io.take().is_some() {
            self.note(Leniency::ConnectionClosed);
        }
        is_flowing
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> std::io::Result<()> {
        let Some(io) = &mut self.io else {
            // Whether that is an end is said by the next read.
            self.output.clear();
            return Ok(());
        };
        while !self.output.is_empty() {
            match Pin::new(&mut *io).poll_write(cx, &self.output) {
                Poll::Ready(Ok(0)) => return Err(std::io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(written)) => {
                    self.output.drain(..written);
                }
                // Who hangs up while we speak may have said why: that is read first.
                Poll::Ready(Err(_gone)) => {
                    self.output.clear();
                    return Ok(());
                }
                Poll::Pending => return Ok(()),
            }
        }
        // That it is gone is met at the next read.
        drop(Pin::new(io).poll_flush(cx));
        Ok(())
    }

    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        let Some(io) = &mut self.io else {
            return Poll::Ready(Ok(0));
        };
        let mut buffer = ReadBuf::new(self.framer.space());
        match Pin::new(io).poll_read(cx, &mut buffer) {
            Poll::Ready(Ok(())) => {
                let length = buffer.filled().len();
                self.framer.filled(length);
                self.last_bytes = Instant::now();
                Poll::Ready(Ok(length))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Whether what is waited for is there: units that come before an answer wait behind it.
    pub(super) fn has_result(&self) -> bool {
        if self.is_asking {
            !self.answers.is_empty()
        } else {
            !self.ready.is_empty()
        }
    }

    /// Takes what is whole; true when somebody waits for it.
    pub(super) fn parse(&mut self) -> Result<bool, Fault> {
        let now = Instant::now();
        loop {
            let running = &self.running;
            let is_ours = |channel: u8| {
                running
                    .iter()
                    .filter_map(|running| running.channels)
                    .any(|(packets, reports)| packets == channel || reports == channel)
            };
            match self.framer.parse(is_ours, &mut self.leniencies)? {
                Parsed::Incomplete => return Ok(self.has_result()),
                Parsed::Packet(channel, range) => {
                    let bytes = self.framer.bytes(range);
                    let place = self.running.iter_mut().find(|running| {
                        running
                            .channels
                            .is_some_and(|(p, r)| p == channel || r == channel)
                    });
                    if let Some(running) = place {
                        if let Some(end) = &mut self.farewell {
                            *end = now + FAREWELL_WAIT;
                        }
                        let to_reports = running
                            .channels
                            .is_some_and(|(p, r)| r == channel && p != r);
                        take(
                            running,
                            bytes,
                            to_reports,
                            now,
                            self.options.now_unix_secs,
                            &mut self.leniencies,
                            &mut self.ready,
                        );
                    } else {
                        self.leniencies.note(Leniency::StrangeChannel);
                        if self.strange.0 != channel {
                            self.strange = (channel, 0);
                        }
                        // Packets of ours under another number than was agreed on.
                        if let [only] = &mut self.running[..]
                            && !only.is_heard
                            && only.receiver.fits(bytes)
                        {
                            self.strange.1 += 1;
                            if self.strange.1 >= MAX_STRANGE {
                                only.channels = Some((channel, channel.wrapping_add(1)));
                            }
                        }
                    }
                    if self.has_result() {
                        return Ok(true);
                    }
                }
                Parsed::Message(Message::Response(response)) => {
                    if self.keepalive.is_some() && !self.is_asking {
                        self.heard(response);
                    } else if self.answers.len() < MAX_ANSWERS {
                        self.answers.push_back(response);
                        return Ok(true);
                    }
                }
                Parsed::Message(Message::Request(request)) => self.answer(&request)?,
            }
        }
    }

    /// An answer while the stream flows: of a sign of life.
    pub(super) fn heard(&mut self, response: Response) {
        let Some(mut keepalive) = self.keepalive else {
            return;
        };
        keepalive.is_pending = false;
        if response.status == 401 && !keepalive.is_repeated {
            keepalive.is_repeated = true;
            self.keepalive = Some(keepalive);
            if self.challenge(&response, true, Phase::Stream).is_ok() {
                self.send_keepalive();
            }
            return;
        }
        if response.is_success() {
            self.read_session(&response);
        } else {
            self.note(Leniency::KeepaliveRefused);
            keepalive.only_options = true;
        }
        self.keepalive = Some(keepalive);
    }

    /// A question of the camera.
    pub(super) fn answer(&mut self, request: &Request) -> Result<(), Fault> {
        self.note(Leniency::ServerRequest);
        let status = match request.method.to_ascii_uppercase().as_str() {
            "OPTIONS" | "GET_PARAMETER" | "SET_PARAMETER" | "ANNOUNCE" | "REDIRECT"
            | "TEARDOWN" => "200 OK",
            _ => "501 Not Implemented",
        };
        let mut text = format!("RTSP/1.0 {status}\r\n");
        if let Some(cseq) = head::header(&request.headers, "cseq") {
            let cseq: String = cseq.chars().filter(char::is_ascii_digit).take(20).collect();
            text.push_str(&format!("CSeq: {cseq}\r\n"));
        }
        text.push_str("Public: OPTIONS, ANNOUNCE, GET_PARAMETER, SET_PARAMETER\r\n\r\n");
        self.queue(text.as_bytes());
        match request.method.as_str() {
            // It is over, or goes on elsewhere: the next session finds out.
            "TEARDOWN" | "REDIRECT" if !self.is_playing => Err(Fault::Closed),
            "TEARDOWN" | "REDIRECT" => {
                // Some say so and send on: a picture that comes is not given up for a word.
                self.farewell = Some(Instant::now() + FAREWELL_WAIT);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn poll_datagrams(&mut self, cx: &mut Context<'_>) -> bool {
        let now = Instant::now();
        let mut is_any = false;
        for at in 0..self.running.len() {
            let Some(mut pair) = self.running[at].udp.take() else {
                continue;
            };
            while let Poll::Ready(datagram) = pair.poll(cx, now.into_std()) {
                is_any = true;
                let running = &mut self.running[at];
                let (length, to_reports) = match datagram {
                    Datagram::Packet(length) => (length, false),
                    Datagram::Report(length) => (length, true),
                    Datagram::Strange => {
                        self.leniencies.note(Leniency::StrangeSender);
                        continue;
                    }
                };
                self.last_datagram = Some(now);
                if let Some(end) = &mut self.farewell {
                    *end = now + FAREWELL_WAIT;
                }
                if pair.is_elsewhere() && !running.is_heard {
                    self.leniencies.note(Leniency::OddTransport);
                }
                take(
                    running,
                    pair.bytes(length),
                    to_reports,
                    now,
                    self.options.now_unix_secs,
                    &mut self.leniencies,
                    &mut self.ready,
                );
                if self.ready.len() > 8 {
                    // Somebody else has his turn; the rest waits in the kernel.
                    cx.waker().wake_by_ref();
                    break;
                }
            }
            self.running[at].udp = Some(pair);
        }
        is_any
    }

    pub(super) fn poll_time(&mut self, cx: &mut Context<'_>) -> bool {
        let mut is_any = false;
        loop {
            let units = self
                .running
                .iter()
                .filter_map(|running| running.receiver.deadline());
            let end = self.last_datagram.filter(|_| self.io.is_none());
            let others = [
                self.keepalive.map(|k| k.at),
                self.report_at,
                end.map(|at| at + UDP_WAIT)
                    .filter(|at| *at > Instant::now()),
                self.farewell.filter(|at| *at > Instant::now()),
            ];
            let first = units
                .map(Instant::from_std)
                .chain(others.into_iter().flatten())
                .min();
            let Some(first) = first else {
                return is_any;
            };
            if self.sleep.deadline() != first {
                self.sleep.as_mut().reset(first);
            }
            if self.sleep.as_mut().poll(cx).is_pending() {
                return is_any;
            }
            is_any = true;
            let now = Instant::now();
            for running in &mut self.running {
                running
                    .receiver
                    .pass_time(now.into_std(), &mut self.leniencies, &mut self.ready);
            }
            if self.keepalive.is_some_and(|keepalive| keepalive.at <= now) {
                self.keep_alive(now);
                self.poll_write(cx).ok(); // what fails is met at the next read
            }
            if self.report_at.is_some_and(|at| at <= now) {
                self.report_at = Some(now + REPORT_EVERY);
                self.send_reports(now);
                self.poll_write(cx).ok(); // what fails is met at the next read
            }
        }
    }

    pub(super) fn send_reports(&mut self, now: Instant) {
        // What waits to be written is more than enough for who does not read.
        let is_free = self.output.is_empty();
        for running in &self.running {
            let Some(report) = running.receiver.own_report(self.own_ssrc, now.into_std()) else {
                continue;
            };
            if let Some(pair) = &running.udp {
                pair.send_report(&report);
            } else if let Some((packets, reports)) = running.channels
                && packets != reports
                && is_free
            {
                self.output.extend([b'$', reports]);
                self.output.extend((report.len() as u16).to_be_bytes());
                self.output.extend(report);
            }
        }
    }

    /// A sign of life is due.
    pub(super) fn keep_alive(&mut self, now: Instant) {
        let Some(mut keepalive) = self.keepalive else {
            return;
        };
        if keepalive.is_pending {
            // Never answered: while pictures flow that is the camera's matter.
            self.note(Leniency::KeepaliveRefused);
        }
        keepalive.at = now + keepalive.every;
        keepalive.is_pending = true;
        keepalive.is_repeated = false;
        self.keepalive = Some(keepalive);
        self.send_keepalive();
    }

    pub(super) fn send_keepalive(&mut self) {
        let knows = |public: &Option<String>, name: &str| {
            public.as_ref().is_some_and(|public| public.contains(name))
        };
        let only_options = self
            .keepalive
            .is_some_and(|keepalive| keepalive.only_options);
        let method = if !only_options && knows(&self.public, "GET_PARAMETER") {
            Method::GetParameter
        } else {
            Method::Options
        };
        let uri = self.aggregate.clone();
        let (cseq, _) = self.send(method, &uri, &[]);
        if let Some(keepalive) = &mut self.keepalive {
            keepalive.cseq = cseq;
        }
    }
}

/// Takes a packet of a track.
fn take(
    running: &mut Running,
    bytes: &[u8],
    to_reports: bool,
    now: Instant,
    now_unix_secs: i64,
    leniencies: &mut Leniencies,
    ready: &mut VecDeque<Unit>,
) {
    // Reports and packets may come on each other's way.
    let is_report = if to_reports {
        rtp::is_report(bytes) || !running.receiver.fits(bytes)
    } else {
        // Marked packets of types from 64 to 95 look like reports.
        rtp::is_report(bytes) && !running.receiver.fits(bytes)
    };
    if is_report {
        running
            .receiver
            .report(bytes, now.into_std(), now_unix_secs, leniencies);
        return;
    }
    running.is_heard = true;
    running
        .receiver
        .packet(bytes, now.into_std(), leniencies, ready);
}
