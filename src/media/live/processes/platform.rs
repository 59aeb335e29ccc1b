//! What only Linux has: memory that two processes share and neither can shrink, and its descriptor over
//! a socket.
//!
//! The memory is written and read by calls at an offset, not mapped: what another process changes
//! meanwhile is then only a wrong pixel, never a broken promise to the compiler, and reading what is
//! not there is an error, never a signal.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixStream;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// Memory for pictures on their way. Only what was written to takes memory.
pub(super) const MEMORY_BYTES: u64 = 128 << 20;

/// Memory shared with another process.
#[derive(Debug)]
pub(super) struct Memory {
    file: File,
}

impl Memory {
    /// New memory whose size nobody can change any more.
    pub(super) fn new() -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = memfd_create("qyran-pictures", flags)?;
        ftruncate(&file, MEMORY_BYTES)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Ok(Self {
            file: File::from(file),
        })
    }

    pub(super) fn read(&self, to: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(to, offset)
    }

    pub(super) fn write(&self, from: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(from, offset)
    }

    /// Sends it over a socket, with one byte.
    pub(super) fn send(&self, socket: &UnixStream) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let rights = [self.file.as_fd()];
        if !control.push(SendAncillaryMessage::ScmRights(&rights)) {
            return Err(io::Error::other("no room for a descriptor"));
        }
        let sent = sendmsg(
            socket,
            &[IoSlice::new(&[0])],
            &mut control,
            SendFlags::empty(),
        )?;
        if sent == 1 {
            Ok(())
        } else {
            Err(io::ErrorKind::WriteZero.into())
        }
    }

    /// Receives what [`Memory::send`] sent.
    pub(super) fn receive(socket: &UnixStream) -> io::Result<Self> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        let mut parts = [IoSliceMut::new(&mut byte)];
        recvmsg(socket, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC)?;
        let received = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut rights) => rights.next(),
            _ => None,
        });
        let file: OwnedFd = received.ok_or_else(|| io::Error::other("no descriptor came"))?;
        Ok(Self {
            file: File::from(file),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_crosses_a_socket_and_keeps_its_size() {
        let (here, there) = UnixStream::pair().unwrap();
        let memory = Memory::new().unwrap();
        memory.send(&here).unwrap();
        let other = Memory::receive(&there).unwrap();
        other.write(b"picture", 4096).unwrap();
        let mut read = [0; 7];
        memory.read(&mut read, 4096).unwrap();
        assert_eq!(&read, b"picture");

        assert!(ftruncate(&other.file, 4096).is_err(), "nobody shrinks it");
        assert!(ftruncate(&other.file, 2 * MEMORY_BYTES).is_err());
        assert!(other.write(&[1], MEMORY_BYTES).is_err(), "nor grows it");
        assert!(memory.read(&mut read, MEMORY_BYTES - 3).is_err());
        assert!(memory.read(&mut read, u64::MAX / 2).is_err());
    }
}
