"""Plugins in libraries: written in C, compiled here, with everything that may go wrong."""

from __future__ import annotations

import ctypes
import importlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError, PluginError
from fapilog.plugins import NativeLibrary, Use, When
from tests.python.support import Collect, build_wheel, install, logged, run_program

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "crates/fapilog-abi/include"

Compile = Callable[..., NativeLibrary]


def compile_plugin(folder: Path, name: str, *flags: str, include: Path = INCLUDE) -> Path:
    """A library with one plugin of the zoo."""
    target = folder / f"lib{name}.so"
    define = "-DNOTHING" if name == "none" else f"-DPLUGIN={name}"
    command = ["cc", "-std=gnu11", "-shared", "-fPIC", "-O1", *flags, define, "-I", str(include)]
    source = ROOT / "tests/fixtures/native/zoo.c"
    subprocess.run(
        [*command, "-Wno-unused", str(source), "-o", str(target)], check=True, timeout=60
    )
    return target


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Makes the plugin of a name."""
    folder = tmp_path_factory.mktemp("native")

    def make(name: str) -> NativeLibrary:
        path = folder / f"lib{name}.so"
        return NativeLibrary(path if path.exists() else compile_plugin(folder, name))

    return make


def numbers(log: fapilog.Logger) -> None:
    for number in range(10):
        log.info("x", n=number, secret="s3cret")


def test_a_native_filter_drops(plugin: Compile) -> None:
    records = logged(numbers, filters=[plugin("every_second")])
    assert [record["n"] for record in records] == [0, 2, 4, 6, 8]


@pytest.mark.parametrize(("kind", "name"), [("processors", "append"), ("enrichers", "enrich")])
def test_a_native_stage_changes_records(plugin: Compile, kind: str, name: str) -> None:
    records = logged(numbers, **{kind: [plugin(name)]})
    assert [(record["n"], record["native"]) for record in records] == [(n, True) for n in range(10)]


def test_native_stages_mix_with_others(plugin: Compile) -> None:
    async def double(record: Any) -> Any:
        return {**record, "n": 2 * record["n"]}

    parts: list[Any] = [plugin("append"), double, Use(plugin("nothing"), name="idle")]
    with fapilog.get_logger("t", sinks=["null"], processors=parts) as log:
        numbers(log)
        log.flush()
        names = [stage.name for stage in log.stats().stages]
    assert names == ["append", "python plugins", "idle"]


@pytest.mark.parametrize("name", ["sink", "frames"])
def test_a_native_sink_writes(plugin: Compile, name: str, tmp_path: Path) -> None:
    path = tmp_path / "out"
    sink = Use(plugin(name), config={"path": str(path), "once": True})
    with fapilog.get_logger("t", sinks=[sink]) as log:
        numbers(log)
        log.flush()
        stats = log.stats()
    assert (stats.delivered, stats.sinks[0].written, stats.sinks[0].errors) == (10, 10, 1)
    if name == "sink":
        lines = path.read_text().splitlines()
        # The first answer was a failure that claimed to have taken all: nobody believes both.
        assert [json.loads(line)["n"] for line in lines][-1] == 9
    else:
        assert path.read_bytes().count(b"s3cret") >= 1


def test_a_native_redactor_fails_closed(plugin: Compile, capfd: pytest.CaptureFixture[str]) -> None:
    assert all(record["native"] for record in logged(numbers, redactors=[plugin("hides")]))
    for name, withheld in (("leaks", 10), ("drops", 10)):
        records = logged(numbers, redactors=[plugin(name)])
        hidden = [record for record in records if "secret" not in record]
        assert (len(records), len(hidden)) == (10, withheld)
        assert all(f"[withheld: redactor {name} failed]" in one["message"] for one in hidden)
    records = logged(numbers, redactors=[plugin("leaks_one")])
    assert len(records) == 10
    assert "secret" not in records[0]
    errors = capfd.readouterr().err
    assert "stage `leaks`: it failed on" in errors
    assert "out of order" in errors


@pytest.mark.parametrize(
    ("name", "problem"),
    [("fails", "out of order"), ("replaces", "it replaced a record, which a filter may not")],
)
def test_a_stage_that_fails_leaves_records_alone(
    plugin: Compile, name: str, problem: str, capfd: pytest.CaptureFixture[str]
) -> None:
    kind = "filters" if name == "replaces" else "processors"
    records = logged(numbers, **{kind: [plugin(name)]})
    assert [record["n"] for record in records] == list(range(10))
    assert all("native" not in record for record in records)
    assert problem in capfd.readouterr().err


@pytest.mark.parametrize(
    ("lie", "problem"),
    [
        ("record", "it named a record that is not there"),
        ("unreserved", "by more than it had reserved"),
        ("huge", ""),
        ("error", "failed"),
        ("longer", "by more than it had reserved"),
        ("shorter", "by what is no frame"),
        ("length", "by what is no frame"),
        ("text", "by what is no frame"),
        ("utf8", "by what is no frame"),
        ("beyond", "it wrote beyond the memory that it had reserved"),
    ],
)
def test_a_lie_is_found_out(
    plugin: Compile, lie: str, problem: str, capfd: pytest.CaptureFixture[str]
) -> None:
    part = Use(plugin("lies"), config={"lie": lie})
    records = logged(numbers, processors=[part])
    assert [record["n"] for record in records] == list(range(10))
    assert problem in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("later", "version 2 of the plugin ABI, this core has 1"),
        ("zero", "version 0 of the plugin ABI"),
        ("small", "its table has 64 bytes, expected 72"),
        ("large", "its table has 4294967295 bytes"),
        ("kind", "its kind is 99"),
        ("input", "its input is 1"),
        ("uncreated", "no function `create`"),
        ("undestroyed", "no function `destroy`"),
        ("idle", "no function `process`"),
        ("mute", "no function `write`"),
        ("none", "returned nothing"),
    ],
)
def test_a_table_that_is_not_as_it_must_be_is_refused(
    plugin: Compile, name: str, reason: str
) -> None:
    with pytest.raises(PluginError, match=reason) as caught:
        fapilog.get_logger("t", sinks=["null"], filters=[plugin(name)])
    assert caught.value.error_id == "plugin-abi"


class Hands:
    """Hands over anything."""

    def __init__(self, thing: object) -> None:
        self.thing = thing

    def __fapilog_plugin__(self) -> object:
        if isinstance(self.thing, BaseException):
            raise self.thing
        return self.thing


def capsule(pointer: int, name: bytes | None) -> object:
    make = ctypes.pythonapi.PyCapsule_New
    make.restype, make.argtypes = (
        ctypes.py_object,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
    )
    return make(pointer, name, None)


NAMES = (b"another.thing", None)


@pytest.mark.parametrize(
    "thing",
    [None, 5, OSError("gone"), *(capsule(8, name) for name in NAMES)],
)
def test_what_is_no_table_is_refused(thing: object) -> None:
    with pytest.raises(PluginError) as caught:
        fapilog.get_logger("t", sinks=["null"], filters=[Hands(thing)])  # type: ignore[list-item]
    assert caught.value.error_id == "plugin-abi"
    with pytest.raises(PluginError, match="no-such-file"):
        fapilog.get_logger("t", sinks=["null"], filters=[NativeLibrary("/no-such-file.so")])


@pytest.mark.parametrize(
    ("name", "config", "reason"),
    [
        ("append", {"refuse": 1}, "refuse is not allowed here"),
        ("append", {"hang": 1}, "it took longer than 5 s"),
        ("unstarted", None, "no connection [31m"),
    ],
)
def test_a_plugin_that_does_not_start_is_an_error(
    plugin: Compile, name: str, config: Any, reason: str
) -> None:
    with pytest.raises(PluginError) as caught:
        fapilog.get_logger("t", sinks=["null"], processors=[Use(plugin(name), config=config)])
    assert caught.value.error_id == "plugin-start"
    assert reason in caught.value.message


def test_kinds_and_options_are_checked(plugin: Compile) -> None:
    with pytest.raises(PluginError, match="it is a native processor"):
        fapilog.get_logger("t", sinks=["null"], filters=[plugin("append")])
    with pytest.raises(PluginError, match="it is a native processor"):
        fapilog.get_logger("t", sinks=["null"], alerters=[plugin("append")])  # type: ignore[list-item]
    for options in ({"timeout": 1.0}, {"when": When(level="INFO")}):
        with pytest.raises(ConfigurationError, match="is in a library"):
            fapilog.get_logger("t", sinks=["null"], processors=[Use(plugin("append"), **options)])
    with pytest.raises(PluginError, match="does not accept its configuration"):
        fapilog.get_logger("t", sinks=["null"], processors=[Use(plugin("append"), config=object())])


def test_a_plugin_that_does_not_stop_is_said(
    plugin: Compile, capfd: pytest.CaptureFixture[str]
) -> None:
    part = Use(plugin("append"), config={"unstoppable": True})
    fapilog.get_logger("t", sinks=["null"], processors=[part]).close()
    assert "stage `append`: will not stop" in capfd.readouterr().err


def test_a_plugin_that_hangs_holds_up_the_end_no_longer_than_the_limit(plugin: Compile) -> None:
    code = """
