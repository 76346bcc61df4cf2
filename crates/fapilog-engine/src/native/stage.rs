//! A plugin in a library as a stage.

use fapilog_abi::ABI_VERSION;

use super::answers::{Answer, Answers};
use super::instance::Instance;
use crate::batch::Batch;
use crate::stage::{Stage, StageReport};
use crate::stages::withhold;

pub(super) struct NativeStage {
    name: String,
    instance: Instance,
    is_redactor: bool,
    may_drop: bool,
    may_replace: bool,
}

impl NativeStage {
    pub(super) fn new(name: &str, instance: Instance) -> Self {
        let kind = instance.table().kind();
        Self {
            name: name.to_owned(),
            instance,
            is_redactor: kind == "redactor",
            may_drop: matches!(kind, "filter" | "processor"),
            may_replace: kind != "filter",
        }
    }

    /// The answers to a batch, and what was said of failures.
    fn ask(&mut self, batch: &Batch) -> (Vec<Answer>, Option<String>) {
        let records = batch.records();
        let mut answers = Answers::new(records, self.may_drop, self.may_replace);
        let given = as_abi(records, batch.encoded());
        let output = answers.output();
        let result = self.instance.process(&given, &output);
        answers.check_guard();
        let misdeed = answers.misdeed.map(str::to_owned);
        match (misdeed, result) {
            (None, Ok(said)) => (answers.into_answers(), said),
            // One who breaks the rules, or fails, is not believed in anything.
            (Some(problem), _) | (None, Err(problem)) => {
                (vec![Answer::Fail; records], Some(problem))
            }
        }
    }
}

pub(super) fn as_abi(records: usize, bytes: &[u8]) -> fapilog_abi::Batch {
    fapilog_abi::Batch {
        version: ABI_VERSION,
        size: u32::try_from(size_of::<fapilog_abi::Batch>()).unwrap_or(0),
        records: u32::try_from(records).unwrap_or(u32::MAX),
        reserved: 0,
        bytes: bytes.as_ptr(),
        length: bytes.len(),
    }
}

impl Stage for NativeStage {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        let (answers, mut problem) = self.ask(batch);
        if answers.iter().all(|answer| *answer == Answer::Keep) {
            return StageReport::default();
        }
        let mut after = Batch::reusing(Vec::with_capacity(batch.bytes()));
        let mut failed = 0;
        for (frame, answer) in batch.frames().flatten().zip(answers) {
            match answer {
                Answer::Keep => after.push(frame.bytes()),
                Answer::Drop => {}
                Answer::Replace(bytes) => after.push(&bytes),
                Answer::Fail => {
                    failed += 1;
                    if self.is_redactor {
                        let mut bytes = Vec::new();
                        withhold(&frame, &self.name, &mut bytes);
                        after.push(&bytes);
                    } else {
                        after.push(frame.bytes());
                    }
                }
            }
        }
        *batch = after;
        if failed > 0 {
            let reason = problem.take().unwrap_or_else(|| "it says so".to_owned());
            problem = Some(format!("it failed on {failed} records: {reason}"));
        }
        StageReport { lost: 0, problem }
    }

    fn stop(&mut self) -> Option<String> {
        self.instance.stop().err()
    }
}
