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
    answers: Answers,
}

impl NativeStage {
    pub(super) fn new(name: &str, instance: Instance) -> Self {
        let kind = instance.table().kind();
        Self {
            name: name.to_owned(),
            instance,
            is_redactor: kind == "redactor",
            answers: Answers::new(matches!(kind, "filter" | "processor"), kind != "filter"),
        }
    }

    /// Has the answers to a batch ready, and tells what was said of failures.
    fn ask(&mut self, batch: &Batch) -> Option<String> {
        let records = batch.records();
        self.answers.begin(records);
        let given = as_abi(records, batch.encoded());
        let output = self.answers.output();
        let result = self.instance.process(&given, &output);
        self.answers.check_guard();
        let misdeed = self.answers.misdeed.map(str::to_owned);
        match (misdeed, result) {
            (None, Ok(said)) => said,
            // One who breaks the rules, or fails, is not believed in anything.
            (Some(problem), _) | (None, Err(problem)) => {
                self.answers.fail_all();
                Some(problem)
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
        let mut problem = self.ask(batch);
        let answers = self.answers.each();
        if answers.iter().all(|answer| *answer == Answer::Keep) {
            return StageReport::default();
        }
        let mut after = batch.successor();
        let mut failed = 0;
        for (frame, answer) in batch.frames().flatten().zip(answers) {
            match *answer {
                Answer::Keep => after.push(frame.bytes()),
                Answer::Drop => {}
                Answer::Replace { start, end } => after.push(self.answers.frame(start, end)),
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
        batch.replace(after);
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