import sys, time, fapilog
log = fapilog.get_logger("t", sinks=["stdout"],
                         processors=[fapilog.plugins.NativeLibrary(sys.argv[1])])
log.info("x")
start = time.monotonic()
report = log.close(timeout=0.5)
print(report.undelivered, report.stuck, time.monotonic() - start < 3)
"""
    result = run_program(code, plugin("hangs").path, timeout=30)
    assert result.stdout == "1 ('plugins',) True\n", result.stderr
    assert result.returncode == 0


def test_an_installed_wheel_with_a_library_serves_by_its_name(
    plugin: Compile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = (
        "from pathlib import Path\nfrom fapilog.plugins import NativeLibrary\n"
        'plugin = NativeLibrary(Path(__file__).with_name("libappend.so"))\n'
    )
    wheel = build_wheel(
        tmp_path,
        "fapilog-native",
        modules={"native_plugin_demo/__init__": source},
        plugins={"native-demo": "native_plugin_demo:plugin"},
        requires=("fapilog>=3.0,<4.0",),
    )
    install([wheel], tmp_path / "site")
    shutil.copy(plugin("append").path, tmp_path / "site/native_plugin_demo/libappend.so")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    sink = Collect()
    with fapilog.get_logger("t", sinks=[sink], processors=["native_demo"]) as log:
        log.info("x")
    assert sink.records[0]["native"] is True
    with pytest.raises(PluginError, match="refuse is not allowed"):
        part = Use("native-demo", config={"refuse": 1})
        fapilog.get_logger("t", sinks=["null"], processors=[part])
    (report,) = [one for one in fapilog.debug_plugins() if one.name == "native-demo"]
    assert (report.kinds, report.status) == (("processor",), "ready")


@pytest.mark.parametrize("header", sorted((ROOT / "tests/fixtures/native").glob("abi-*")))
def test_a_library_compiled_with_an_earlier_header_still_works(
    header: Path, tmp_path: Path
) -> None:
    """These files never change: they are what plugins out there were compiled with."""
    names = ("every_second", "append", "hides")
    parts = [NativeLibrary(compile_plugin(tmp_path, name, include=header)) for name in names]
    filters, processors, redactors = ([part] for part in parts)
    records = logged(numbers, filters=filters, processors=processors, redactors=redactors)
    assert [record["n"] for record in records] == [0, 2, 4, 6, 8]
    assert all(record["native"] for record in records)


def test_the_abi_is_the_committed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    script = importlib.import_module("native_abi")
    old, new = json.loads(script.SNAPSHOT.read_text()), script.surface()
    assert script.verdict(old, new) == ""
    assert old == new, "python scripts/native_abi.py --write"
    assert len(new["names"]) > 40
    assert (ROOT / "tests/fixtures/native" / "abi-{}.{}".format(*new["api_version"])).is_dir()
    fields = new["names"]["fapilog_plugin"]
    for change, step in (
        ({**fields, "more": "11: void *more"}, "minor"),
        ({**fields, "name": "5: const char *name"}, "major"),
        ({key: text for key, text in fields.items() if key != "stop"}, "major"),
    ):
        changed = {**new, "names": {**new["names"], "fapilog_plugin": change}}
        assert f"need a new {step}" in script.verdict(new, changed)


def test_the_matrix_says_the_versions_of_now() -> None:
    page = (ROOT / "docs/concepts/versions.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| 3."))
    core, python, api, abi, sdk, _ = (cell.strip() for cell in row.strip("|").split("|"))
    manifest = (ROOT / "crates/fapilog-sdk/Cargo.toml").read_text()
    found = json.loads((ROOT / "docs/specs/native-abi.json").read_text())["api_version"]
    assert fapilog.__version__.startswith(f"{core}.")
    assert api == "{}.{}".format(*fapilog.plugins.API_VERSION)
    assert abi == "{}.{}".format(*found)
    assert f'version = "{sdk}.' in manifest
    project = (ROOT / "pyproject.toml").read_text()
    supported = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)
    assert python == f"{supported[0]} to {supported[-1]}"


def test_the_boundary_holds_under_the_address_sanitizer(tmp_path: Path) -> None:
    """The same plugins, compiled with AddressSanitizer: nothing is read or written out of place."""
    found = subprocess.run(
        ["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    )
    runtime = Path(found.stdout.strip())
    assert runtime.is_absolute(), "the compiler has no AddressSanitizer"
    names = ("every_second", "append", "hides", "leaks", "lies")
    libraries = [compile_plugin(tmp_path, name, "-fsanitize=address", "-g") for name in names]
    code = """
import sys, fapilog
from fapilog.plugins import NativeLibrary, Use
every, append, hides, leaks, lies = map(NativeLibrary, sys.argv[1:])
lied = [Use(lies, name=lie, config={"lie": lie})
        for lie in ("record", "unreserved", "huge", "error", "longer", "length", "text", "utf8")]
log = fapilog.get_logger("t", sinks=["stdout"], filters=[every], processors=[append, *lied],
                         redactors=[hides, leaks])
for number in range(2000):
    log.info("x" * (number % 300), n=number)
log.close(timeout=30)
print(log.stats().delivered)
"""
    environment = {"LD_PRELOAD": str(runtime.resolve()), "ASAN_OPTIONS": "detect_leaks=0"}
    result = run_program(code, *libraries, env=environment, timeout=120)
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout.splitlines()[-1] == "1000"
    assert "AddressSanitizer" not in result.stderr
