//! A pair of UDP ports for one track, and who may send to them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

/// So often a pair is looked for.
const MAX_TRIES: usize = 64;
/// The camera may send from another port than it says; so long we listen for the right one first.
const SENDER_WAIT: Duration = Duration::from_millis(1500);
/// The largest datagram.
const MAX_DATAGRAM_BYTES: usize = 65_536;

/// Two neighbouring ports: packets and reports.
pub(crate) struct UdpPair {
    packets: UdpSocket,
    reports: UdpSocket,
    port: u16,
    camera: IpAddr,
    told: Option<(u16, u16)>,
    /// The port that packets come from.
    sender: Option<u16>,
    since: Option<Instant>,
    /// Not there before something comes.
    buffer: Vec<u8>,
}

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Datagram {
    Packet(usize),
    Report(usize),
    /// Of somebody else.
    Strange,
}

impl UdpPair {
    /// Binds a pair to an address of this machine.
    pub(crate) async fn bind(local: IpAddr, camera: IpAddr) -> std::io::Result<Self> {
        let any: IpAddr = match local {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        // On loopback nobody else can reach it then.
        let at = if local.is_loopback() { local } else { any };
        let mut last = std::io::Error::from(std::io::ErrorKind::AddrInUse);
        for _ in 0..MAX_TRIES {
            let first = UdpSocket::bind((at, 0)).await?;
            let port = first.local_addr()?.port();
            let (even, other) = if port.is_multiple_of(2) {
                (port, port.checked_add(1))
            } else {
                (port - 1, Some(port - 1))
            };
            let Some(other) = other else { continue };
            match UdpSocket::bind((at, other)).await {
                Ok(second) => {
                    let (packets, reports) = if port == even {
                        (first, second)
                    } else {
                        (second, first)
                    };
                    return Ok(Self {
                        packets,
                        reports,
                        port: even,
                        camera,
                        told: None,
                        sender: None,
                        since: None,
                        buffer: Vec::new(),
                    });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Our port for packets; reports have the next.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The camera says from where it sends.
    pub(crate) fn set_sender(&mut self, told: Option<(u16, u16)>) {
        self.told = told.filter(|(packets, _)| *packets > 0);
    }

    /// The bytes of what came last.
    pub(crate) fn bytes(&self, length: usize) -> &[u8] {
        self.buffer.get(..length).unwrap_or_default()
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<Datagram> {
        if self.buffer.is_empty() {
            let packets = self.packets.poll_recv_ready(cx);
            let reports = self.reports.poll_recv_ready(cx);
            if packets.is_pending() && reports.is_pending() {
                return Poll::Pending;
            }
            self.buffer = vec![0; MAX_DATAGRAM_BYTES];
        }
        let mut buffer = ReadBuf::new(&mut self.buffer);
        if let Poll::Ready(Ok(from)) = self.packets.poll_recv_from(cx, &mut buffer) {
            let length = buffer.filled().len();
            return Poll::Ready(if self.takes(from, now) {
                Datagram::Packet(length)
            } else {
                Datagram::Strange
            });
        }
        let mut buffer = ReadBuf::new(&mut self.buffer);
        if let Poll::Ready(Ok(from)) = self.reports.poll_recv_from(cx, &mut buffer) {
            let length = buffer.filled().len();
            return Poll::Ready(if from.ip().to_canonical() == self.camera.to_canonical() {
                Datagram::Report(length)
            } else {
                Datagram::Strange
            });
        }
        Poll::Pending
    }

    /// Packets are the camera's when they come from its address and from the port it told, or, when
    /// nothing comes from there, from the one port that they do come from.
    fn takes(&mut self, from: SocketAddr, now: Instant) -> bool {
        if from.ip().to_canonical() != self.camera.to_canonical() {
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let port = from.port();
        if self.told.is_some_and(|(told, _)| told == port) {
            self.sender = Some(port);
            return true;
        }
        match self.sender {
            Some(sender) => sender == port,
            None if self.told.is_none() || now.saturating_duration_since(since) >= SENDER_WAIT => {
                self.sender = Some(port);
                true
            }
            None => false,
        }
    }

    /// Whether the packets come from elsewhere than was told.
    pub(crate) fn is_elsewhere(&self) -> bool {
        matches!((self.told, self.sender), (Some((told, _)), Some(sender)) if told != sender)
    }

    /// Opens the way for the camera's packets where something stands between.
    pub(crate) fn open_way(&self) {
        let Some((packets, reports)) = self.told else {
            return;
        };
        // A packet without anything in it, as other clients send; nobody minds when it is lost.
        let empty = [0x80, 0x7F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        self.packets
            .try_send_to(&empty, (self.camera, packets).into())
            .ok();
        let report = [0x80, 201, 0, 1, 0, 0, 0, 0];
        self.reports
            .try_send_to(&report, (self.camera, reports).into())
            .ok();
    }

    /// Tells the camera of its packets.
    pub(crate) fn send_report(&self, report: &[u8]) {
        if let Some((_, reports)) = self.told {
            // Reports are sent again and again: one that is lost is no loss.
            self.reports
                .try_send_to(report, (self.camera, reports).into())
                .ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn next(pair: &mut UdpPair, now: Instant) -> Datagram {
        poll_fn(|cx| pair.poll(cx, now)).await
    }

    /// A pair, what the camera told, and two sockets of others on the same host.
    async fn pair() -> (UdpPair, UdpSocket, [UdpSocket; 2]) {
        let host = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut pair = UdpPair::bind(host, host).await.unwrap();
        assert!(pair.buffer.is_empty());
        let mut sockets = Vec::new();
        for _ in 0..3 {
            let socket = UdpSocket::bind((host, 0)).await.unwrap();
            socket.connect((host, pair.port())).await.unwrap();
            sockets.push(socket);
        }
        let told = sockets.remove(0);
        pair.set_sender(Some((told.local_addr().unwrap().port(), 1)));
        (pair, told, sockets.try_into().unwrap())
    }

    #[tokio::test]
    async fn a_stranger_on_the_same_host_is_not_listened_to() {
        let (mut pair, told, [stranger, _]) = pair().await;
        let mut now = tokio::time::Instant::now().into_std();
        for _ in 0..3 {
            stranger.send(b"strange").await.unwrap();
            assert_eq!(next(&mut pair, now).await, Datagram::Strange);
            told.send(b"ours").await.unwrap();
            assert_eq!(next(&mut pair, now).await, Datagram::Packet(4));
            assert_eq!(pair.bytes(4), b"ours");
            now += SENDER_WAIT;
        }
        assert!(!pair.is_elsewhere());
    }

    #[tokio::test]
    async fn who_sends_from_elsewhere_than_told_is_taken_after_a_wait() {
        let (mut pair, told, [camera, stranger]) = pair().await;
        let now = tokio::time::Instant::now().into_std();
        camera.send(b"ours").await.unwrap();
        assert_eq!(next(&mut pair, now).await, Datagram::Strange);
        camera.send(b"ours").await.unwrap();
        let later = now + SENDER_WAIT;
        assert_eq!(next(&mut pair, later).await, Datagram::Packet(4));
        assert!(pair.is_elsewhere());
        stranger.send(b"strange").await.unwrap();
        assert_eq!(next(&mut pair, later).await, Datagram::Strange);
        // What was told has the right of way whenever it comes.
        told.send(b"told").await.unwrap();
        assert_eq!(next(&mut pair, later).await, Datagram::Packet(4));
        camera.send(b"ours").await.unwrap();
        assert_eq!(next(&mut pair, later).await, Datagram::Strange);
    }
}
