//! Models that are not what they say: refused with what is wrong, and the program goes on.

use std::fs;
use std::path::Path;

use std::path::PathBuf;
use std::time::Duration;

use qyran::base::backoff::Policy;
use qyran::base::clock;
use qyran::base::proc;
use qyran::detect::{Foreign, Model, ModelError, Provider, RunError};
use qyran::media::clip::Clip;
use qyran::model::detection::{Detection, Region};
use qyran::pixels::Picture;
use serde_json::{Value, json};

use crate::harness::{WIDE, clip, folder, runtime};

/// A copy of a real model, whose descriptor was changed and whose file may have been.
fn changed(change: impl FnOnce(&mut Value), file: impl FnOnce(&mut Vec<u8>)) -> tempfile::TempDir {
    let from = folder(WIDE);
    let to = tempfile::tempdir().expect("a folder");
    let text = fs::read_to_string(from.join("model.json")).expect("a descriptor");
    let mut described: Value = serde_json::from_str(&text).expect("JSON");
    let name = described["file"].as_str().expect("a name").to_owned();
    let mut bytes = fs::read(from.join(&name)).expect("the model: run models/fetch.py");
    file(&mut bytes);
    change(&mut described);
    fs::write(to.path().join(&name), bytes).expect("a file");
    fs::write(to.path().join("model.json"), described.to_string()).expect("a file");
    to
}

fn refused(folder: &Path) -> String {
    match Model::open(runtime(), folder, Provider::Cpu, &options()) {
        Ok(_) => panic!("taken"),
        Err(fault) => fault.to_string(),
    }
}

fn hash_of(path: &Path) -> String {
    use sha2::{Digest as _, Sha256};
    let bytes = fs::read(path).expect("a file");
    qyran::base::hex::hex(&Sha256::digest(&bytes))
}

#[test]
fn a_file_cut_short_or_changed_is_not_the_one() {
    let cut = changed(|_| {}, |bytes| bytes.truncate(bytes.len() / 2));
    assert!(refused(cut.path()).contains("SHA-256"));
    let flipped = changed(|_| {}, |bytes| bytes[5000] ^= 1);
    assert!(refused(flipped.path()).contains("SHA-256"));
    // Even one whose hash somebody wrote anew is no model.
    let cut = changed(|_| {}, |bytes| bytes.truncate(bytes.len() / 2));
    let file = cut.path().join(format!("{WIDE}.onnx"));
    let text = fs::read_to_string(cut.path().join("model.json")).expect("a descriptor");
    let mut described: Value = serde_json::from_str(&text).expect("JSON");
    described["sha256"] = hash_of(&file).into();
    fs::write(cut.path().join("model.json"), described.to_string()).expect("a file");
    let told = refused(cut.path());
    assert!(told.contains(&format!("{WIDE}.onnx")), "{told}");
}

#[test]
fn another_size_or_name_of_a_tensor_is_told_with_what_was_expected() {
    let other = changed(
        |described| described["input"]["name"] = json!("picture"),
        |_| {},
    );
    let told = refused(other.path());
    assert!(
        told.contains("picture") && told.contains("input_1"),
        "{told}"
    );
    let other = changed(
        |described| {
            described["input"]["shape"] = json!([1, 3, 416, 416]);
            for (index, cells) in [2704, 676, 169, 2704, 676, 169].into_iter().enumerate() {
                described["outputs"][index]["shape"][1] = json!(cells);
            }
        },
        |_| {},
    );
    let told = refused(other.path());
    assert!(told.contains("256") && told.contains("416"), "{told}");
    let other = changed(
        |described| described["outputs"][0]["name"] = json!("none"),
        |_| {},
    );
    let told = refused(other.path());
    assert!(told.contains("no output none"), "{told}");
}

