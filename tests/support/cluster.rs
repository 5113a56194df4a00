//! A PostgreSQL cluster of the tests' own: found, started once for all test processes, and removed when the last one has gone.
//!
//! `GUTHABEN_TEST_POSTGRES` (an administrator's address) names a server to use instead. Otherwise every test process holds a
//! shared lock on one `lease` file for as long as it lives; a small watchdog waits for the exclusive lock, which the system grants
//! even when the processes were killed, then stops the server and removes its folder. The server listens on a socket in
//! that folder only. It does not sync to disk: tests kill the product, not the machine.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

const MISSING: &str = "PostgreSQL is needed, because every test runs on both engines: install it (Debian: `apt-get install postgresql`), \
                       or set GUTHABEN_TEST_POSTGRES to an administrator's address such as postgres://postgres@localhost/postgres";

/// Stops the noted server and removes its folder once nobody holds `$1/lease`; two looks, because one test binary follows another.
const WATCHDOG: &str = r#"
exec 9>>"$1/lease"
while :; do
    flock -x 9
    flock -u 9
    sleep 3
    flock -n -x 9 && break
done
home=$(cat "$1/cluster")
case "$home" in */guthaben-pg-*) ;; *) exit 1 ;; esac
if [ -n "$3" ]; then runuser -u "$3" -- "$2" -D "$home/data" -m immediate -w stop
else "$2" -D "$home/data" -m immediate -w stop; fi
rm -rf "$home" "$1/cluster"
"#;

/// Seconds that the server may take to start, on a machine that has other work as well.
const STARTING: &str = "240";

/// The account a superuser lends to the server, which refuses to run as root.
const SERVICE_ACCOUNT: &str = "postgres";

struct Cluster {
    admin_url: String,
    /// Held open until the process ends: its lock keeps the server running.
    _lease: Option<File>,
}

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| match std::env::var("GUTHABEN_TEST_POSTGRES") {
    Ok(admin_url) if !admin_url.is_empty() => Cluster { admin_url, _lease: None },
    _ => join(),
});

/// The address of a superuser's database on the tests' cluster; starts the cluster when nobody has.
///
/// Panics with what to install when there is no PostgreSQL: a run on one engine only would be no run.
pub fn admin_url() -> &'static str {
    &CLUSTER.admin_url
}

/// Makes this process use a cluster that does sync to disk, apart from the tests' one: for measuring. Call it before anything else.
pub fn make_durable() {
    DURABLE.store(true, Ordering::Relaxed);
}

static DURABLE: AtomicBool = AtomicBool::new(false);

/// Uses the cluster that other test processes have started, or starts it.
fn join() -> Cluster {
    let house = house();
    let lease = open(&house.join("lease"));
    lease.lock_shared().expect("hold a lease on the cluster");
    let turn = open(&house.join("turn"));
    turn.lock().expect("wait for whoever is starting the cluster");
    let note = house.join("cluster");
    let noted = fs::read_to_string(&note).ok().map(PathBuf::from);
    let home = match noted {
        Some(home) if answers(&home) => home,
        stale => {
            let home = start();
            fs::write(&note, home.to_string_lossy().as_bytes()).expect("note where the cluster lives");
            // A server that was killed leaves its folder; failing to remove it harms nothing but disk space.
            let _ = stale.map(fs::remove_dir_all);
            home
        }
    };
    watch(&house);
    let socket = home.to_string_lossy().replace('/', "%2F");
    Cluster { admin_url: format!("postgres://postgres@{socket}/postgres"), _lease: Some(lease) }
}

/// The folder in which test processes of one user meet.
fn house() -> PathBuf {
    let probe = tempfile::tempdir().expect("a temporary folder");
    let user = fs::metadata(probe.path()).expect("its owner").uid();
    let purpose = if DURABLE.load(Ordering::Relaxed) { "benches" } else { "tests" };
    let house = std::env::temp_dir().join(format!("guthaben-{purpose}-{user}"));
    match fs::DirBuilder::new().mode(0o700).create(&house) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => panic!("{}: {error}", house.display()),
        _ => {}
    }
    let found = fs::symlink_metadata(&house).expect("the tests' folder");
    assert!(found.is_dir() && found.uid() == user, "{} belongs to somebody else", house.display());
    house
}

fn open(path: &Path) -> File {
    let options = File::options().create(true).append(true).read(true).open(path);
    options.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn answers(home: &Path) -> bool {
    UnixStream::connect(home.join(".s.PGSQL.5432")).is_ok()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// A command that runs as the server's account.
fn as_server(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", SERVICE_ACCOUNT, "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // The server's account may not enter the folder the tests run in.
    command.current_dir("/").stdin(Stdio::null());
    command
}

fn run(mut command: Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}. {MISSING}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}\n{MISSING}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The newest installed server's programs: Debian keeps them off the `PATH`.
pub fn programs() -> PathBuf {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = installed
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").is_file() && bin.join("pg_ctl").is_file())
        .collect();
    versions.sort();
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&on_path).find(|bin| bin.join("initdb").is_file());
    versions.pop().map(|(_, bin)| bin).or(on_path).expect(MISSING)
}

/// Makes and starts a cluster; returns its folder, which holds `data` and the socket.
fn start() -> PathBuf {
    let bin = programs();
    // Whoever may enter the folder may use the socket in it: nobody else.
    let private = fs::Permissions::from_mode(0o700);
    let home = tempfile::Builder::new().prefix("guthaben-pg-").permissions(private).tempdir();
    let home = home.expect("a temporary folder").keep();
    if is_root() {
        let mut own = Command::new("chown");
        own.arg(format!("{SERVICE_ACCOUNT}:")).arg(&home);
        run(own);
    }
    let data = home.join("data");
    let mut init = as_server(&bin.join("initdb"));
    init.args([
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "-D",
    ])
    .arg(&data);
    run(init);
    let sync = if DURABLE.load(Ordering::Relaxed) { "" } else { "-c fsync=off -c full_page_writes=off " };
    let options = format!(
        "-k {} -c listen_addresses= {sync}-c max_connections=400 -c log_min_messages=warning",
        home.display()
    );
    let mut serve = as_server(&bin.join("pg_ctl"));
    serve
        .arg("-D")
        .arg(&data)
        .arg("-l")
        .arg(home.join("server.log"))
        .args(["-w", "-t", STARTING, "-o", &options, "start"]);
    // The server would hold a captured pipe open; its words are in server.log.
    let status = serve.stdout(Stdio::null()).stderr(Stdio::null()).status().expect(MISSING);
    let log = fs::read_to_string(home.join("server.log")).unwrap_or_default();
    assert!(status.success(), "PostgreSQL did not start:\n{log}");
    home
}

/// Leaves a watchdog behind unless one lives. It holds the lock of `watchdog` as its standard input, so a killed one is noticed.
#[allow(clippy::zombie_processes)] // it must outlive this process, so nobody can wait for it
fn watch(house: &Path) {
    let lock = open(&house.join("watchdog"));
    if lock.try_lock().is_err() {
        return;
    }
    let account = if is_root() { SERVICE_ACCOUNT } else { "" };
    let mut watchdog = Command::new("sh");
    watchdog.args(["-c", WATCHDOG, "guthaben-test-watchdog"]);
    watchdog.arg(house).arg(programs().join("pg_ctl")).arg(account).current_dir("/");
    // Its own process group survives Ctrl-C; no inherited pipe keeps the caller's output open.
    watchdog.process_group(0).stdin(Stdio::from(lock)).stdout(Stdio::null()).stderr(Stdio::null());
    watchdog.spawn().expect("start the cluster's watchdog");
}
