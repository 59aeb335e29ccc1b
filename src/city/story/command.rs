//! `qyran city story` on the command line.
#![expect(clippy::print_stdout, reason = "this is a command's output")]

use std::net::SocketAddr;

use clap::Subcommand;
use serde_json::Value;

use super::Story;
use crate::city::control::StoryWish;
use crate::link::http;

/// Arguments of `qyran city story`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    /// Control address of the running city
    #[arg(long, global = true, default_value_t = SocketAddr::from(([127, 0, 0, 1], 8555)))]
    control: SocketAddr,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// List the built-in scenarios
    List,
    /// Play a scenario in a running city
    Tell {
        /// Name of a scenario, or a file
        story: String,
    },
    /// Print the progress of the running scenario (JSON)
    Show,
    /// Stop the running scenario
    End,
    /// Print the rule file needed to detect the scenario
    Rules {
        /// Name of a scenario, or a file
        story: String,
    },
    /// Validate a scenario file and print its timeline
    Check {
        /// Name of a scenario, or a file
        story: String,
    },
}

/// Lists stories, or talks to a running city.
///
/// # Errors
/// When there is no such story, no city answers, or it refuses.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let url = format!("http://{}/story", args.control);
    match &args.command {
        Command::List => {
            for name in Story::names() {
                let story = Story::find(name)?;
                println!("{name:<16} {:>5.0} s  {}", story.seconds, story.title.en);
            }
        }
        Command::Tell { story } => {
            // The city may have been started in another folder.
            let found = Story::find(story)?;
            let is_file = Story::names().all(|own| own != story);
            let named = if is_file {
                std::fs::canonicalize(story)?.display().to_string()
            } else {
                story.clone()
            };
            let wish = StoryWish { story: Some(named) };
            let _done: Value = http::post_json(&url, &wish).await?;
            println!("{}: {:.0} s", found.title.en, found.seconds);
        }
        Command::End => {
            let _done: Value = http::post_json(&url, &StoryWish { story: None }).await?;
        }
        Command::Show => {
            let progress: Value = http::get_json(&url).await?;
            println!("{}", serde_json::to_string_pretty(&progress)?);
        }
        Command::Rules { story } => {
            let text = Story::find(story)?.rule_file();
            print!("{}", text.map_err(anyhow::Error::msg)?);
        }
        Command::Check { story } => {
            let story = Story::find(story)?;
            for beat in super::plan(&story) {
                println!("{:>9.3}  {:?}", beat.at.as_secs_f64(), beat.what);
            }
        }
    }
    Ok(())
}
