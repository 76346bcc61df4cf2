//! What well-known functions give back: where data comes from, which paths hold secrets.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::value::Marks;

/// Where the beginning of a qualified name says what a call gives.
const BY_PREFIX: &[(&str, Marks)] = &[
    ("urllib.request.urlopen", Marks::RECEIVED),
    ("urllib.request.urlretrieve", Marks::RECEIVED),
    ("urllib.request.build_opener().open", Marks::RECEIVED),
    ("requests.get", Marks::RECEIVED),
    ("requests.post", Marks::RECEIVED),
    ("requests.put", Marks::RECEIVED),
    ("requests.request", Marks::RECEIVED),
    ("requests.Session().", Marks::RECEIVED),
    ("requests.session().", Marks::RECEIVED),
    ("httpx.get", Marks::RECEIVED),
    ("httpx.post", Marks::RECEIVED),
    ("httpx.request", Marks::RECEIVED),
    ("httpx.stream", Marks::RECEIVED),
    ("httpx.Client().", Marks::RECEIVED),
    ("httpx.AsyncClient().", Marks::RECEIVED),
    ("aiohttp.ClientSession().", Marks::RECEIVED),
    ("aiohttp.request", Marks::RECEIVED),
    ("urllib3.request", Marks::RECEIVED),
    ("urllib3.PoolManager().", Marks::RECEIVED),
    ("http.client.HTTPConnection().getresponse", Marks::RECEIVED),
    ("http.client.HTTPSConnection().getresponse", Marks::RECEIVED),
    ("socket.socket().recv", Marks::RECEIVED),
    ("socket.create_connection().recv", Marks::RECEIVED),
    ("socket.socket().makefile", Marks::RECEIVED),
    ("asyncio.open_connection", Marks::RECEIVED),
    ("dns.resolver.", Marks::RECEIVED),
    ("ftplib.FTP().retr", Marks::RECEIVED),
    ("os.getenv", Marks::ENVIRONMENT),
    ("os.environ.get", Marks::ENVIRONMENT),
    ("os.environ.setdefault", Marks::ENVIRONMENT),
    ("os.environ.pop", Marks::ENVIRONMENT),
    ("socket.gethostname", Marks::HOST),
    ("socket.getfqdn", Marks::HOST),
    ("platform.node", Marks::HOST),
    ("platform.uname", Marks::HOST),
    ("platform.platform", Marks::HOST),
    ("os.uname", Marks::HOST),
    ("os.getlogin", Marks::HOST),
    ("getpass.getuser", Marks::HOST),
    ("uuid.getnode", Marks::HOST),
    ("pwd.get", Marks::HOST),
    ("pyperclip.paste", Marks::WATCHED),
    ("PIL.ImageGrab.grab", Marks::WATCHED),
    ("mss.mss", Marks::WATCHED),
    ("pyautogui.screenshot", Marks::WATCHED),
    ("pynput.keyboard.", Marks::WATCHED),
    ("keyboard.record", Marks::WATCHED),
    ("keyboard.read", Marks::WATCHED),
    ("keyboard.on_press", Marks::WATCHED),
    ("cv2.VideoCapture", Marks::WATCHED),
    ("sounddevice.rec", Marks::WATCHED),
    ("tkinter.Tk().clipboard_get", Marks::WATCHED),
    ("keyring.get_password", Marks::CREDENTIALS),
    ("keyring.get_credential", Marks::CREDENTIALS),
    ("browser_cookie3.", Marks::CREDENTIALS),
    ("browsercookie.", Marks::CREDENTIALS),
    ("win32crypt.CryptUnprotectData", Marks::CREDENTIALS),
    ("netrc.netrc", Marks::CREDENTIALS),
    ("subprocess.check_output", Marks::OUTPUT),
    ("subprocess.getoutput", Marks::OUTPUT),
    ("subprocess.getstatusoutput", Marks::OUTPUT),
    ("subprocess.run", Marks::OUTPUT),
    ("subprocess.Popen", Marks::OUTPUT),
    ("os.popen", Marks::OUTPUT),
    ("base64.", Marks::DECODED),
    ("binascii.", Marks::DECODED),
    ("zlib.decompress", Marks::DECODED),
    ("gzip.decompress", Marks::DECODED),
    ("bz2.decompress", Marks::DECODED),
    ("lzma.decompress", Marks::DECODED),
    ("marshal.loads", Marks::DECODED),
    ("builtins.bytes.fromhex", Marks::DECODED),
    ("builtins.bytearray.fromhex", Marks::DECODED),
    ("cryptography.fernet.Fernet().decrypt", Marks::DECODED),
    ("Crypto.Cipher.", Marks::DECODED),
];

