//! The log that nobody can quietly change: every act is one line, every line a leaf of a Merkle tree
//! (RFC 9162), and the roots of that tree are signed (C2SP checkpoints) and copied to a second place.
//!
//! ```text
//! act ─► line (text) ─► tree (leaf hash, right edge) ─► checkpoint, signed by the seat ─► witness
//!            └───────────────┬──────────────────────────────────┘           (second place)
//!                            ├─► verify: all of it, and where it was harmed
//!                            ├─► records: whether they are as the log says
//!                            └─► proof: one line, for somebody who has nothing else
//! ```
//!
//! Belongs here: hashing, texts, signatures, proofs. Does not: where lines are kept (`database`), who
//! may do what (`model`), what an auditor sees (`ui`). But for the key file and the second place
//! nothing here touches a disk, and nothing knows of SQL; whoever has the lines hands them in.
//! `docs/ref/log.md` describes every byte, so that a stranger can check a log without this program.

mod canonical;
pub mod checkpoint;
pub mod finding;
pub mod line;
pub mod note;
pub mod proof;
pub mod records;
pub mod signer;
pub mod table;
pub mod tree;
pub mod verify;
pub mod witness;

#[cfg(test)]
mod harm;
