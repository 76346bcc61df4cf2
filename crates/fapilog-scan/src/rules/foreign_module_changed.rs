//! `foreign-module-changed`

use crate::module::{Module, Role};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "foreign-module-changed",
    family: Family::Security,
    severity: Severity::Warning,
    title: "other modules are left as they are",
    reason: "What one package changes in another changes it for the whole application, and nobody finds out where.",
    hint: "wrap the object, subclass it, or use the hooks that the other package offers",
    threat: Some(Threat {
        stage: Stage::Persist,
        specificity: 4,
    }),
    check: Check::Module(check),
};

/// Attributes that are there to be set.
const SETTABLE: [&str; 18] = [
    "sys.excepthook",
    "sys.unraisablehook",
    "threading.excepthook",
    "sys.stdout",
    "sys.stderr",
    "sys.path",
    "os.environ[]",
    "sys.dont_write_bytecode",
    "socket.setdefaulttimeout",
    "logging.raiseExceptions",
    "sys.tracebacklimit",
    "sys.displayhook",
    "sys.stdin",
    "sys.argv",
    "sys.last_exc",
    "sys.last_type",
    "sys.last_value",
    "sys.last_traceback",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    let own = crate::module::dotted(module.path);
    let own = own.split('.').next().unwrap_or_default();
    for replacement in &module.facts.replacements {
        let path = &*replacement.path;
        let top = path.split('.').next().unwrap_or_default();
        if top == own || SETTABLE.contains(&path) || !is_known(top) {
            continue;
        }
        found.at(
            module,
            replacement.range,
            format!("`{path}` belongs to another module and is set here"),
        );
    }
}

/// Modules of the standard library and of others on which many rely. Attributes of other modules
/// are set for good reasons too often to be reported.
fn is_known(top: &str) -> bool {
    const KNOWN: [&str; 24] = [
        "builtins",
        "sys",
        "os",
        "socket",
        "ssl",
        "logging",
        "subprocess",
        "threading",
        "asyncio",
        "importlib",
        "io",
        "json",
        "pickle",
        "urllib",
        "http",
        "requests",
        "httpx",
        "aiohttp",
        "fapilog",
        "structlog",
        "inspect",
        "site",
        "signal",
        "time",
    ];
    KNOWN.contains(&top)
}
