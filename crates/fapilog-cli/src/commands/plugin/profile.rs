//! `fapilog plugin profile`

use serde::Serialize;

use super::{Request, file_for, write_file};
use crate::args::{ProfileArgs, ReportFormat};
use crate::commands::Outcome;
use crate::draw::flame;
use crate::failure::Failure;
use crate::harness;
use crate::show::profile::{Event, Profile, show};
use crate::show::progress::Bar;

/// What the tool is asked for.
#[derive(Serialize)]
struct Others {
    records: u64,
    rate: Option<f64>,
}

/// Profiles, shows what was found, and draws it.
pub fn run(args: ProfileArgs) -> Result<Outcome, Failure> {
    let others = Others {
        records: args.records,
        rate: args.rate,
    };
    let request = Request::new("profile", Some(&args.subject), others);
    let mut bar = Bar::new("profiling");
    let mut profiles: Vec<Profile> = Vec::new();
    harness::ask(&request, args.format, |event: Event| {
        match event {
            Event::Progress(progress) => bar.move_to(&progress),
            Event::Profile(profile) => profiles.push(*profile),
        }
        Ok(())
    })?;
    bar.finish();
    for profile in &profiles {
        if args.format == ReportFormat::Text {
            show(profile)?;
        }
        if let Some(file) = args.flame.as_ref().filter(|_| profile.note.is_empty()) {
            let file = file_for(file, &profile.plugin, profiles.len() > 1);
            let title = format!("{} under load: {} samples", profile.plugin, profile.samples);
            write_file(&file, &flame::graph(&title, &profile.stacks))?;
        }
    }
    let advised = profiles.iter().any(|profile| !profile.advice.is_empty());
    Ok(if advised {
        Outcome::Findings
    } else {
        Outcome::Fine
    })
}
