//! Which capabilities code uses, and which a plugin declares.

use crate::capability::{Capability, Use};
use crate::module::Module;
use crate::package::{File, Package};
use crate::python::fact::Call;
use crate::python::sources;
use crate::rules::native::is_native;

/// Longest detail in characters.
const MAX_DETAIL_CHARS: usize = 100;

/// Calls that reach the network, by the beginning of their name.
pub(crate) const NETWORK: &[&str] = &[
    "socket.create_connection",
    "socket.create_server",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.socket().bind",
    "socket.socket().connect",
    "socket.socket().send",
    "socket.fromfd",
    "urllib.request.",
    "urllib.urlopen",
    "urllib2.",
    "http.client.HTTPConnection",
    "http.client.HTTPSConnection",
    "http.server.",
    "socketserver.",
    "xmlrpc.client.",
    "ftplib.",
    "smtplib.",
    "poplib.",
    "imaplib.",
    "nntplib.",
    "telnetlib.",
    "asyncio.open_connection",
    "asyncio.start_server",
    "asyncio.get_running_loop().create_connection",
    "asyncio.get_event_loop().create_connection",
    "asyncio.get_running_loop().create_datagram_endpoint",
    "requests.",
    "httpx.",
    "httpcore.",
    "aiohttp.",
    "urllib3.",
    "websocket.",
    "websockets.",
    "paramiko.",
    "asyncssh.",
    "grpc.",
    "boto3.",
    "botocore.session.",
    "aioboto3.",
    "kafka.",
    "confluent_kafka.",
    "aiokafka.",
    "redis.",
    "pymongo.",
    "motor.",
    "psycopg.",
    "psycopg2.",
    "asyncpg.",
    "pymysql.",
    "elasticsearch.",
    "opensearchpy.",
    "pika.",
    "aio_pika.",
    "nats.",
    "zmq.",
    "dns.resolver.",
    "pycurl.",
    "tornado.httpclient.",
    "scapy.",
    "google.cloud.",
    "azure.",
    "slack_sdk.",
    "telegram.",
    "discord.",
    "sentry_sdk.init",
];

/// Methods that send, whatever object they belong to.
pub(crate) const SENDING_METHODS: &[&str] = &[".sendall", ".sendto", ".urlopen", ".post"];

/// Calls that start a program.
pub(crate) const PROCESS: &[&str] = &[
    "os.system",
    "os.popen",
    "os.exec",
    "os.spawn",
    "os.posix_spawn",
    "os.startfile",
    "os.fork",
    "subprocess.Popen",
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_",
    "subprocess.get",
    "asyncio.create_subprocess_",
    "asyncio.subprocess.create_subprocess_",
    "asyncio.get_running_loop().subprocess_",
    "pty.spawn",
    "pexpect.",
    "sh.Command",
    "plumbum.",
    "commands.getoutput",
    "trio.run_process",
    "anyio.run_process",
    "anyio.open_process",
    "posix.system",
    "nt.system",
    "_posixsubprocess.fork_exec",
    "win32api.ShellExecute",
    "win32api.WinExec",
];

/// Calls that read, write or change files.
const FILES: &[&str] = &[
    "builtins.open",
    "io.open",
    "io.FileIO",
    "codecs.open",
    "os.open",
    "os.remove",
    "os.unlink",
    "os.rename",
    "os.replace",
    "os.mkdir",
    "os.makedirs",
    "os.rmdir",
    "os.removedirs",
    "os.listdir",
    "os.scandir",
    "os.walk",
    "os.chmod",
    "os.chown",
    "os.link",
    "os.symlink",
    "os.truncate",
    "shutil.",
    "glob.",
    "tempfile.",
    "mmap.mmap",
    "sqlite3.connect",
    "zipfile.ZipFile",
    "tarfile.open",
    "aiofiles.open",
    "anyio.open_file",
    "linecache.getlines",
    "dbm.open",
    "shelve.open",
    "gzip.open",
    "bz2.open",
    "lzma.open",
];

const PATH_METHODS: &[&str] = &[
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "mkdir",
    "unlink",
    "rename",
    "replace",
    "rmdir",
    "touch",
    "iterdir",
    "glob",
    "rglob",
    "symlink_to",
    "chmod",
];

