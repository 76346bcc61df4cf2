//! A PostgreSQL server for one run of the tests, when `FAPILOG_MARKET_TEST_DATABASE=postgres` asks for
//! it; `make test-rust` runs all these tests on either database.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use fapilog_market::database::DatabaseAddress;
use sqlx::any::AnyConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

/// Starts a server in a folder of its own and ends it when its standard input is closed, which the
/// system does when the tests end, in whatever way. Names sort as in English unless a column says
/// otherwise, so that a column that forgot to is found out.
const SCRIPT: &str = r#"
set -eu
bin=$1
folder=$(mktemp -d)
"$bin/initdb" -D "$folder/data" -U market -A trust -E UTF8 --no-sync \
  --locale-provider=icu --icu-locale=en-US --locale=C.UTF-8 >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
"$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off \
  -c max_connections=300 -c shared_buffers=64MB >>"$folder/log" 2>&1 &
server=$!
until "$bin/pg_isready" -q -h "$folder"; do
  kill -0 $server || { cat "$folder/log"; exit 1; }
  sleep 0.05
done
echo "ready $folder"
read -r _ || true
kill -QUIT $server
wait $server || true
rm -rf "$folder"
"#;

struct Server {
    folder: String,
    // Its standard input stays open as long as this process lives.
    _script: Child,
}

static SERVER: OnceLock<Server> = OnceLock::new();
static WORLDS: AtomicU32 = AtomicU32::new(0);

/// A database that nothing was done to yet, or `None` when the tests run on SQLite.
pub async fn new_database() -> Option<DatabaseAddress> {
    (std::env::var("FAPILOG_MARKET_TEST_DATABASE").as_deref() == Ok("postgres")).then_some(())?;
    let folder = &SERVER.get_or_init(start).folder;
    let schema = format!("world{}", WORLDS.fetch_add(1, Ordering::Relaxed));
    let server = format!("postgres://market@localhost/postgres?host={folder}");
    sqlx::any::install_default_drivers();
    let options: AnyConnectOptions = server.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let statement = format!("CREATE SCHEMA {schema}");
    connection.execute(AssertSqlSafe(statement)).await.unwrap();
    let address = format!("{server}&options[search_path]={schema}");
    Some(DatabaseAddress::parse(&address).unwrap())
}

fn start() -> Server {
    let mut command = match fs::metadata("/proc/self").unwrap().uid() == 0 {
        // Servers refuse to run as root.
        true => {
            let mut command = Command::new("setpriv");
            command.args([
                "--reuid=postgres",
                "--regid=postgres",
                "--clear-groups",
                "sh",
            ]);
            command
        }
        false => Command::new("sh"),
    };
    let mut script = command
        .args(["-c", SCRIPT, "sh"])
        .arg(programs())
        .current_dir("/tmp")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(script.stdout.take().unwrap());
    let mut told = String::new();
    let folder = loop {
        let read = output.read_line(&mut told).unwrap();
        assert!(read > 0, "PostgreSQL did not start:\n{told}");
        if let Some((_, folder)) = told.trim_end().rsplit_once("ready ") {
            break folder.to_owned();
        }
    };
    Server {
        folder,
        _script: script,
    }
}

/// Where Debian keeps the server's programs: below its version, the newest of which is taken.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql");
    let missing = "PostgreSQL is not installed; scripts/install_test_peers.sh does it";
    assert!(versions.is_ok(), "{missing}");
    let versions = versions.unwrap();
    let newest = versions
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .parse::<u32>()
                .unwrap_or(0)
        });
    newest.unwrap().join("bin")
}
