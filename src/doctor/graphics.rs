//! Graphics adapters, as `gpu` enumerates them.

use serde::{Deserialize, Serialize};

use super::finding::{Finding, Section};
use crate::gpu;
use crate::words::Words;

/// The Debian package that draws in software where there is no graphics card.
const SOFTWARE_DRIVER: &str = "mesa-vulkan-drivers";

/// One adapter through one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Adapter {
    /// The driver's name for it.
    name: String,
    /// Vulkan, Gl …
    backend: String,
    /// Whether the processor does the work.
    software: bool,
    /// Driver and its version.
    driver: String,
}

/// Asks every graphics interface. A broken driver may print or crash: see `probe`.
pub(super) fn adapters() -> Vec<Adapter> {
    gpu::describe_adapters()
        .into_iter()
        .map(|adapter| Adapter {
            software: adapter.is_software(),
            name: adapter.name,
            backend: adapter.backend,
            driver: adapter.driver,
        })
        .collect()
}

/// What is said about the adapters found, or about why none could be asked for.
pub(super) fn findings(adapters: &anyhow::Result<Vec<Adapter>>, words: Words) -> Vec<Finding> {
    let none = |value: String| {
        vec![Finding::missing(
            Section::Graphics,
            "adapter",
            value,
            words.with("doctor-hint-gpu", &[("package", SOFTWARE_DRIVER.into())]),
        )]
    };
    let adapters = match adapters {
        Ok(adapters) if adapters.is_empty() => return none("none found".to_owned()),
        Ok(adapters) => adapters,
        Err(error) => return none(format!("{error:#}")),
    };
    // OpenGL's software renderer does not always call itself one.
    let by_processor = |a: &Adapter| {
        a.software
            || ["llvmpipe", "softpipe", "lavapipe"]
                .iter()
                .any(|s| a.name.contains(s))
    };
    let mut findings: Vec<Finding> = adapters
        .iter()
        .map(|adapter| {
            let value = format!("{} ({}, {})", adapter.name, adapter.backend, adapter.driver);
            Finding::ok(Section::Graphics, "adapter", value)
        })
        .collect();
    if adapters.iter().all(by_processor) {
        findings.push(Finding::warn(
            Section::Graphics,
            "hardware",
            "every adapter is the processor",
            words.get("doctor-hint-gpu-software"),
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;
    use crate::words::Language;

    fn adapter(name: &str, software: bool) -> Adapter {
        Adapter {
            name: name.to_owned(),
            backend: "Vulkan".to_owned(),
            software,
            driver: "driver 1".to_owned(),
        }
    }

    #[test]
    fn what_is_there_decides_what_is_said() {
        let check = |adapters: anyhow::Result<Vec<Adapter>>, expect: &[State]| {
            let said = findings(&adapters, Words::new(Language::Kk));
            let states: Vec<State> = said.iter().map(|f| f.state).collect();
            assert_eq!(states, expect);
            for finding in said {
                assert_eq!(finding.hint.is_empty(), finding.state == State::Ok);
            }
        };
        check(Ok(vec![]), &[State::Missing]);
        check(Err(anyhow::anyhow!("crashed")), &[State::Missing]);
        check(Ok(vec![adapter("card", false)]), &[State::Ok]);
        check(
            Ok(vec![
                adapter("card", false),
                adapter("llvmpipe (LLVM 15)", true),
            ]),
            &[State::Ok, State::Ok],
        );
        check(
            Ok(vec![adapter("llvmpipe (LLVM 15)", false)]),
            &[State::Ok, State::Warn],
        );
    }
}
