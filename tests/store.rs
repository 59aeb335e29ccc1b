//! What is kept, on both engines: nothing lost, nothing doubled, conflicts told, whatever happens.
//!
//! Without a PostgreSQL server on this machine the tests on one fail: `packaging/setup.sh test` brings
//! it.

#[path = "store/away.rs"]
mod away;
#[path = "store/bad_days.rs"]
mod bad_days;
#[path = "store/both.rs"]
mod both;
#[path = "store/centre.rs"]
mod centre;
#[path = "store/disk.rs"]
mod disk;
#[path = "store/falsified.rs"]
mod falsified;
#[path = "store/hammer.rs"]
mod hammer;
#[path = "store/harness.rs"]
mod harness;
#[path = "store/input.rs"]
mod input;
#[path = "store/keeping.rs"]
mod keeping;
#[path = "store/read_only.rs"]
mod read_only;
#[path = "store/secure.rs"]
mod secure;
#[path = "store/server_disk.rs"]
mod server_disk;
#[path = "store/shift.rs"]
mod shift;
#[path = "store/steps.rs"]
mod steps;
#[path = "store/story.rs"]
mod story;
