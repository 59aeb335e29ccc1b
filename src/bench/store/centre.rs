//! A centre: what keeping an act costs, how soon all seats see it, and how soon a seat that was away
//! has what it missed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use crossbeam_channel::Receiver;
use parking_lot::Mutex;

use super::seat::{Cost, Seat, cost, done, ms_since};
use super::{Args, share};
use crate::base::proc::Usage;
use crate::base::{clock, threads};
use crate::bench::postgres::Server;
use crate::bench::seat::pause;
use crate::model::id::Id;
use crate::store::database::{Address, StoreEvent, new_id};

/// What is not seen by then is not seen.
const SEEN_WITHIN: Duration = Duration::from_secs(20);

/// How soon changes are seen.
pub(super) struct Seen {
    pub(super) catch_up_ms: f64,
    /// Until the last seat has seen a change.
    pub(super) ms_p50: f64,
    pub(super) ms_p95: f64,
    pub(super) ms_most: f64,
    pub(super) per_second: f64,
    /// Of all seats together, without the server.
    pub(super) cores: f64,
}

pub(super) fn measure(home: &Path, args: &Args) -> anyhow::Result<(Cost, Seen)> {
    open_to_all(home)?;
    let server = Server::start(&home.join("pg"), true)?;
    let address = |name: &str| -> anyhow::Result<Address> {
        server.new_database(name)?;
        Ok(Address::parse(&server.url("postgres", name), None)?)
    };
    let own = address("append")?;
    let seat = Seat::open(
        &home.join("pg-append"),
        "bench",
        Some(&own),
        Arc::new(|| {}),
    )?;
    seat.there()?;
    seat.found()?;
    let cost = cost(&seat, 1000, 20_000)?;
    seat.close()?;
    let catch_up_ms = catch_up(home, &address("missed")?, args.missed)?;
    eprintln!("{} missed changes: {catch_up_ms:.0} ms", args.missed);
    let mut seen = seen(home, &address("seen")?, args)?;
    seen.catch_up_ms = catch_up_ms;
    Ok((cost, seen))
}

/// A seat was there once, and missed `missed` changes since.
fn catch_up(home: &Path, address: &Address, missed: usize) -> anyhow::Result<f64> {
    let open = |name: &str| -> anyhow::Result<Seat> {
        Seat::open(&home.join(name), name, Some(address), Arc::new(|| {}))
    };
    let (there, away) = (open("there")?, open("away")?);
    away.there()?;
    away.found()?;
    away.keep(away.claim(new_id(), 0))?;
    away.close()?;
    there.there()?;
    let news = there.news.clone();
    threads::spawn("bench-news", move || while news.recv().is_ok() {})?;
    there.keep_all((0..missed).map(|_| there.claim(new_id(), 0)))?;
    let begun = clock::now();
    let away = open("away")?;
    // It is there when it has told what it missed.
    let told = away.there()?;
    let took = ms_since(begun);
    away.close()?;
    there.close()?;
    if told <= missed {
        anyhow::bail!("{told} of {missed} missed changes were told");
    }
    Ok(took)
}

/// A change on its way.
struct Sent {
    at: Instant,
    by: Vec<bool>,
    left: usize,
}

fn seen(home: &Path, address: &Address, args: &Args) -> anyhow::Result<Seen> {
    let (told, wake) = crossbeam_channel::bounded(1);
    let wakes: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
        told.try_send(()).ok(); // one is enough
    });
    let begun = clock::now();
    let seats = (0..args.seats.max(1))
        .map(|n| {
            let name = format!("seat-{n}");
            Seat::open(&home.join(&name), &name, Some(address), Arc::clone(&wakes))
        })
        .collect::<anyhow::Result<Vec<Seat>>>()?;
    for (n, seat) in seats.iter().enumerate() {
        seat.there()?;
        if n == 0 {
            seat.found()?;
        }
        seat.store()?.present(r#"{"person":null}"#.to_owned())?;
    }
    eprintln!(
        "{} seats are there after {:.0} ms",
        seats.len(),
        ms_since(begun)
    );
    let sent: Arc<Mutex<HashMap<Id, Sent>>> = Arc::default();
    let news: Vec<Receiver<StoreEvent>> = seats.iter().map(|seat| seat.news.clone()).collect();
    let changes = (args.seconds.clamp(1.0, 3600.0) * args.rate).ceil() as usize;
    let (count, rate, on_the_way) = (seats.len(), args.rate.max(0.1), Arc::clone(&sent));
    let before = Usage::of_self().context("no figures of this process")?;
    let begun = clock::now();
    let writer = threads::spawn(
        "bench-changes",
        move || -> anyhow::Result<(f64, Vec<Seat>)> {
            let mut answers = Vec::with_capacity(changes);
            for n in 0..changes {
                let due = begun + Duration::from_secs_f64(n as f64 / rate);
                pause(due.saturating_duration_since(clock::now()));
                let (seat, id) = (&seats[n * 37 % count], new_id());
                let change = Sent {
                    at: clock::now(),
                    by: vec![false; count],
                    left: count,
                };
                on_the_way.lock().insert(id, change);
                answers.push(seat.store()?.submit(seat.claim(id, 0))?);
            }
            answers.into_iter().try_for_each(done)?;
            Ok((changes as f64 / (ms_since(begun) / 1e3), seats))
        },
    )?;
    let mut took = Vec::with_capacity(changes);
    let mut deadline = begun + Duration::from_secs_f64(changes as f64 / rate) + SEEN_WITHIN;
    while took.len() < changes && clock::now() < deadline {
        if wake.recv_deadline(deadline).is_err() {
            break;
        }
        for (seat, news) in news.iter().enumerate() {
            while let Ok(event) = news.try_recv() {
                if let StoreEvent::Rows {
                    rows,
                    provisional: false,
                } = event
                {
                    let mut sent = sent.lock();
                    let now = clock::now();
                    for row in rows {
                        let Some(change) = sent.get_mut(&row.key.id) else {
                            continue;
                        };
                        if !std::mem::replace(&mut change.by[seat], true) {
                            change.left -= 1;
                        }
                        if change.left == 0 {
                            took.push((now - change.at).as_secs_f64() * 1e3);
                            sent.remove(&row.key.id);
                        }
                    }
                }
            }
        }
        if writer.is_finished() && took.is_empty() {
            deadline = clock::now();
        }
    }
    let after = Usage::of_self().context("no figures of this process")?;
    let seconds = ms_since(begun) / 1e3;
    let cores: f64 = after
        .since(&before)
        .values()
        .map(|secs| secs / seconds)
        .sum();
    let (per_second, seats) = writer
        .join()
        .map_err(|_panic| anyhow::anyhow!("the changes ended badly"))??;
    let lost = sent.lock().len();
    if lost > 0 {
        eprintln!("{lost} of {changes} changes were not seen by all seats");
        took.extend(std::iter::repeat_n(f64::INFINITY, lost));
    }
    took.sort_by(f64::total_cmp);
    for seat in seats {
        seat.close()?;
    }
    Ok(Seen {
        catch_up_ms: f64::INFINITY,
        ms_p50: share(&took, 0.5),
        ms_p95: share(&took, 0.95),
        ms_most: share(&took, 1.0),
        per_second,
        cores,
    })
}

/// So that the user that PostgreSQL runs as can reach what lies in it.
fn open_to_all(folder: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
