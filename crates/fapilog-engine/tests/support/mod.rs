//! The world of the engine's tests: pipelines with scripted sinks and stages.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use fapilog_engine::{
    Batch, Encoder, FailureScope, FieldWriter, Flags, Frame, FrameWriter, JsonEncoder, Level,
    Overflow, Pipeline, PipelineConfig, Portion, QueueBounds, Sink, SinkConfig, SinkInput, Stage,
    StageReport, Submit, WriteError, build_stage, encode_text, now_micros,
};
use serde_json::Value as Json;

/// Longest wait of a test for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Builds a pipeline.
#[derive(Default)]
pub struct TestPipeline(PipelineConfig);

impl TestPipeline {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn bounds(mut self, records: usize, bytes: usize) -> Self {
        self.0.bounds = QueueBounds { records, bytes };
        self
    }

    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.0.admission.overflow = overflow;
        self
    }

    pub fn stage(mut self, stage: impl Stage + 'static) -> Self {
        self.0.stages.push(Box::new(stage));
        self
    }

    pub fn sink(mut self, sink: impl Sink + 'static) -> Self {
        self.0.sinks.push(SinkConfig::new(sink));
        self
    }

    pub fn sink_with(
        mut self,
        sink: impl Sink + 'static,
        set: impl FnOnce(&mut SinkConfig),
    ) -> Self {
        let mut config = SinkConfig::new(sink);
        set(&mut config);
        self.0.sinks.push(config);
        self
    }

    pub fn with(mut self, set: impl FnOnce(&mut PipelineConfig)) -> Self {
        set(&mut self.0);
        self
    }

    pub fn start(self) -> Arc<Pipeline> {
        Arc::new(Pipeline::start(self.0).unwrap())
    }
}

/// Logs a record whose message is a number.
pub fn submit(pipeline: &Pipeline, number: u64) {
    let frame = frame(&number.to_string());
    if pipeline.try_submit(&frame) == Submit::WouldWait {
        pipeline.submit_waiting(&frame);
    }
}

/// A frame with a message and no fields.
pub fn frame(message: &str) -> Vec<u8> {
    let (mut logger, mut frame) = (Vec::new(), Vec::new());
    encode_text(&mut logger, b"test");
    let writer = FrameWriter::captured(
        &mut frame,
        Level::INFO,
        Flags::NONE,
        now_micros(),
        &logger,
        message.as_bytes(),
    );
    writer.finish().unwrap();
    frame
}

/// The number that [`submit`] put in.
pub fn number(frame: &Frame<'_>) -> u64 {
    let message = frame.captured().unwrap().message;
    std::str::from_utf8(message).unwrap().parse().unwrap()
}

/// Numbers that a sink took, in order. Clones share them.
#[derive(Clone, Default)]
pub struct Taken(Arc<Mutex<Vec<u64>>>);

impl Taken {
    pub fn numbers(&self) -> Vec<u64> {
        self.0.lock().unwrap().clone()
    }

    pub fn add(&self, numbers: &[u64]) {
        self.0.lock().unwrap().extend_from_slice(numbers);
    }

    /// A sink that takes everything.
    pub fn sink(&self) -> ScriptedSink {
        let taken = self.clone();
        ScriptedSink::new("taking", move |numbers| {
            taken.add(numbers);
            Ok(())
        })
    }
}

type Script = Box<dyn FnMut(&[u64]) -> Result<(), WriteError> + Send>;

/// A sink that does what a closure says.
pub struct ScriptedSink {
    name: &'static str,
    script: Script,
}

impl ScriptedSink {
    pub fn new(
        name: &'static str,
        script: impl FnMut(&[u64]) -> Result<(), WriteError> + Send + 'static,
    ) -> Self {
        Self {
            name,
            script: Box::new(script),
        }
    }
}

impl Sink for ScriptedSink {
    fn name(&self) -> &str {
        self.name
    }

    fn input(&self) -> SinkInput {
        SinkInput::Frames
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        let numbers: Vec<u64> = portion.frames().map(|frame| number(&frame)).collect();
        (self.script)(&numbers)
    }
}

/// The error of a scripted sink.
pub fn failure(done: usize, scope: FailureScope) -> WriteError {
    WriteError {
        scope,
        ..WriteError::of_sink("as the script says").after(done)
    }
}

/// A stage that does what a closure says.
pub struct ScriptedStage<F>(pub F);

impl<F: FnMut(&mut Batch) -> StageReport + Send> Stage for ScriptedStage<F> {
    fn name(&self) -> &str {
        "scripted"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        (self.0)(batch)
    }
}

/// Holds threads until it is opened.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<GateState>, Condvar)>);

