//! The running application of `fapilog plugin dev`: redrawn in place on a terminal, lines elsewhere.

use std::io::Write as _;

use console::Term;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::trace::{Change, show_change, show_place};
use super::{BOLD, DIM, GREEN, RED, Table, YELLOW, cut, micros, printable, thousands, value_text};
use crate::failure::Failure;
use crate::harness::Place;

/// What the tool tells.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// It runs.
    Begin {
        /// The plugin's distribution.
        project: String,
        /// Its folder.
        folder: String,
    },
    /// The counters now.
    Status(Box<Status>),
    /// A save was taken up, or could not be.
    Reload(Box<Reload>),
    /// The first record went through the new code.
    Passed {
        /// Milliseconds since the save.
        ms: f64,
    },
    /// It is over.
    End(Box<Status>),
}

/// Counters of all pipelines with the plugin.
#[derive(Debug, Deserialize)]
pub struct Status {
    submitted: u64,
    delivered: u64,
    filtered: u64,
    dropped: u64,
    queued: u64,
    reloads: u64,
    failed_reloads: u64,
    plugins: Vec<Plugin>,
}

/// One plugin at work.
#[derive(Debug, Deserialize)]
struct Plugin {
    name: String,
    kind: String,
    records: u64,
    errors: u64,
    p50_us: f64,
    p99_us: f64,
    health: String,
    last: Vec<Last>,
}

/// One of the last records at a plugin.
#[derive(Debug, Deserialize)]
struct Last {
    before: Map<String, Value>,
    #[serde(default)]
    difference: Vec<Change>,
    failure: Option<Trouble>,
}

/// What went wrong.
#[derive(Debug, Deserialize)]
struct Trouble {
    error: String,
    place: Option<Place>,
}

/// What became of a save.
#[derive(Debug, Deserialize)]
pub struct Reload {
    ok: bool,
    #[serde(default)]
    error: String,
    place: Option<Place>,
}

/// Where it is shown.
pub struct Screen {
    print: bool,
    terminal: Option<Term>,
    drawn: usize,
    news: Vec<u8>,
    lost: u64,
    reported: u64,
}

impl Screen {
    /// Prints for people, or only counts.
    pub fn new(print: bool) -> Self {
        let terminal = Term::stdout();
        Self {
            print,
            terminal: (print && terminal.is_term()).then_some(terminal),
            drawn: 0,
            news: Vec::new(),
            lost: 0,
            reported: 0,
        }
    }

    /// Records that were lost, as far as is known.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Shows one event.
    pub fn show(&mut self, event: Event) -> Result<(), Failure> {
        if let Event::End(status) = &event {
            self.lost = status.dropped + status.queued;
        }
        if !self.print {
            return Ok(());
        }
        match event {
            Event::Begin { project, folder } => {
                let (project, folder) = (printable(&project), printable(&folder));
                let mut out = anstream::stdout();
                writeln!(out, "{BOLD}{project}{BOLD:#} {DIM}from {folder}; Ctrl-C ends{DIM:#}\n")?;
                Ok(())
            }
            Event::Reload(reload) => self.show_reload(&reload),
            Event::Passed { ms } => {
                self.tell(|out| {
                    writeln!(
                        out,
                        "{GREEN}reloaded{GREEN:#}  {DIM}first record through the new code {ms:.0} ms after the save{DIM:#}"
                    )
                })
            }
            Event::Status(status) => self.show_status(&status),
            Event::End(status) => self.show_end(&status),
        }
    }

    fn show_reload(&mut self, reload: &Reload) -> Result<(), Failure> {
        if reload.ok {
            return Ok(());
        }
        self.tell(|out| {
            let error = printable(&reload.error);
            writeln!(
                out,
                "{RED}not reloaded{RED:#}: {error}  {DIM}(the old code goes on){DIM:#}"
            )?;
            reload
                .place
                .as_ref()
                .map_or(Ok(()), |place| show_place(out, place, "  "))
        })
    }

    /// Says something that stays: above the counters on a terminal.
    fn tell(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>,
    ) -> Result<(), Failure> {
        let mut text = Vec::new();
        write(&mut text)?;
        if self.terminal.is_some() {
            self.news = text;
            Ok(())
        } else {
            anstream::stdout().write_all(&text)?;
            Ok(())
        }
    }