const NATIVE: &[&str] = &[
    "ctypes.CDLL",
    "ctypes.PyDLL",
    "ctypes.WinDLL",
    "ctypes.OleDLL",
    "ctypes.cdll.",
    "ctypes.windll.",
    "ctypes.util.find_library",
    "cffi.FFI",
    "fapilog.plugins.NativeLibrary",
    "_ctypes.dlopen",
];

/// The capability that a call uses.
pub(crate) fn of_call(call: &Call) -> Option<Capability> {
    // Several rules ask.
    *call.capability.get_or_init(|| of_path(&call.path))
}

fn of_path(path: &str) -> Option<Capability> {
    let first = path.as_bytes().first();
    let begins = |prefixes: &[&str]| {
        let mut likely = prefixes
            .iter()
            .filter(|prefix| prefix.as_bytes().first() == first);
        likely.any(|prefix| path.starts_with(prefix))
    };
    if path.starts_with(['.', '~']) || is_exception(path) {
        return None;
    }
    if begins(PROCESS) {
        Some(Capability::Subprocess)
    } else if begins(NETWORK) {
        Some(Capability::Network)
    } else if begins(NATIVE) {
        Some(Capability::Native)
    } else if begins(FILES) || is_path_method(path) {
        Some(Capability::Files)
    } else if path.starts_with("os.getenv") || path.starts_with("os.environ.") {
        Some(Capability::Environment)
    } else {
        None
    }
}

/// Making an exception or a type of a library reaches nowhere.
fn is_exception(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or_default();
    [
        "Error",
        "Exception",
        "Warning",
        "Timeout",
        "Limits",
        "Headers",
    ]
    .iter()
    .any(|end| name.ends_with(end))
        || path.contains(".exceptions.")
        || matches!(
            path,
            "shutil.which" | "shutil.get_terminal_size" | "glob.escape"
        )
}

pub(crate) fn is_path_method(path: &str) -> bool {
    let method = path.rsplit('.').next().unwrap_or_default();
    sources::is_path_object(path) && PATH_METHODS.contains(&method)
}

/// The capabilities that a module uses, with their first places.
pub(crate) fn of_module(module: &Module<'_>) -> Vec<Use> {
    let mut uses = Vec::new();
    let mut add = |capability, detail: Option<String>, range| {
        uses.push(Use {
            capability,
            detail,
            file: module.path.to_owned(),
            line: module.line(range),
        });
    };
    for call in &module.facts.calls {
        if let Some(capability) = of_call(call) {
            add(capability, detail(capability, call), call.range);
        }
    }
    for reference in &module.facts.references {
        if matches!(&*reference.path, "os.environ" | "os.environb") {
            add(Capability::Environment, None, reference.range);
        }
    }
    uses
}

/// The capabilities of a file that is no Python source.
pub(crate) fn of_file(file: &File<'_>) -> Option<Use> {
    is_native(file).then(|| Use {
        capability: Capability::Native,
        detail: None,
        file: file.path.to_owned(),
        line: 0,
    })
}

/// The host, program, variable or file that a call names.
fn detail(capability: Capability, call: &Call) -> Option<String> {
    let text = match capability {
        Capability::Network => {
            let texts = call.texts();
            texts.iter().find_map(|text| host(text))?
        }
        Capability::Subprocess => {
            let first = call.argument(0)?.texts();
            let program = first.first()?.split_whitespace().next()?;
            program.rsplit('/').next()?.to_owned()
        }
        Capability::Environment => call.argument(0)?.text()?.to_owned(),
        Capability::Files | Capability::Native => {
            let receiver = call.receiver.text();
            receiver.or_else(|| call.argument(0)?.text())?.to_owned()
        }
    };
    let text: String = text.chars().take(MAX_DETAIL_CHARS).collect();
    (!text.is_empty()).then(|| crate::lines::printable(&text))
}

/// The host of an address; unknown parts of it make no host.
pub(crate) fn host(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty() && !host.contains("{}")).then(|| host.to_lowercase())
}

/// Collects what the classes at the entry points declare.
pub(crate) fn declared(package: &mut Package) {
    let mut declared: Vec<String> = package
        .modules
        .iter()
        .flat_map(|module| &module.classes)
        .filter_map(|(class, _)| class.capabilities.clone())
        .flatten()
        .map(|text| crate::lines::printable(&text))
        .collect();
    declared.sort();
    declared.dedup();
    package.capabilities.declared = declared;
}
