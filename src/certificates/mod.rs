//! `qyran certificates`: the certificates that cameras showed the first time, and taking one away
//! when a camera has rightly got another.
#![expect(clippy::print_stdout, reason = "the output of a command")]

use std::path::PathBuf;

use clap::Subcommand;

use crate::base::hex::hex;
use crate::store::certificates::KnownCertificates;
use crate::store::paths::Paths;
use crate::words::{Language, Words};

/// List trusted camera certificates and remove them
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,

    /// Settings folder
    #[arg(long, global = true, value_name = "FOLDER")]
    config: Option<PathBuf>,

    /// Output language: kk, ru or en [default: system language, else en]
    #[arg(long, global = true, value_name = "LANGUAGE")]
    lang: Option<Language>,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// List hosts with the SHA-256 of their certificates
    List,
    /// Remove a certificate: the next one the host presents will be trusted
    Forget {
        /// Host and port, as shown by `list`
        #[arg(value_name = "HOST:PORT")]
        host: String,
    },
}

/// Does what is asked and prints what was done.
///
/// # Errors
/// When the file cannot be read or written.
pub fn run(args: Args) -> anyhow::Result<()> {
    let words = Words::new(args.lang.unwrap_or_else(Language::of_the_system));
    let paths = Paths::find(args.config.as_deref(), None)?;
    let certificates = KnownCertificates::of(&paths.config);
    match args.command {
        Command::List => {
            let all = certificates.all()?;
            if all.is_empty() {
                println!("{}", words.get("certificates-none"));
            }
            for (host, fingerprint) in all {
                println!("{host}  {}", hex(&fingerprint));
            }
        }
        Command::Forget { host } => {
            let key = if certificates.forget(&host)? {
                "certificates-forgotten"
            } else {
                "certificates-unknown"
            };
            println!("{}", words.with(key, &[("host", host.into())]));
        }
    }
    Ok(())
}
