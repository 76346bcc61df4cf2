//! `deserialisation`

use crate::module::{Module, Role};
use crate::python::fact::Call;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "deserialisation",
    family: Family::Security,
    severity: Severity::Warning,
    title: "no format that runs code is read",
    reason: "These formats call whatever their data names: who writes the data runs code here.",
    hint: "read JSON, msgpack or `yaml.safe_load`; sign data that only this program writes",
    threat: Some(Threat {
        stage: Stage::Execute,
        specificity: 3,
    }),
    check: Check::Module(check),
};

const LOADERS: [&str; 22] = [
    "pickle.load",
    "pickle.loads",
    "pickle.Unpickler",
    "_pickle.load",
    "_pickle.loads",
    "cPickle.load",
    "cPickle.loads",
    "dill.load",
    "dill.loads",
    "cloudpickle.load",
    "cloudpickle.loads",
    "marshal.load",
    "marshal.loads",
    "shelve.open",
    "jsonpickle.decode",
    "jsonpickle.loads",
    "joblib.load",
    "pandas.read_pickle",
    "yaml.unsafe_load",
    "yaml.unsafe_load_all",
    "yaml.full_load",
    "torch.load",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    for call in module.calls_of(&LOADERS) {
        let is_safe = &*call.path == "torch.load"
            && call
                .keyword("weights_only")
                .is_some_and(|value| value.is_true())
            || is_own_copy(call);
        if !is_safe {
            found.at(
                module,
                call.range,
                format!("`{}` can run code that its data names", call.path),
            );
        }
    }
    for call in module.calls_of(&["yaml.load", "yaml.load_all"]) {
        let loader = call.value(1, "Loader");
        let is_safe = loader.is_some_and(|loader| {
            loader
                .paths()
                .any(|path| path.contains("Safe") || path.contains("BaseLoader"))
        });
        if !is_safe {
            found.at(
                module,
                call.range,
                format!("`{}` without a safe loader can run code", call.path),
            );
        }
    }
}

/// `pickle.loads(pickle.dumps(value))` makes a copy; nobody else writes the data.
fn is_own_copy(call: &Call) -> bool {
    const WRITERS: [&str; 3] = ["pickle.dumps()", "_pickle.dumps()", "marshal.dumps()"];
    call.argument(0).is_some_and(|data| {
        let mut made = data.iter().peekable();
        made.peek().is_some()
            && made.all(|value| {
                let path = value.path.as_deref();
                path.is_some_and(|path| WRITERS.contains(&path))
            })
    })
}