/// What a call of this name gives back.
pub(crate) fn marks_of(path: &str) -> Marks {
    let first = path.as_bytes().first();
    let found = BY_PREFIX
        .iter()
        .find(|(prefix, _)| prefix.as_bytes().first() == first && path.starts_with(prefix));
    match found {
        Some((prefix, _)) if *prefix == "base64." && !path.contains("decode") => Marks::NONE,
        Some((prefix, _)) if *prefix == "binascii." && !path.contains(".unhex") => {
            if path.contains(".a2b") {
                Marks::DECODED
            } else {
                Marks::NONE
            }
        }
        Some((prefix, _)) if *prefix == "Crypto.Cipher." && !path.contains("decrypt") => {
            Marks::NONE
        }
        Some((_, marks)) => *marks,
        None => Marks::NONE,
    }
}

/// Calls that read files: their argument, or the path they are a method of, is a file name.
pub(crate) fn reads_file(path: &str) -> bool {
    const READERS: [&str; 16] = [
        "builtins.open",
        "io.open",
        "codecs.open",
        "os.open",
        "os.listdir",
        "os.scandir",
        "os.walk",
        "glob.glob",
        "glob.iglob",
        "shutil.copy",
        "shutil.copyfile",
        "shutil.copytree",
        "shutil.copy2",
        "shutil.make_archive",
        "sqlite3.connect",
        "linecache.getlines",
    ];
    const METHODS: [&str; 7] = [
        "open",
        "read_text",
        "read_bytes",
        "iterdir",
        "glob",
        "rglob",
        "walk",
    ];
    let method = path.rsplit('.').next().unwrap_or_default();
    READERS.contains(&path) || is_path_object(path) && METHODS.contains(&method)
}

/// Whether a qualified name is about an object of `pathlib`.
pub(crate) fn is_path_object(path: &str) -> bool {
    path.starts_with("pathlib.")
}

/// Parts of file names where keys, passwords, cookies and histories are kept.
const SECRET_PLACES: [&str; 34] = [
    ".ssh/",
    ".ssh\\",
    "id_rsa",
    "id_ed25519",
    ".aws/",
    ".azure/",
    ".config/gcloud",
    ".kube/config",
    ".docker/config.json",
    ".netrc",
    ".pypirc",
    ".npmrc",
    ".git-credentials",
    ".gitconfig",
    ".gnupg",
    ".pgpass",
    ".my.cnf",
    ".bash_history",
    ".zsh_history",
    ".python_history",
    "/etc/shadow",
    "/etc/passwd",
    "/etc/sudoers",
    "login data",
    "local state",
    "cookies.sqlite",
    "google/chrome",
    "google\\chrome",
    "mozilla/firefox",
    "key4.db",
    "logins.json",
    "wallet.dat",
    "discord/local storage",
    ".password-store",
];

/// Whether a file name is one where secrets of the user or the machine are kept.
pub(crate) fn is_secret_place(file: &str) -> bool {
    if file.len() > 4096 {
        return false;
    }
    let ends = [".ssh", ".aws", ".kube", ".gnupg", "/.env", "\\.env"];
    let ends_with = |end: &&str| {
        let from = file.len().checked_sub(end.len());
        let tail = from.and_then(|from| file.as_bytes().get(from..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
    };
    words(&SECRET_WORDS, &SECRET_PLACES).is_some_and(|places| places.is_match(file))
        || ends.iter().any(ends_with)
        || file.eq_ignore_ascii_case(".env")
}

/// Addresses at which clouds hand out credentials of the machine.
pub(crate) fn is_metadata_service(text: &str) -> bool {
    words(&METADATA_WORDS, &METADATA_SERVICES).is_some_and(|services| services.is_match(text))
}

const METADATA_SERVICES: [&str; 5] = [
    "169.254.169.254",
    "169.254.170.2",
    "metadata.google.internal",
    "100.100.100.200",
    "fd00:ec2::254",
];

type Words = OnceLock<Option<AhoCorasick>>;
static SECRET_WORDS: Words = OnceLock::new();
static METADATA_WORDS: Words = OnceLock::new();

/// All words at once, in any case: every constant of every call is held against them.
fn words(once: &'static Words, words: &[&str]) -> Option<&'static AhoCorasick> {
    let made = || {
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).build(words).ok()
    };
    once.get_or_init(made).as_ref()
}

/// The built-in functions and types that rules and constant folding know.
pub(crate) fn is_builtin(name: &str) -> bool {
    const KNOWN: [&str; 28] = [
        "exec",
        "eval",
        "compile",
        "open",
        "__import__",
        "getattr",
        "setattr",
        "delattr",
        "globals",
        "locals",
        "vars",
        "dir",
        "chr",
        "ord",
        "bytes",
        "bytearray",
        "str",
        "int",
        "list",
        "tuple",
        "map",
        "reversed",
        "input",
        "breakpoint",
        "type",
        "dict",
        "repr",
        "format",
    ];
    KNOWN.contains(&name)
}
