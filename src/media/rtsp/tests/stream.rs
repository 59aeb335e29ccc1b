//! A stream of H.264 whose pictures can be told apart and seen to be whole.

use crate::nal;

/// Bytes of a slice.
pub(super) const SLICE_BYTES: usize = 3000;
const FRAGMENT_BYTES: usize = 1200;

/// Makes interleaved packets of one picture after another; each sixth is a key picture.
#[derive(Clone, Debug)]
pub(super) struct Pictures {
    pub(super) at: u32,
    pub(super) sequence: u16,
    pub(super) ssrc: u32,
    pub(super) payload_type: u8,
    pub(super) channel: u8,
    pub(super) prefix: Vec<u8>,
}

impl Default for Pictures {
    fn default() -> Self {
        Self {
            at: 0,
            sequence: 100,
            ssrc: 0x1234_5678,
            payload_type: 96,
            channel: 0,
            prefix: Vec::new(),
        }
    }
}

impl Pictures {
    /// The payloads of the next picture.
    fn payloads(&self) -> Vec<Vec<u8>> {
        let is_key = self.at.is_multiple_of(6);
        let mut payloads = Vec::new();
        let slice = if is_key {
            payloads.push(vec![0x67, 0x42, 0, 0x1E, 0x95, 0xA8, 0x28, 0x0F, 0x64]);
            payloads.push(vec![0x68, 0xCE, 0x3C, 0x80]);
            [0x65, 0b1000_1000]
        } else {
            [0x41, 0b1001_1011]
        };
        let mut nal = slice.to_vec();
        nal.resize(SLICE_BYTES, 0x10 + (self.at % 200) as u8);
        let parts: Vec<&[u8]> = nal[1..].chunks(FRAGMENT_BYTES).collect();
        for (at, part) in parts.iter().enumerate() {
            let bits = u8::from(at == 0) << 7 | u8::from(at + 1 == parts.len()) << 6;
            payloads.push([&[nal[0] & 0xE0 | 0x1C, bits | nal[0] & 0x1F][..], part].concat());
        }
        payloads
    }

    /// The packets of the next picture, without what interleaves them.
    pub(super) fn packets(&mut self) -> Vec<Vec<u8>> {
        let payloads = self.payloads();
        let last = payloads.len() - 1;
        let timestamp = self.at.wrapping_mul(3600);
        self.at += 1;
        let mut packets = Vec::new();
        for (at, payload) in payloads.into_iter().enumerate() {
            let mark = if at == last { 0x80 } else { 0 };
            let mut packet = vec![0x80, self.payload_type | mark];
            packet.extend(self.sequence.to_be_bytes());
            packet.extend(timestamp.to_be_bytes());
            packet.extend(self.ssrc.to_be_bytes());
            packet.extend(payload);
            self.sequence = self.sequence.wrapping_add(1);
            packets.push(packet);
        }
        packets
    }

    /// The next picture, interleaved.
    pub(super) fn next(&mut self) -> Vec<u8> {
        let channel = self.channel;
        let mut bytes = self.prefix.clone();
        for packet in self.packets() {
            bytes.extend(interleaved(channel, &packet));
        }
        bytes
    }
}

/// A packet as it goes over the connection.
pub(super) fn interleaved(channel: u8, packet: &[u8]) -> Vec<u8> {
    let mut bytes = vec![b'$', channel];
    bytes.extend((packet.len() as u16).to_be_bytes());
    bytes.extend(packet);
    bytes
}

/// Whether a unit holds one whole picture of [`Pictures`] and nothing torn.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let slices: Vec<&[u8]> = nal::split(bytes)
        .filter(|nal| matches!(nal[0] & 31, 1 | 5))
        .collect();
    let [slice] = slices.as_slice() else {
        return false;
    };
    slice.len() == SLICE_BYTES && slice[2..].iter().all(|byte| *byte == slice[2])
}
