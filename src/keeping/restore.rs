//! A backup or an export comes back: read once from its beginning to its end, checked on the way, and
//! there only when all of it was found right.

use std::path::Path;

use super::check::Checker;
use super::fault::Fault;
use super::{Form, Run, Source};
use crate::base::clock::{self, WallTime};
use crate::store::database::keep::{Item, Restored, Target};
use crate::store::database::{OWN_FILE, new_id};
use crate::words;

/// Items that are written at once.
const BATCH: usize = 512;

impl Run<'_> {
    pub(super) fn bring_back(
        &mut self,
        from: &Path,
        form: Form,
        as_it_is: bool,
    ) -> anyhow::Result<bool> {
        let said = self.words;
        let failed = |fault: Fault| anyhow::anyhow!(fault.say(said));
        let source = Source::open(form, from).map_err(failed)?;
        let about = source
            .header()
            .about(&from.display().to_string())
            .map_err(failed)?;
        let made_at = WallTime::from_micros(source.header().at);
        let mut target = match &self.place.centre {
            Some(address) => Target::centre(address)?,
            None => Target::file(&self.place.data.join(OWN_FILE))?,
        };
        let mut checker = Checker::new(&about);
        let mut batch = Vec::with_capacity(BATCH);
        let made = source
            .walk(|item| {
                checker.take(&item);
                batch.push(item);
                if batch.len() == BATCH {
                    put(&mut target, &mut batch)?;
                }
                Ok(())
            })
            .and_then(|made| put(&mut target, &mut batch).map(|()| made))
            .map_err(failed)?;
        let checked = checker.finish();
        let harmed = checked.harm().count();
        if harmed > 0 && !as_it_is {
            let text = said.with(
                "keep-not-restored",
                &[("count", harmed.into()), ("option", "--as-it-is".into())],
            );
            self.tell(&text);
            self.tell_findings(checked.harm());
            return Ok(false);
        }
        let has_logins = target.has_logins();
        let mark = Restored {
            id: new_id(),
            size: about.size,
            at: clock::wall_now(),
        };
        target.finish(&about, &mark)?;
        let zone = jiff::tz::TimeZone::system();
        let text = said.with(
            "keep-restored",
            &[
                ("store", about.store.as_str().into()),
                ("records", made.records.into()),
                ("lines", made.lines.into()),
                ("time", words::date_time(made_at, &zone).into()),
            ],
        );
        self.tell(&text);
        self.tell(&checked.report.say(said));
        self.tell_findings(checked.harm());
        if made.logins > 0 {
            let count = ("count", made.logins.into());
            let command = ("command", "qyran store prepare --seats".into());
            let text = if has_logins {
                said.with("keep-logins-restored", &[count, command])
            } else {
                said.with("keep-logins-aside", &[count])
            };
            self.tell(&text);
        }
        Ok(harmed == 0)
    }
}

fn put(target: &mut Target, batch: &mut Vec<Item>) -> Result<(), Fault> {
    target.put(batch)?;
    batch.clear();
    Ok(())
}
