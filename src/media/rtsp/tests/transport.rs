//! Channels as cameras give them, packets where none should be, and bounds.

use super::peer::{Camera, Reply, units};
use super::stream::{Pictures, interleaved, is_whole};
use crate::leniency::Leniency;

fn on(transport: &'static str) -> Camera {
    Camera::new(move |a| {
        (a.method == "SETUP").then(|| {
            a.answer(
                "200 OK",
                &format!("Session: 1\r\nTransport: {transport}\r\n"),
            )
        })
    })
}

#[tokio::test(start_paused = true)]
async fn packets_are_found_on_whatever_channel_they_come() {
    for (transport, channel) in [
        ("RTP/AVP/TCP;unicast;interleaved=20-21", 20),
        ("RTP/AVP/TCP;unicast;interleaved=5", 5),
        ("RTP/AVP/TCP;interleaved=254-255", 254),
        ("RTP/AVP/TCP;interleaved=255", 255),
        ("RTP/AVP;ssrc= 4317f;interleaved=0-1;mode=\"play\"", 0),
        ("RTP/AVP/TCP;unicast", 0),
        ("", 0),
        // On another than agreed, and where reports should be.
        ("RTP/AVP/TCP;unicast;interleaved=0-1", 6),
        ("RTP/AVP/TCP;unicast;interleaved=0-1", 1),
    ] {
        let camera = on(transport).with_pictures(Pictures {
            channel,
            ..Pictures::default()
        });
        let mut session = camera.open().await.unwrap();
        let seen = units(&mut session, 20).await;
        assert!(
            seen[10..].iter().all(|unit| is_whole(&unit.bytes)),
            "{transport} {channel}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_lies_between_packets_is_passed_over() {
    let report: Vec<u8> = [&[0x80, 200, 0, 6, 9, 9, 9, 9][..], &[0xE0; 20]].concat();
    for (name, prefix) in [
        ("a report among packets", interleaved(0, &report)),
        ("a cut report", interleaved(1, &report[..9])),
        ("junk", b"\xFF\x00 junk $$ \x24\x09".to_vec()),
        ("an empty packet", interleaved(0, &[])),
        ("a strange channel", interleaved(9, &[0x80; 200])),
        (
            "an answer nobody waits for",
            b"RTSP/1.0 500 Oh\r\nCSeq: 1\r\n\r\n".to_vec(),
        ),
        (
            "foreign type",
            interleaved(0, &[0x80, 50, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]),
        ),
        (
            "another sender",
            interleaved(0, &[0x80, 96, 0, 1, 0, 0, 0, 0, 9, 9, 9, 9, 0x41, 0x9A]),
        ),
    ] {
        let pictures = Pictures {
            prefix,
            ..Pictures::default()
        };
        let camera = Camera::new(|_| None).with_pictures(pictures);
        let mut session = camera.open().await.unwrap();
        let seen = units(&mut session, 100).await;
        assert!(seen[2..].iter().all(|unit| is_whole(&unit.bytes)), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_packet_that_comes_twice_or_late_tears_no_picture() {
    let mut pictures = Pictures::default();
    let mut bytes = Vec::new();
    for at in 0..60 {
        let mut packets = pictures.packets();
        if at > 10 && at % 3 == 0 {
            packets.insert(1, packets[0].clone());
        }
        if at > 10 && at % 3 == 1 {
            let last = packets.len() - 1;
            packets.swap(last - 1, last - 2);
        }
        bytes.extend(packets.iter().flat_map(|packet| interleaved(0, packet)));
    }
    let camera = Camera::new(move |a| {
        (a.method == "PLAY").then(|| {
            let mut reply = a.answer("200 OK", "");
            reply.bytes.extend(&bytes);
            reply
        })
    });
    let mut session = camera.open().await.unwrap();
    let seen = units(&mut session, 40).await;
    for unit in &seen {
        assert!(
            is_whole(&unit.bytes) || unit.is_damaged,
            "torn and called whole"
        );
    }
    assert!(seen.iter().filter(|unit| is_whole(&unit.bytes)).count() >= 35);
    assert!(session.statistics(crate::Encoding::H264).unwrap().late > 0);
}

#[tokio::test(start_paused = true)]
async fn pictures_that_come_before_the_answer_to_play_are_kept() {
    let camera = Camera::new(|a| {
        (a.method == "PLAY").then(|| {
            let mut early = Pictures::default();
            let mut bytes = Vec::new();
            for _ in 0..5 {
                bytes.extend(early.next());
            }
            let reply = a.usual();
            bytes.extend(reply.bytes);
            Reply::new(bytes).then(reply.then)
        })
    })
    .with_pictures({
        let mut later = Pictures::default();
        for _ in 0..5 {
            later.packets();
        }
        later
    });
    let mut session = camera.open().await.unwrap();
    let seen = units(&mut session, 20).await;
    assert!(
        seen.iter()
            .all(|unit| is_whole(&unit.bytes) && !unit.is_damaged && unit.lost_packets == 0)
    );
    assert_eq!(seen[0].random_access, Some(0));
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_holds_little() {
    let camera = Camera::new(|_| None);
    let mut session = camera.open().await.unwrap();
    units(&mut session, 100).await;
    assert!(session.held_bytes() <= 64 << 10, "{}", session.held_bytes());
    assert_eq!(session.leniencies().count(Leniency::Resynchronised), 0);
}

/// A camera that sends over UDP; what becomes of its connection is up to the test.
mod datagrams {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::super::peer::{Asked, Camera, Then};
    use super::super::stream::{Pictures, is_whole};
    use crate::address::Transport;
    use crate::leniency::Leniency;
    use crate::options::Options;

    const URL: &str = "rtspu://camera.test/live";

    fn port(asked: &Asked) -> u16 {
        let transport = asked.header("transport").unwrap();
        let (_, ports) = transport.split_once("client_port=").unwrap();
        ports.split('-').next().unwrap().parse().unwrap()
    }

    /// Sends all pictures at once when PLAY is asked for.
    fn sending(
        transport: impl Fn(u16) -> String + Send + 'static,
        then: Then,
        change: fn(&mut Vec<Vec<u8>>),
    ) -> Camera {
        let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let own = socket.local_addr().unwrap().port();
        let mut to = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Camera::new(move |a| match a.method.as_str() {
            "SETUP" => {
                to.set_port(port(a));
                let headers = format!("Session: 1\r\nTransport: {}\r\n", transport(own));
                Some(a.answer("200 OK", &headers))
            }
            "PLAY" => {
                let mut pictures = Pictures::default();
                let mut packets: Vec<_> = (0..20).flat_map(|_| pictures.packets()).collect();
                change(&mut packets);
                for packet in packets {
                    socket.send_to(&packet, to).unwrap();
                }
                Some(a.answer("200 OK", "").then(then))
            }
            _ => None,
        })
    }

    async fn whole(camera: &Camera, count: usize) -> crate::Session {
        let mut session = camera.open_at(URL, Options::default()).await.unwrap();
        let mut seen = 0;
        while seen < count {
            let unit = session.next().await.expect("pictures come");
            seen += usize::from(is_whole(&unit.bytes) && !unit.is_damaged);
        }
        assert_eq!(session.transport(), Transport::Udp);
        session
    }

    #[tokio::test]
    async fn datagrams_are_taken_whatever_port_is_told_and_in_any_order() {
        let in_order = |_: &mut Vec<Vec<u8>>| {};
        let told = |own: u16| format!("RTP/AVP;unicast;server_port={own}-{}", own + 1);
        whole(&sending(told, Then::Go, in_order), 19).await;
        whole(
            &sending(|_| "RTP/AVP;unicast".to_owned(), Then::Go, in_order),
            19,
        )
        .await;
        whole(
            &sending(|_| "RTP/AVP;server_port=0-0".to_owned(), Then::Go, in_order),
            19,
        )
        .await;
        whole(&sending(|_| String::new(), Then::Go, in_order), 19).await;
        let swapped =
            |packets: &mut Vec<Vec<u8>>| packets[1..].chunks_mut(2).for_each(<[_]>::reverse);
        whole(&sending(told, Then::Go, swapped), 18).await;
    }

    #[tokio::test]
    async fn pictures_outlive_the_connection() {
        let told = |own: u16| format!("RTP/AVP;unicast;server_port={own}-{}", own + 1);
        let session = whole(&sending(told, Then::HangUp, |_| {}), 19).await;
        drop(session);
    }

    #[tokio::test(start_paused = true)]
    async fn where_no_datagram_comes_the_connection_is_taken() {
        let camera = Camera::new(|a| {
            let is_udp = a
                .header("transport")
                .is_some_and(|t| t.contains("client_port"));
            is_udp
                .then(|| a.answer("200 OK", "Session: 1\r\nTransport: RTP/AVP;unicast\r\n"))
                .or_else(|| {
                    (a.method == "PLAY" && a.connection == 0).then(|| a.answer("200 OK", ""))
                })
        });
        let mut session = camera.open_at(URL, Options::default()).await.unwrap();
        session.next().await.unwrap();
        assert_eq!(session.transport(), Transport::Tcp);
        assert_eq!(session.leniencies().count(Leniency::OtherTransport), 1);
        assert_eq!(
            camera.methods().iter().filter(|m| *m == "DESCRIBE").count(),
            2
        );
        let refusing = Camera::new(|a| {
            let is_udp = a
                .header("transport")
                .is_some_and(|t| t.contains("client_port"));
            is_udp.then(|| a.answer("461 Unsupported Transport", ""))
        });
        let mut session = refusing.open_at(URL, Options::default()).await.unwrap();
        session.next().await.unwrap();
        let never = Camera::new(|a| (a.method == "SETUP").then(|| a.answer("461 No", "")));
        assert_eq!(
            never.fault(Options::default()).await,
            crate::Fault::Status(461)
        );
    }
}