#[derive(Default)]
struct GateState {
    open: bool,
    waiting: usize,
}

impl Gate {
    pub fn open(&self) {
        self.0.0.lock().unwrap().open = true;
        self.0.1.notify_all();
    }

    /// Waits until it is opened; for ever, as a hung peer does.
    pub fn pass(&self) {
        let mut state = self.0.0.lock().unwrap();
        state.waiting += 1;
        self.0.1.notify_all();
        while !state.open {
            state = self.0.1.wait(state).unwrap();
        }
        state.waiting -= 1;
    }

    /// Waits until a thread stands in front of it.
    pub fn wait_for_arrival(&self) {
        let state = self.0.0.lock().unwrap();
        let (state, _) = self
            .0
            .1
            .wait_timeout_while(state, PATIENCE, |state| state.waiting == 0)
            .unwrap();
        assert!(state.waiting > 0, "nobody came to the gate");
    }
}

/// Waits for a condition.
pub fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// A record to be made: level, time in seconds, message, and fields as a JSON object.
pub struct Event {
    pub level: Level,
    pub seconds: f64,
    pub message: String,
    pub fields: Json,
}

/// An event at INFO and time 0.
pub fn event(message: &str, fields: Json) -> Event {
    Event {
        level: Level::INFO,
        seconds: 0.0,
        message: message.to_owned(),
        fields,
    }
}

impl Event {
    pub fn at(self, seconds: f64) -> Self {
        Self { seconds, ..self }
    }

    pub fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// As a log call makes it (`flat: false`) or as plugins give it back.
    pub fn frame(&self, flat: bool) -> Vec<u8> {
        let micros = (self.seconds * 1e6) as i64;
        let (mut logger, mut bytes) = (Vec::new(), Vec::new());
        encode_text(&mut logger, b"shop");
        let mut writer = if flat {
            let mut writer = FrameWriter::flat(&mut bytes, self.level, micros);
            let mut fields = writer.fields();
            for (key, value) in [
                ("timestamp", "2026-11-24T00:00:00.000000Z"),
                ("level", self.level.name().unwrap_or("?")),
                ("logger", "shop"),
                ("message", &self.message),
            ] {
                fields.raw_key(key.as_bytes());
                fields.str(value.as_bytes());
            }
            writer
        } else {
            let message = self.message.as_bytes();
            FrameWriter::captured(
                &mut bytes,
                self.level,
                Flags::NONE,
                micros,
                &logger,
                message,
            )
        };
        let mut fields = writer.fields();
        for (key, value) in self.fields.as_object().unwrap() {
            fields.raw_key(key.as_bytes());
            put(&mut fields, value);
        }
        writer.finish().unwrap();
        bytes
    }
}

fn put(fields: &mut FieldWriter<'_>, value: &Json) {
    match value {
        Json::Null => fields.null(),
        Json::Bool(flag) => fields.bool(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(number) => fields.int(number),
            None => fields.float(number.as_f64().unwrap()),
        },
        Json::String(text) => fields.str(text.as_bytes()),
        Json::Array(items) => {
            let list = fields.begin_list();
            items.iter().for_each(|item| put(fields, item));
            fields.end(list, u32::try_from(items.len()).unwrap());
        }
        Json::Object(entries) => {
            let map = fields.begin_map();
            for (key, value) in entries {
                fields.raw_key(key.as_bytes());
                put(fields, value);
            }
            fields.end(map, u32::try_from(entries.len()).unwrap());
        }
    }
}

/// What a native stage makes of events, each as JSON without its time; the same for both kinds of
/// frames.
pub fn through(kind: &str, name: &str, options: &Json, events: &[Event]) -> Vec<Json> {
    let [captured, flat] = [false, true].map(|flat| {
        let mut stage = build_stage(kind, name, &options.to_string()).unwrap();
        let mut batch = Batch::default();
        for event in events {
            batch.push(&event.frame(flat));
        }
        stage.run(&mut batch);
        stage.stop();
        let mut encoder = JsonEncoder::default();
        let lines = batch.frames().map(|frame| {
            let mut line = Vec::new();
            encoder.encode(&frame.unwrap(), &mut line).unwrap();
            let mut record: Json = serde_json::from_slice(&line).unwrap();
            record.as_object_mut().unwrap().remove("timestamp");
            if let Some(size) = record.get_mut("oversize_bytes") {
                // The two kinds are not equally long.
                *size = Json::Bool(size.as_i64().unwrap() > 400);
            }
            record
        });
        lines.collect::<Vec<_>>()
    });
    assert_eq!(captured, flat, "both kinds of frames are treated alike");
    captured
}
