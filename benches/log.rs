//! How long checking a log takes, reading from memory: `cargo bench --bench log`.

use qyran::base::clock::WallTime;
use qyran::model::act::{Act, Key};
use qyran::model::id::Id;
use qyran::store::log::line;
use qyran::store::log::note::Keys;
use qyran::store::log::signer::Signer;
use qyran::store::log::tree::{Frontier, Hash, leaf_hash};
use qyran::store::log::verify::{Held, Place, Verifier};

const ORIGIN: &str = "qyran/bench";
/// A signed root for so many lines, as the store keeps them.
const EVERY: u64 = 256;

fn main() {
    divan::main();
}

struct Log {
    lines: Vec<(String, Hash)>,
    held: Vec<Held>,
    head: Frontier,
    keys: Keys,
}

/// Lines of some 300 bytes.
fn log(size: u64) -> Option<Log> {
    let file = std::env::temp_dir().join(format!("qyran-bench-log-{}.key", std::process::id()));
    let signer = Signer::open_or_make(&file, "bench").ok()?;
    std::fs::remove_file(&file).ok(); // in the folder for temporary files
    let mut keys = Keys::default();
    keys.add(signer.key().clone());
    let mut log = Log {
        lines: Vec::new(),
        held: Vec::new(),
        head: Frontier::default(),
        keys,
    };
    for index in 0..size {
        let mut random = [7; 10];
        random[..8].copy_from_slice(&index.to_be_bytes());
        let at = WallTime(1_763_800_000_000_000_000 + index as i64 * 1_000_000);
        let id = Id::new(at, random);
        let act = Act {
            id,
            at,
            seat: "duty-2".to_owned(),
            centre: "aktobe".to_owned(),
            author: Some(id),
            second: None,
            kind: "camera-enlarged".to_owned(),
            about: Some("ak-0417".to_owned()),
            detail: serde_json::Map::new(),
            changes: Vec::new(),
        };
        let changed = [(Key::new("claim", id), 1, None)];
        let text = line::text(index, &act, at, &changed);
        let hash = leaf_hash(text.as_bytes());
        log.head.append(hash);
        log.lines.push((text, hash));
        if log.head.size().is_multiple_of(EVERY) || log.head.size() == size {
            log.held.push(Held {
                place: Place::Store,
                size: Some(log.head.size()),
                note: signer.sign(ORIGIN, &log.head).ok()?.to_string(),
            });
        }
    }
    Some(log)
}

/// All of a log: signatures, hashes, places, roots.
#[divan::bench(args = [10_000, 1_000_000], sample_count = 3, sample_size = 1)]
fn verify(bencher: divan::Bencher<'_, '_>, size: u64) {
    let Some(log) = log(size) else {
        return;
    };
    bencher
        .counter(divan::counter::ItemsCount::new(size))
        .bench_local(|| {
            let mut verifier = Verifier::new(ORIGIN, &log.keys, log.held.iter().cloned());
            for (index, (text, hash)) in (0..).zip(&log.lines) {
                verifier.line(index, text, *hash);
            }
            let report = verifier.finish(Some(&log.head));
            assert!(report.clean(), "{report:?}");
            report.proved
        });
}

/// Lines hashed and appended, and the root.
#[divan::bench(args = [1, 16], sample_count = 20)]
fn append(bencher: divan::Bencher<'_, '_>, group: u64) {
    let Some(log) = log(group) else {
        return;
    };
    bencher
        .counter(divan::counter::ItemsCount::new(group))
        .bench_local(|| {
            let mut head = log.head.clone();
            for (text, _) in &log.lines {
                head.append(leaf_hash(text.as_bytes()));
            }
            head.root()
        });
}
