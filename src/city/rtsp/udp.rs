//! RTP over UDP: a pair of ports of the server's for one session (RFC 3550 section 11).

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::UdpSocket;

use super::weather::packets;

/// How often a pair of ports is looked for.
const TRIES: usize = 64;

/// The sockets of a session.
#[derive(Debug)]
pub(crate) struct Pair {
    data: UdpSocket,
    reports: UdpSocket,
    client: IpAddr,
    client_port: u16,
}

impl Pair {
    /// An even port for packets and the one above it for reports, to and from `client_port` and the
    /// one above that.
    ///
    /// # Errors
    /// When the system has no such pair left.
    pub(crate) async fn open(client: IpAddr, client_port: u16) -> io::Result<Self> {
        let bind = |port| UdpSocket::bind((Ipv4Addr::LOCALHOST, port));
        let mut error = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..TRIES {
            let one = bind(0).await?;
            let port = one.local_addr()?.port();
            let even = port % 2 == 0;
            let other = if even {
                port.checked_add(1)
            } else {
                Some(port - 1)
            };
            let Some(other) = other else { continue };
            match bind(other).await {
                Ok(other) => {
                    // Nothing can be sent before the runtime knows that there is room.
                    one.writable().await?;
                    other.writable().await?;
                    let (data, reports) = if even { (one, other) } else { (other, one) };
                    return Ok(Self {
                        data,
                        reports,
                        client,
                        client_port,
                    });
                }
                Err(taken) => error = taken,
            }
        }
        Err(error)
    }

    /// The port that packets come from.
    pub(crate) fn server_port(&self) -> io::Result<u16> {
        Ok(self.data.local_addr()?.port())
    }

    /// Sends framed packets: those of `channel` as data, others as reports. What the system does not
    /// take at once is lost, as on any network.
    pub(crate) fn send(&self, channel: u8, framed: &[u8]) {
        for packet in packets(framed) {
            let (socket, port) = if packet[1] == channel {
                (&self.data, self.client_port)
            } else {
                (&self.reports, self.client_port.saturating_add(1))
            };
            let to = SocketAddr::new(self.client, port);
            if let Err(error) = socket.try_send_to(&packet[4..], to) {
                tracing::trace!(%to, %error, "a packet is lost");
            }
        }
    }

    /// Waits for a report of the client.
    pub(crate) async fn report(&self) -> io::Result<()> {
        let mut bytes = [0; 1500];
        loop {
            let (_, from) = self.reports.recv_from(&mut bytes).await?;
            if from.ip() == self.client {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn packets_go_to_one_port_and_reports_to_the_next() {
        let client = Pair::open(Ipv4Addr::LOCALHOST.into(), 9).await.unwrap();
        let port = client.server_port().unwrap();
        assert_eq!(port % 2, 0);
        let pair = Pair::open(Ipv4Addr::LOCALHOST.into(), port).await.unwrap();
        pair.send(4, b"$\x04\x00\x02ab$\x05\x00\x03cde$\x04\x00\x01f");
        let mut bytes = [0; 9];
        let mut received = Vec::new();
        for socket in [&client.data, &client.data, &client.reports] {
            let (len, from) = socket.recv_from(&mut bytes).await.unwrap();
            received.push((
                from.port() - pair.server_port().unwrap(),
                bytes[..len].to_vec(),
            ));
        }
        let expect = [
            (0, b"ab".to_vec()),
            (0, b"f".to_vec()),
            (1, b"cde".to_vec()),
        ];
        assert_eq!(received, expect);
    }
}