/// Children of the program under test, with waits that a test can afford.
fn options() -> Foreign {
    Foreign {
        retry: Policy {
            first: Duration::from_millis(1),
            most: Duration::from_millis(1),
            factor: 1.0,
            jitter: 0.0,
        },
        ..Foreign::of(PathBuf::from(env!("CARGO_BIN_EXE_qyran")))
    }
}

/// A copy of the real model under another id: as foreign as any.
fn foreign(id: &str) -> tempfile::TempDir {
    changed(|described| described["id"] = json!(id), |_| {})
}

fn opened(id: &str, options: &Foreign) -> (Model, tempfile::TempDir) {
    let folder = foreign(id);
    let model = Model::open(runtime(), folder.path(), Provider::Cpu, options);
    (model.expect("a foreign model"), folder)
}

fn street() -> Vec<Picture> {
    let mut clip: Clip = clip("sub-01.h264");
    std::iter::from_fn(|| clip.next_picture().expect("a picture"))
        .take(10)
        .collect()
}

fn look(model: &mut Model, picture: &Picture) -> Result<Vec<Detection>, ModelError> {
    let mut found = Vec::new();
    model.look(picture, Region::WHOLE, 0.3, &mut found)?;
    Ok(found)
}

/// The process of the model `id`: found by its name among this program's children.
fn process_of(id: &str) -> u32 {
    let named = |pid: &u32| {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        name.trim() == format!("model-{id}")
    };
    let children = proc::children(std::process::id());
    children.into_iter().find(named).expect("its process")
}

fn signal(name: &str, pid: u32) {
    let sent = std::process::Command::new("kill")
        .args([name, &pid.to_string()])
        .status();
    assert!(sent.expect("kill").success());
}

/// Looks until the model has run again; what was said meanwhile must be that it is started.
fn look_until_it_runs(model: &mut Model, picture: &Picture) -> Vec<Detection> {
    let begun = clock::now();
    loop {
        match look(model, picture) {
            Ok(found) => return found,
            Err(ModelError::Run(RunError::Resting { .. })) => {}
            Err(other) => panic!("{other}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it never ran");
        std::thread::yield_now();
    }
}

#[test]
fn a_foreign_model_sees_the_same_from_a_process_of_its_own() {
    let (mut apart, _folder) = opened("same", &options());
    let mut here = crate::harness::model(WIDE);
    assert!(apart.is_apart() && !here.is_apart());
    let mut all = 0;
    let pictures = street();
    for picture in &pictures {
        let found = look(&mut apart, picture).expect("a look");
        assert_eq!(found, look(&mut here, picture).expect("a look"));
        all += found.len();
        assert!(apart.spent_apart().is_some_and(|spent| !spent.is_zero()));
    }
    assert!(all > 0, "nobody in the street");
    // Not held against anything: what it costs is for the eye.
    let time = |model: &mut Model| {
        let begun = clock::now();
        for picture in pictures.iter().cycle().take(50) {
            look(model, picture).expect("a look");
        }
        begun.elapsed() / 50
    };
    let (here, apart) = (time(&mut here), time(&mut apart));
    let ratio = apart.as_secs_f64() / here.as_secs_f64();
    println!("a look here {here:.2?}, apart {apart:.2?}, {ratio:.3} times");
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_of_a_model_knows_no_secret_and_has_no_rights_but_its_own() {
    let (_model, _folder) = opened("poor", &options());
    let pid = process_of("poor");
    let read = |file: &str| {
        let bytes = fs::read(format!("/proc/{pid}/{file}")).expect("it runs");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let told = read("environ");
    assert!(
        told.contains("PATH=") && !told.contains("CARGO_MANIFEST_DIR="),
        "{told}"
    );
    assert!(
        std::env::var_os("CARGO_MANIFEST_DIR").is_some(),
        "there was more to tell"
    );
    let status = read("status");
    assert!(status.contains("\nNoNewPrivs:\t1\n"), "{status}");
    let limits = read("limits");
    let is_limited = |name: &str, most: u64| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name));
        let mut both = line.expect("a limit").split_whitespace();
        both.all(|number| {
            number
                .parse()
                .map_or(!number.contains("unlimited"), |n: u64| n <= most)
        })
    };
    assert!(is_limited("Max core file size", 1), "{limits}");
    assert!(
        is_limited("Max data size", options().memory_bytes),
        "{limits}"
    );
    assert!(is_limited("Max file size", 16 << 20), "{limits}");
    assert!(is_limited("Max open files", 256), "{limits}");
}

