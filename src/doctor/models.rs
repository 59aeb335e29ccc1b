//! Whether the detectors have what they need: ONNX Runtime, and models that are what they say.

use std::collections::BTreeSet;

use crate::detect::registry::{self, Entry};
use crate::detect::{Runtime, RuntimeError};
use crate::store::paths::Paths;
use crate::words::Words;

use super::finding::{Finding, Section};

/// Loads the runtime and reads each model's descriptor; the models themselves are held against
/// their hashes, not run.
pub(super) fn look(paths: Option<&Paths>, words: Words) -> Vec<Finding> {
    let Some(paths) = paths else {
        return Vec::new();
    };
    let loaded = Runtime::load(&paths.model_runtime());
    let mut findings = vec![runtime(
        loaded.map(|runtime| runtime.description().to_owned()),
        words,
    )];
    let folders = paths.model_folders(None);
    let entries = folders.iter().flat_map(|folder| {
        registry::entries(folder).unwrap_or_else(|fault| {
            vec![Entry {
                folder: folder.clone(),
                descriptor: Err(fault),
            }]
        })
    });
    // Of one id the first that is found counts.
    let mut known = BTreeSet::new();
    let is_first = |entry: &Entry| match &entry.descriptor {
        Ok(descriptor) => known.insert(descriptor.id.clone()),
        Err(_) => true,
    };
    let first = entries.filter(is_first);
    let found: Vec<Finding> = first.map(|entry| model(&entry, words)).collect();
    if found.is_empty() {
        let none = words.get("doctor-none").into_owned();
        findings.push(missing("models", none, words));
    }
    findings.extend(found);
    findings
}

fn runtime(loaded: Result<String, RuntimeError>, words: Words) -> Finding {
    match loaded {
        Ok(description) => Finding::ok(Section::Machine, "ONNX Runtime", description),
        Err(error) => missing("ONNX Runtime", error.to_string(), words),
    }
}

fn model(entry: &Entry, words: Words) -> Finding {
    let name = "model";
    let descriptor = match &entry.descriptor {
        Ok(descriptor) => descriptor,
        Err(fault) => return missing(name, fault.to_string(), words),
    };
    match descriptor.checked_file(&entry.folder) {
        Ok(_) => {
            let [width, height] = descriptor.size().unwrap_or_default();
            let value = format!(
                "{}: {width} × {height}, {}",
                descriptor.id, descriptor.licence
            );
            Finding::ok(Section::Machine, name, value)
        }
        Err(fault) => missing(name, fault.to_string(), words),
    }
}

fn missing(name: &'static str, value: String, words: Words) -> Finding {
    let hint = words.get("doctor-hint-models").into_owned();
    Finding::warn(Section::Machine, name, value, hint)
}
