"""URIs, policies, locks, absent extras, alerters: with real wheels installed by the real pip."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError, PluginError
from fapilog._launcher import main
from fapilog._plugin_uri import PluginUri
from fapilog.plugins import Alert, Policy, Use
from tests.python.support import PATIENCE, Collect, build_wheel, install, run_program, wait_until

Record = Mapping[str, Any]

_SINK = """
from dataclasses import dataclass
from typing import Any

written: list[Any] = []


class Acme:
    @dataclass
    class Config:
        host: str = ""
        port: int = 0
        username: str = ""
        password: str = ""
        path: str = ""
        n: int = 0
        f: float = 0.0
        t: bool = False
        s: str = ""
        tags: list[str] | None = None

    def __init__(self, config: Config) -> None:
        if config.s == "bad":
            raise ValueError(f"bad dsn: {config.username}:{config.password}@{config.host}")
        self.config = config

    async def write(self, record: Any) -> None:
        written.append((self.config, record))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with plugins that pip installed."""
    folder = tmp_path_factory.mktemp("installed")
    wheels = [
        build_wheel(
            folder,
            "fapilog-acme",
            modules={"acme_plugin/__init__": "", "acme_plugin/sink": _SINK},
            plugins={"acme": "acme_plugin.sink:Acme"},
            requires=("fapilog>=3.0,<4.0",),
        ),
        build_wheel(
            folder,
            "fapilog-other",
            modules={"other_plugin": "async def enrich(record):\n    return {'other': 1}\n"},
            plugins={"Other_One": "other_plugin:enrich"},
            requires=("fapilog>=3.0,<4.0",),
        ),
    ]
    target = folder / "site"
    install(wheels, target)
    return target


@pytest.fixture
def site(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it that can be imported from."""
    target = tmp_path / "site"
    shutil.copytree(installed, target)
    monkeypatch.syspath_prepend(str(target))
    for module in [name for name in sys.modules if name.startswith(("acme_", "other_"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.chdir(tmp_path)
    return target


# --- URIs ----------------------------------------------------------------------------------------


def test_a_uri_is_taken_apart_typed_and_decoded() -> None:
    uri = PluginUri("x://u:p%40w@H:9/a%20b/c?n=1&f=1.5&t=on&s=v%26w")
    assert uri.name == "x"
    assert uri.options == {
        "host": "h",
        "port": 9,
        "username": "u",
        "password": "p@w",
        "path": "/a b/c",
        "n": 1,
        "f": 1.5,
        "t": True,
        "s": "v&w",
    }
    assert type(uri.options["n"]) is int


def test_a_uri_configures_an_installed_plugin(site: Path) -> None:
    text = "acme://u:p@h:9/a/b?n=1&f=1.5&t=on&s=1&tags=a,b"
    with fapilog.get_logger("t", sinks=[text]) as log:
        log.info("x")
        assert list(log.plugins) == ["acme"]
    ((config, record),) = sys.modules["acme_plugin.sink"].written
    assert (config.host, config.port, config.username, config.password) == ("h", 9, "u", "p")
    assert (config.path, config.n, config.f, config.t) == ("/a/b", 1, 1.5, True)
    assert (config.s, config.tags) == ("1", ["a", "b"])
    assert record["message"] == "x"


def test_uris_come_from_the_environment_too(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = site.parent / "a.log"
    uris = f"stdout,file://{path}?maxBytes=1000&backupCount=2,acme://h?n=3"
    monkeypatch.setenv("FAPILOG_SINKS", uris)
    with fapilog.get_logger("t") as log:
        for number in range(100):
            log.info("x", n=number)
            log.flush()
        assert [sink.name for sink in log.stats().sinks][2] == "acme"
    kept = sorted(one.name for one in path.parent.glob("a*.log*"))
    assert len(kept) == 3, kept
    monkeypatch.setenv("FAPILOG_SINKS", f"file://{path}?maxBytes=many")
    with pytest.raises(ConfigurationError, match="many"):
        fapilog.get_logger("t")


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        (
            "my_acme://h",
            "a scheme of letters, digits, `+`, `-` and `.`; did you mean `my-acme://`?",
        ),
        ("acme://h:port", "a URI; Port could not be cast"),
        ("acme://h?batches=1", "it has no option `batches`; it has host, port"),
        ("acme://h?tag=1", "did you mean `tags`?"),
        ("acme://h?" + "&".join(f"a{n}=1" for n in range(101)), "Max number of fields"),
        ("acme://" + "h" * 9000, "at most 8192 characters"),
    ],
)
def test_a_uri_that_cannot_be_used_is_refused(site: Path, uri: str, named: str) -> None:
    with pytest.raises((ConfigurationError, PluginError)) as caught:
        fapilog.get_logger("t", sinks=[uri])
    assert named in str(caught.value)


def test_a_constructor_that_fails_says_why_without_the_secret(site: Path) -> None:
    with pytest.raises(PluginError) as caught:
        fapilog.get_logger("t", sinks=["acme://root:hunter%322@db:9?s=bad"])
    assert caught.value.error_id == "plugin-bad-config"
    assert "ValueError: bad dsn: root:***@db" in caught.value.message
    assert caught.value.__cause__ is None
    assert "hunter2" not in repr(caught.value)


def test_an_unknown_scheme_names_what_there_is() -> None:
    with pytest.raises(ConfigurationError) as caught:
        fapilog.get_logger("t", sinks=["nowhere://u:secret@h"])
    assert caught.value.error_id == "unknown-sink"
    assert "secret" not in str(caught.value)
    assert "nowhere" in caught.value.message


def test_a_local_plugin_never_stands_in_for_an_installed_one(site: Path) -> None:
    @fapilog.plugins.sink("ACME")
    async def mine(record: Record) -> None: ...

    try:
        with pytest.raises(PluginError, match=r"this application, `fapilog-acme` 1\.0\.0"):
            fapilog.get_logger("t", sinks=["acme"])
        fapilog.get_logger("t", sinks=[mine]).close()
    finally:
        fapilog.plugins.unregister("sink", "acme")


# --- the policy ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "fine"),
    [
        (Policy(), True),
        (Policy(allow=["ACME"]), True),
        (Policy(allow=["fapilog_acme"]), True),
        (Policy(allow=["fapilog-a*"]), True),
        (Policy(allow=["other-one"]), False),
        (Policy(allow=[]), False),
        (Policy(deny=["acme"]), False),
        (Policy(deny=["FAPILOG.ACME"]), False),
        (Policy(allow=["acme"], deny=["fapilog-*"]), False),
        ({"deny": ["other*"]}, True),
    ],
)
@pytest.mark.parametrize("spelling", ["acme", "Acme", "acme://h"])
def test_the_policy_decides_whatever_the_spelling(
    site: Path, policy: Any, fine: bool, spelling: str
) -> None:
    if fine:
        fapilog.get_logger("t", sinks=[spelling], policy=policy).close()
        return
    with pytest.raises(PluginError, match="may not run") as caught:
        fapilog.get_logger("t", sinks=[spelling], policy=policy)
    assert caught.value.error_id == "plugin-denied"
    assert "acme_plugin" not in sys.modules


def test_the_policy_holds_for_configured_parts_fallbacks_and_alerters(site: Path) -> None:
    policy = Policy(deny=["acme"])
    fallback = fapilog.sinks.Destination(sink="null", fallback="acme")
    for parts in (
        {"sinks": [Use("acme", config={"n": 1})]},
        {"sinks": [fallback]},
        {"sinks": ["null"], "alerters": ["acme"]},
    ):
        with pytest.raises(PluginError, match="may not run"):
            fapilog.get_logger("t", policy=policy, **parts)
    table = '[[sinks]]\nplugin = "acme"\n[sinks.config]\nn = 1\n[policy]\ndeny = ["acme"]\n'
    Path("fapilog.toml").write_text(table)
    with pytest.raises(PluginError, match="may not run"):
        fapilog.get_logger("t", config="fapilog.toml")


@pytest.mark.parametrize(
    "policy",
    [
        {"alow": ["a"]},
        {"allow": "acme"},
        {"deny": [1]},
        {"require": "signature"},
        {"lock": ""},
        "deny everything",
    ],
)
def test_a_policy_that_cannot_be_used_is_refused(policy: Any) -> None:
    with pytest.raises(ConfigurationError, match="policy"):
        fapilog.get_logger("t", sinks=["null"], policy=policy)


# --- the lock ------------------------------------------------------------------------------------


def locked(policy: Policy | None = None) -> None:
    policy = policy or Policy(require="hash")
    fapilog.get_logger("t", sinks=["acme"], policy=policy).close()


def test_the_lock_is_written_and_held(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin", "lock", "acme", "other-one"]) == 0
    assert "acme  fapilog-acme 1.0.0  sha256:" in capsys.readouterr().out
    locked()
    assert not list(Path().glob("*.new"))
    first = Path("fapilog-plugins.lock").read_text()
    assert main(["plugin", "lock", "acme", "other-one", "--output", "again.lock"]) == 0
    assert Path("again.lock").read_text() == first
    locked(Policy(require="hash", lock="again.lock"))


def change(site: Path) -> str:
    path = site / "acme_plugin/sink.py"
    path.write_text(path.read_text() + "\n")
    return "`acme_plugin/sink.py` was changed after it was installed"


def remove(site: Path) -> str:
    (site / "acme_plugin/__init__.py").unlink()
    return "`acme_plugin/__init__.py` is missing"


def add(site: Path) -> str:
    (site / "acme_plugin/more.py").write_text("")
    return "`acme_plugin/more.py` is not in its RECORD"


def forge(site: Path) -> str:
    """Change a file, and the RECORD with it."""
    wheels = site.parent / "wheels"
    wheels.mkdir()
    wheel = build_wheel(
        wheels,
        "fapilog-acme",
        modules={"acme_plugin/__init__": "", "acme_plugin/sink": _SINK + "\n# evil\n"},
        plugins={"acme": "acme_plugin.sink:Acme"},
        requires=("fapilog>=3.0,<4.0",),
    )
    shutil.rmtree(site / "acme_plugin")
    shutil.rmtree(next(site.glob("fapilog_acme-*")))
    install([wheel], site)
    return "its sha256 is"


def forget(site: Path) -> str:
    lock = Path("fapilog-plugins.lock")
    lock.write_text(lock.read_text().replace('name = "acme"', 'name = "another"'))
    return "has no such plugin"


@pytest.mark.parametrize("damage", [change, remove, add, forge, forget])
def test_what_is_not_as_it_was_locked_does_not_run(site: Path, damage: Any) -> None:
    assert main(["plugin", "lock", "acme"]) == 0
    expected = damage(site)
    with pytest.raises(PluginError) as caught:
        locked()
    assert caught.value.error_id == "plugin-not-locked"
    assert expected in caught.value.message
    assert "acme_plugin" not in sys.modules


def test_a_lock_that_cannot_be_used_is_an_error(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in (None, "version = 2", "version = [", "version = 1\n[[plugin]]\n"):
        if text is not None:
            Path("fapilog-plugins.lock").write_text(text)
        with pytest.raises(ConfigurationError, match=r"fapilog-plugins\.lock") as caught:
            locked()
        assert "fapilog plugin lock" in str(caught.value)
    assert main(["plugin", "lock", "nothing"]) == 1
    assert main(["plugin", "lock", "--output", "no/such/folder/x"]) == 1
    assert "no/such/folder/x cannot be written" in capsys.readouterr().err


# --- absent first-party plugins ------------------------------------------------------------------

_ABSENT = """
import json, sys
import fapilog
from importlib.metadata import distribution

kind, parts = sys.argv[1], json.loads(sys.argv[2])
for attempt in range(2):
    options = {"sinks": ["stdout"], kind: parts}
    with fapilog.get_logger("t", **options) as log:
        log.info("x")
"""


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed core alone, as its own wheel has it."""
    target = tmp_path_factory.mktemp("core")
    package = Path(fapilog.__file__).parent
    shutil.copytree(package, target / "fapilog")
    info = next(package.parent.glob("fapilog-3*.dist-info"))
    shutil.copytree(info, target / info.name)
    return target


def run_absent(core: Path, kind: str, *parts: str) -> Any:
    code = f"import sys; sys.path[:] = [{str(core)!r}, *[p for p in sys.path if 'site-p' not in p]]"
    return run_program(code + _ABSENT, kind, json.dumps(parts))


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("enrichers", ["fastapi"]),
        ("processors", ["FastAPI"]),
        ("alerters", ["fastapi"]),
        ("sinks", ["stdout", "fastapi://host/x?token=s3cret"]),
    ],
)
def test_what_an_extra_would_bring_is_left_out_and_said_once(
    core: Path, kind: str, parts: list[str]
) -> None:
    result = run_absent(core, kind, *parts)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.count("is not installed and is left out") == 1
    assert 'pip install "fapilog[fastapi]"' in result.stderr
    assert "s3cret" not in result.stderr


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("filters", "fastapi"),  # decides what may be seen
        ("redactors", "fastapi"),
        ("sinks", "fastapi"),  # records would go nowhere
        ("enrichers", "fastapy"),  # no extra has this name
        ("enrichers", "cli"),
    ],
)
def test_what_a_pipeline_cannot_do_without_is_an_error(core: Path, kind: str, part: str) -> None:
    result = run_absent(core, kind, part)
    assert result.returncode == 1
    assert f"plugin is named `{part}`" in result.stderr
    assert ('"fapilog[fastapi]"' in result.stderr) == (part == "fastapi")


# --- alerters ------------------------------------------------------------------------------------


class Pager:
    """An alerter that remembers."""

    name = "pager"

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    async def alert(self, alert: Alert) -> None:
        self.alerts.append(alert)


def test_alerters_hear_of_severe_records_without_their_secrets() -> None:
    pager, sink = Pager(), Collect()
    with fapilog.get_logger(
        "t",
        sinks=[sink],
        alerters=[pager],
        alert_level="ERROR",
        redactors=[fapilog.redactors.Fields(paths=["password"])],
    ) as log:
        log.info("fine")
        log.error("broken", password="hunter2", code=7)
        log.critical("down")
        log.flush()
        stats = log.stats()
    assert [(alert.title, alert.suppressed) for alert in pager.alerts] == [
        ("broken", 0),
        ("down", 0),
    ]
    assert pager.alerts[0].record["password"] == "***"
    assert pager.alerts[0].record["code"] == 7
    assert len(sink.records) == 3
    assert [one.name for one in stats.sinks] == ["collect"]
    assert [(one.name, one.written) for one in stats.alerters] == [("pager", 2)]
    assert stats.submitted == stats.delivered == 3


def test_a_message_is_told_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    pager = Pager()
    with fapilog.get_logger(
        "t", sinks=["null"], alerters=[pager], alert_interval=0.3, level="DEBUG"
    ) as log:
        for number in range(50):
            log.critical("down", n=number)
        log.critical("other")
        log.flush()
        assert [alert.title for alert in pager.alerts] == ["down", "other"]
        wait_until("the interval is over", lambda: not threading.Event().wait(0.35))
        log.critical("down")
        log.flush()
    assert [(alert.title, alert.suppressed) for alert in pager.alerts][2:] == [("down", 49)]


def test_an_alerter_that_fails_or_hangs_touches_no_record(
    capfd: pytest.CaptureFixture[str],
) -> None:
    release = threading.Event()
    sink = Collect()

    async def failing(alert: Alert) -> None:
        raise OSError("no line")

    def hanging(alert: Alert) -> None:
        release.wait(PATIENCE)

    log = fapilog.get_logger(
        "t", sinks=[sink], alerters=[failing, hanging], alert_interval=0, queue_records=100
    )
    for number in range(2_000):
        log.critical("down", n=number)
    wait_until("the sink has all", lambda: len(sink.records) == 2_000)
    assert [record["n"] for record in sink.records] == list(range(2_000))
    release.set()
    log.close()
    stats = log.stats()
    assert stats.submitted == stats.delivered == 2_000
    assert stats.alerters[0].written == 0
    assert stats.alerters[0].dropped == 2_000
    assert "`failing`: write failed: OSError: no line" in capfd.readouterr().err


def test_what_only_an_alerter_took_is_not_delivered() -> None:
    class Broken:
        name = "broken"

        async def write(self, record: Record) -> None:
            raise OSError("gone")

    pager = Pager()
    destination = fapilog.sinks.Destination(sink=Broken(), attempts=1)
    with fapilog.get_logger("t", sinks=[destination], alerters=[pager]) as log:
        log.critical("down")
        log.flush()
        stats = log.stats()
    assert len(pager.alerts) == 1
    assert (stats.delivered, stats.dropped) == (0, 1)


def test_an_alerter_is_switched_off() -> None:
    pager = Pager()
    with fapilog.get_logger("t", sinks=["null"], alerters=[pager]) as log:
        log.plugins.disable("pager")
        log.critical("one")
        log.flush()
        log.plugins.enable("pager")
        log.critical("two")
    assert [alert.title for alert in pager.alerts] == ["two"]


# --- texts, and reports --------------------------------------------------------------------------


class Texts:
    """A sink that takes texts."""

    name = "texts"

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.failures = 1

    async def write(self, record: Record) -> None:
        raise AssertionError("it takes texts")

    async def write_encoded(self, lines: list[bytes]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("once")
        self.lines += lines


def test_a_sink_may_take_texts_in_its_format() -> None:
    texts, other = Texts(), Collect()
    destination = fapilog.sinks.Destination(sink=texts, format="logfmt")
    with fapilog.get_logger("t", sinks=[destination, other]) as log:
        for number in range(3):
            log.info("x", n=number)
        log.flush()
        with pytest.raises(PluginError, match="takes texts"):
            log.plugins.exchange("texts", Collect())
    assert [line.split()[-1] for line in texts.lines] == [b"n=0", b"n=1", b"n=2"]
    assert all(line.endswith(b"\n") for line in texts.lines)
    assert len(other.records) == 3
    with pytest.raises(PluginError, match=r"expected `async def write_encoded\(self, lines\)`"):
        bad = type("Bad", (Texts,), {"write_encoded": lambda self: None})()
        fapilog.get_logger("t", sinks=[bad])


def test_reports_show_what_plugins_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wheels = [
        build_wheel(
            tmp_path,
            f"fapilog-{name}",
            modules={f"{name}_needs": f"class P:\n    {line}\n    async def write(self, r): ...\n"},
            plugins={name: f"{name}_needs:P"},
            requires=("fapilog>=3.0,<4.0",),
        )
        for name, line in {
            "says": "capabilities = ['network:*.io']",
            "odd": "capabilities = 5",
        }.items()
    ]
    install(wheels, tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    reports = {report.name: report for report in fapilog.debug_plugins(format="json")}
    shown = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert shown == {name: report.as_dict() for name, report in reports.items()}
    assert reports["says"].capabilities == ("network:*.io",)
    assert (reports["odd"].status, reports["odd"].error_id) == ("broken", "plugin-broken")
    fapilog.debug_plugins()
    assert "network:*.io" in capsys.readouterr().out