    fn show_status(&mut self, status: &Status) -> Result<(), Failure> {
        let Some(terminal) = self.terminal.clone() else {
            return self.show_line(status);
        };
        let (height, width) = terminal.size();
        let mut text = Vec::new();
        counters(&mut text, status)?;
        for plugin in &status.plugins {
            last_records(&mut text, plugin, usize::from(width))?;
        }
        if !self.news.is_empty() {
            writeln!(text)?;
            text.extend_from_slice(&self.news);
        }
        self.redraw(&terminal, &text, (usize::from(height), usize::from(width)))
    }

    /// Takes away what was drawn last and draws anew, no more than fits.
    fn redraw(
        &mut self,
        terminal: &Term,
        text: &[u8],
        (height, width): (usize, usize),
    ) -> Result<(), Failure> {
        terminal.clear_last_lines(self.drawn)?;
        let text = String::from_utf8_lossy(text);
        let lines: Vec<_> = text.lines().take(height.saturating_sub(1)).collect();
        let mut out = anstream::stdout();
        for line in &lines {
            // One that wraps would take two lines, and be cleared as one.
            let line = console::truncate_str(line, width.saturating_sub(1), "…");
            writeln!(out, "{line}")?;
        }
        self.drawn = lines.len();
        Ok(())
    }

    /// One line now and then, where nothing can be redrawn.
    fn show_line(&mut self, status: &Status) -> Result<(), Failure> {
        // A quarter of a second is too often for a file of lines.
        self.reported += 1;
        if self.reported % 20 != 1 {
            return Ok(());
        }
        let mut out = anstream::stdout();
        writeln!(out, "{}", summary(status))?;
        Ok(())
    }

    fn show_end(&mut self, status: &Status) -> Result<(), Failure> {
        if let Some(terminal) = self.terminal.clone() {
            terminal.clear_last_lines(self.drawn)?;
            self.drawn = 0;
        }
        let mut out = anstream::stdout();
        counters(&mut out, status)?;
        Ok(())
    }
}

fn summary(status: &Status) -> String {
    format!(
        "{} records: {} delivered, {} taken out, {} lost; {} reloads, {} failed",
        thousands(status.submitted),
        thousands(status.delivered),
        thousands(status.filtered),
        thousands(status.dropped),
        status.reloads,
        status.failed_reloads
    )
}

fn counters(out: &mut impl std::io::Write, status: &Status) -> std::io::Result<()> {
    writeln!(out, "{}\n", summary(status))?;
    let mut table = Table::new(&[
        "plugin", "kind", "records", "errors", "p50", "p99", "health",
    ]);
    for plugin in &status.plugins {
        table.row([
            plugin.name.clone(),
            plugin.kind.clone(),
            thousands(plugin.records),
            thousands(plugin.errors),
            micros(plugin.p50_us),
            micros(plugin.p99_us),
            plugin.health.clone(),
        ]);
    }
    table.print(out)
}

/// The last records of a plugin: what came, and what it changed.
fn last_records(
    out: &mut impl std::io::Write,
    plugin: &Plugin,
    width: usize,
) -> std::io::Result<()> {
    writeln!(out, "\n{BOLD}{}{BOLD:#}", printable(&plugin.name))?;
    for last in &plugin.last {
        let text = |name: &str| last.before.get(name).and_then(Value::as_str).unwrap_or("");
        let line = format!(
            "  {:8} {}",
            text("level"),
            value_text(&text("message").into(), 60)
        );
        writeln!(out, "{}", cut(&printable(&line), width.saturating_sub(1)))?;
        for change in last.difference.iter().take(3) {
            show_change(out, change, "    ", width.saturating_sub(24).max(16) / 2)?;
        }
        if let Some(failure) = &last.failure {
            let error = cut(&printable(&failure.error), width.saturating_sub(6));
            writeln!(out, "    {YELLOW}{error}{YELLOW:#}")?;
            if let Some(place) = &failure.place {
                show_place(out, place, "    ")?;
            }
        }
    }
    Ok(())
}