#[test]
fn a_process_that_is_killed_is_started_again() {
    let (mut model, _folder) = opened("killed", &options());
    let pictures = street();
    let before = look(&mut model, &pictures[0]).expect("a look");
    let pid = process_of("killed");
    signal("-KILL", pid);
    let told = look(&mut model, &pictures[0])
        .expect_err("killed")
        .to_string();
    assert!(
        told.contains("the model killed was stopped") && told.contains("signal: 9"),
        "{told}"
    );
    assert_eq!(look_until_it_runs(&mut model, &pictures[0]), before);
    assert_ne!(process_of("killed"), pid);
}

#[test]
fn a_run_that_never_ends_is_stopped_in_time() {
    let short = Foreign {
        run_within: Duration::from_millis(300),
        ..options()
    };
    // The runs of other tests beside this one make a run longer than it would be.
    let (mut model, _folder) = opened("endless", &options());
    let (mut hurried, _other) = opened("hurried", &short);
    let picture = &street()[0];
    look(&mut model, picture).expect("a look");
    let pid = process_of("hurried");
    signal("-STOP", pid);
    let begun = clock::now();
    let told = look(&mut hurried, picture)
        .expect_err("stopped")
        .to_string();
    assert!(told.contains("longer than 300ms"), "{told}");
    assert!(begun.elapsed() < Duration::from_secs(10), "in time");
    // It does not wait for its successor, but says that there will be one.
    let meanwhile = look(&mut hurried, picture);
    let resting = matches!(meanwhile, Err(ModelError::Run(RunError::Resting { .. })));
    assert!(resting, "{meanwhile:?}");
    look(&mut model, picture).expect("others go on");
}

#[test]
fn a_process_that_ends_again_and_again_is_given_up() {
    let few = Foreign {
        most_failures: 2,
        ..options()
    };
    let (mut model, _folder) = opened("again", &few);
    let picture = &street()[0];
    look(&mut model, picture).expect("a look");
    signal("-KILL", process_of("again"));
    let told = look(&mut model, picture).expect_err("killed").to_string();
    assert!(told.contains("was stopped:"), "{told}");
    look_until_it_runs(&mut model, picture);
    signal("-KILL", process_of("again"));
    for _ in 0..2 {
        let told = look(&mut model, picture).expect_err("given up");
        let given_up = matches!(told, ModelError::Run(RunError::GivenUp { .. }));
        assert!(given_up, "{told}");
        assert!(told.to_string().contains("2 times in a row"), "{told}");
    }
}

#[test]
fn too_little_memory_and_too_little_time_are_told() {
    let folder = foreign("small");
    let refused = |options: &Foreign| {
        let opened = Model::open(runtime(), folder.path(), Provider::Cpu, options);
        opened.err().expect("refused").to_string()
    };
    let told = refused(&Foreign {
        memory_bytes: 16 << 20,
        ..options()
    });
    assert!(
        told.contains("the model small") && told.contains("16 MiB of memory"),
        "{told}"
    );
    let told = refused(&Foreign {
        load_within: Duration::ZERO,
        ..options()
    });
    assert!(told.contains("was not loaded in"), "{told}");
    let told = refused(&Foreign::of(PathBuf::from("/nowhere/qyran")));
    assert!(told.contains("cannot be started"), "{told}");
    // Another program, which does not speak like this one.
    let told = refused(&Foreign {
        arguments: vec!["--version".into()],
        ..options()
    });
    assert!(told.contains("no message") || told.contains("hung up") || told.contains("ended"));
}
