//! Crash-safe mode of a pipeline: its journal, the redactors that run before it, and what earlier
//! processes left.

use std::path::Path;
use std::sync::{Arc, Weak};

use crate::diagnostics::Diagnostics;
use crate::format::Encoder;
use crate::frame_reader::Frame;
use crate::journal::{DurableConfig, Journal, Recovered, RecoveredBatch};
use crate::lane::SinkConfig;
use crate::pipeline::StartError;
use crate::portion::Selection;
use crate::stages::Redaction;

pub(crate) struct Durable {
    pub(crate) journal: Arc<Journal>,
    redaction: Redaction,
    /// To be let go of in a forked process.
    adopted: Vec<Weak<Journal>>,
}

impl Durable {
    /// Takes over what earlier processes left, finds out how far their file sinks came, and makes
    /// a journal for this pipeline.
    pub(crate) fn open(
        config: DurableConfig,
        sinks: &mut [SinkConfig],
        formats: &mut [Box<dyn Encoder>],
        diagnostics: &Diagnostics,
    ) -> Result<(Self, Vec<Recovered>), StartError> {
        let names: Vec<String> = sinks
            .iter()
            .map(|config| config.sink.name().to_owned())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let open = |folder: &Path| -> std::io::Result<_> {
            let journal = Journal::create(folder, config.bytes, &names)?;
            let mut problems = Vec::new();
            let recovered = Recovered::all(folder, config.bytes, &names, &mut problems)?;
            Ok((journal, recovered, problems))
        };
        let (journal, recovered, problems) =
            open(&config.folder).map_err(|source| StartError::Journal {
                folder: config.folder.clone(),
                source,
            })?;
        for problem in problems {
            diagnostics.report("journal", &problem);
        }
        for recovered in &recovered {
            if recovered.is_torn() {
                diagnostics.report(
                    "journal torn",
                    "a record was being stored when its process ended and is left out: its call \
                     had not returned",
                );
            }
            for batch in recovered.batches() {
                reconcile(&batch, sinks, formats);
            }
        }
        let durable = Self {
            journal: Arc::new(journal),
            redaction: Redaction::new(config.redactors),
            adopted: recovered
                .iter()
                .map(|recovered| Arc::downgrade(recovered.journal()))
                .collect(),
        };
        Ok((durable, recovered))
    }

    /// The frame without its secrets; `None` when it cannot be stored at all.
    pub(crate) fn redact<'a>(
        &self,
        frame: Frame<'a>,
        redacted: &'a mut Vec<u8>,
    ) -> Option<Frame<'a>> {
        if self.redaction.redact(&frame, redacted) {
            return Frame::split(redacted).ok().map(|(frame, _)| frame);
        }
        Some(frame)
    }

    /// In a forked process: everything belongs to the parent.
    pub(crate) fn forget(&self) {
        self.journal.forget();
        for journal in self.adopted.iter().filter_map(Weak::upgrade) {
            journal.forget();
        }
    }
}

/// Marks what sinks had written of a batch before their process could do so.
fn reconcile(batch: &RecoveredBatch, sinks: &mut [SinkConfig], formats: &mut [Box<dyn Encoder>]) {
    for (number, config) in sinks.iter_mut().enumerate() {
        let Some((intent, selection)) = batch.noted(number) else {
            continue;
        };
        let Some(format) = formats.get_mut(config.format) else {
            continue;
        };
        let Some((numbers, lines)) = lines(batch, selection, config, format.as_mut()) else {
            continue;
        };
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let done = config.sink.reconcile(&intent, &lines);
        batch.staged.mark(number, numbers.into_iter().take(done));
    }
}

/// The texts of the records that a sink was to get, with their numbers.
fn lines(
    batch: &RecoveredBatch,
    selection: Selection,
    config: &SinkConfig,
    format: &mut dyn Encoder,
) -> Option<(Vec<usize>, Vec<Vec<u8>>)> {
    let frames: Vec<Frame<'_>> = batch.batch.frames().flatten().collect();
    let (mut numbers, mut lines) = (Vec::new(), Vec::new());
    for number in selection.numbers() {
        let frame = frames.get(number)?;
        if config.route.is_open() || config.route.selects(frame) {
            let mut line = Vec::new();
            format.encode(frame, &mut line).ok()?;
            numbers.push(number);
            lines.push(line);
        }
    }
    Some((numbers, lines))
}
