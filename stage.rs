//! A native filter, enricher, processor or redactor as a stage.

use super::NativeKind;
use super::answer::{apply, apply_failure};
use super::boundary::{Answer, Instance};
use crate::batch::{Batch, Frames};
use crate::stage::{Stage, StageReport};

/// A plugin in its place in a pipeline.
pub(super) struct NativeStage {
    name: String,
    kind: NativeKind,
    /// Until it was stopped.
    instance: Option<Instance>,
    answer: Answer,
}

impl NativeStage {
    pub(super) fn new(name: &str, instance: Instance) -> Self {
        Self {
            name: name.to_owned(),
            kind: instance.table().kind(),
            instance: Some(instance),
            answer: Answer::default(),
        }
    }

    fn process(&mut self, batch: &mut Batch) -> Result<StageReport, String> {
        let instance = self.instance.as_mut().ok_or("it was stopped already")?;
        instance.process(batch.encoded(), batch.records(), &mut self.answer)?;
        let (verdicts, frames) = (self.answer.verdicts(), self.answer.frames());
        if frames.is_empty() && verdicts.iter().all(|&verdict| verdict == 0) {
            return Ok(StageReport::default());
        }
        let answered = apply(self.kind, &self.name, batch, verdicts, Frames::of(frames))
            .map_err(|bad| bad.to_string())?;
        *batch = answered.batch;
        Ok(StageReport {
            lost: 0,
            problem: (answered.failed > 0)
                .then(|| format!("it failed on {} records{}", answered.failed, self.after())),
        })
    }

    /// What a failure means, for people.
    fn after(&self) -> &'static str {
        match self.kind {
            NativeKind::Redactor => ", their values are withheld",
            _ => ", they go on as they were",
        }
    }
}

impl Stage for NativeStage {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        self.process(batch).unwrap_or_else(|reason| {
            apply_failure(self.kind, &self.name, batch);
            let (records, after) = (batch.records(), self.after());
            StageReport {
                lost: 0,
                problem: Some(format!("it failed on {records} records{after}: {reason}")),
            }
        })
    }

    fn stop(&mut self) -> Option<String> {
        // Destroyed here, in time for whoever waits for the end.
        self.instance.take().and_then(|mut it| it.stop().err())
    }
}
