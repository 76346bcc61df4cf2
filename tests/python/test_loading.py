"""Installed plugins: what loads, what is refused, and the full text of each refusal.

The distributions are real: wheels installed by pip into a folder on ``sys.path``.
"""

from __future__ import annotations

import dataclasses
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import fapilog
import pytest
from fapilog import FapilogError, PluginError, plugins
from tests.python.plugin_zoo import install_zoo
from tests.python.support import logged


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install every plugin of these tests once."""
    target = tmp_path_factory.mktemp("site")
    install_zoo(tmp_path_factory.mktemp("wheels"), target)
    return target


@pytest.fixture(autouse=True)
def on_path(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the plugins importable, and forget them afterwards."""
    monkeypatch.syspath_prepend(str(installed))
    yield
    for module in [name for name in sys.modules if name.endswith("_module")]:
        del sys.modules[module]


def refused(name: str, *, kind: plugins.Kind = "processor", config: object = None) -> PluginError:
    with pytest.raises(PluginError) as caught:
        plugins.load(name, kind=kind, config=config)
    return caught.value


def test_a_plugin_in_range_loads_and_runs_by_its_name() -> None:
    (record,) = logged(lambda logger: logger.info("x"), processors=["good"])
    assert record["seen_by"] == "fapilog_good_module"


@pytest.mark.parametrize("name", ["odd-name", "ODD_NAME", "Odd.Name", "odd--name"])
def test_spelling_of_a_name_makes_no_difference(name: str) -> None:
    assert type(plugins.load(name, kind="processor")).__module__ == "Fapilog_Odd_Name_module"


def test_a_core_outside_of_the_range_is_refused_with_the_whole_story() -> None:
    error = refused("old")
    core = fapilog.__version__
    assert error.error_id == "plugin-core-range"
    assert str(error) == (
        "plugin `old` of `fapilog-old` 1.2.3 wants `fapilog>=1.0,<3.0`, "
        f"found fapilog {core}\n"
        "hint: take a release of the plugin made for this core: "
        f'pip install --upgrade "fapilog-old" "fapilog=={core}", '
        f'or uv pip install --upgrade "fapilog-old" "fapilog=={core}"\n'
        "hint: or the core that the plugin wants: "
        'pip install "fapilog>=1.0,<3.0", or uv pip install "fapilog>=1.0,<3.0"'
    )


@pytest.mark.parametrize("name", ["loose", "bare", "elsewhere"])
def test_a_distribution_without_a_range_that_applies_is_refused(name: str) -> None:
    error = refused(name)
    core = fapilog.__version__
    assert error.error_id == "plugin-no-core-range"
    assert str(error) == (
        f"plugin `{name}` of `fapilog-{name}` 1.2.3 does not say which versions of fapilog it "
        "works with: its metadata has no `Requires-Dist: fapilog` with a range; "
        f"found fapilog {core}\n"
        "hint: take a release of the plugin made for this core: "
        f'pip install --upgrade "fapilog-{name}" "fapilog=={core}", '
        f'or uv pip install --upgrade "fapilog-{name}" "fapilog=={core}"\n'
        "hint: its author adds the range to pyproject.toml: "
        'dependencies = ["fapilog>=3.0,<4.0"]'
    )


def test_a_range_that_cannot_be_read_is_refused_with_the_line() -> None:
    error = refused("unreadable")
    assert error.error_id == "plugin-bad-requirement"
    assert "`fapilog-unreadable` 1.2.3" in error.message
    assert "fapilog>=three" in error.message
    assert f"found fapilog {fapilog.__version__}" in error.message
    assert 'pip install --upgrade "fapilog-unreadable"' in error.hint


@pytest.mark.parametrize("name", ["old", "loose", "bare", "elsewhere", "unreadable"])
def test_nothing_of_a_refused_plugin_is_imported(name: str) -> None:
    refused(name)
    fapilog.debug_plugins(file=io.StringIO())
    assert f"fapilog_{name}_module" not in sys.modules


def test_an_import_that_fails_is_an_error_with_its_cause() -> None:
    error = refused("import-error")
    assert error.error_id == "plugin-broken"
    assert str(error) == (
        "plugin `import-error` of `fapilog-import-error` 1.2.3 cannot be loaded: importing "
        "`fapilog_import_error_module:Plugin` raised ModuleNotFoundError: "
        "No module named 'surely_not_installed'\n"
        'hint: reinstall it: pip install --force-reinstall "fapilog-import-error", '
        'or uv pip install --force-reinstall "fapilog-import-error"'
    )
    assert isinstance(error.__cause__, ModuleNotFoundError)


@pytest.mark.parametrize("name", ["exits", "missing"])
def test_a_plugin_that_exits_or_is_not_there_is_broken_and_the_application_goes_on(
    name: str,
) -> None:
    assert refused(name).error_id == "plugin-broken"


def test_a_constructor_that_exits_is_an_error_and_the_application_goes_on() -> None:
    assert refused("exiting").error_id == "plugin-bad-config"


def test_a_name_that_two_distributions_claim_is_refused_naming_both() -> None:
    error = refused("twin")
    assert error.error_id == "duplicate-plugin"
    assert str(error) == (
        "plugin `twin` is offered by more than one distribution: "
        "`fapilog-twin-one` 1.2.3, `fapilog-twin-two` 1.2.3\n"
        "hint: remove one of them: pip uninstall fapilog-twin-two, "
        "or uv pip uninstall fapilog-twin-two"
    )


def test_an_unknown_name_suggests_the_nearest_and_how_to_install_it() -> None:
    error = refused("configurd")
    assert error.error_id == "unknown-plugin"
    assert str(error) == (
        "no processor plugin is named `configurd`; did you mean `configured`?\n"
        'hint: if it is not installed: pip install "fapilog-configurd", '
        'or uv pip install "fapilog-configurd"\n'
        'hint: what is installed: python -c "import fapilog; fapilog.debug_plugins()"'
    )
    assert "pip install" not in refused('x"; rm -rf /').hint


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "sync",
            "its `process` is no coroutine function; expected `async def process(self, record)`",
        ),
        (
            "too-many",
            "expected `async def process(self, record)`, found `async def process(record, more)`",
        ),
        ("nothing", "it has no method `process`; expected `async def process(self, record)`"),
        ("collect", "it has no method `process`; expected `async def process(self, record)`"),
        ("seven", "it has no method `process`; expected `async def process(self, record)`"),
        ("bad-start", "it has no method `start`; expected `async def start(self)`"),
    ],
)
def test_a_plugin_of_the_wrong_shape_is_told_what_was_expected(name: str, reason: str) -> None:
    error = refused(name)
    assert error.error_id == "plugin-wrong-kind"
    assert error.message == f"plugin `{name}` is no processor: {reason}"


@pytest.mark.parametrize("name", ["static", "made"])
def test_static_methods_and_ready_made_objects_are_plugins_too(name: str) -> None:
    assert isinstance(plugins.load(name, kind="processor"), plugins.Processor)


def test_a_sink_plugin_by_name_takes_records() -> None:
    with fapilog.get_logger("test", sinks=["collect"]) as log:
        log.info("x")
        log.flush()
        assert log.stats().sinks[0] == fapilog.SinkStats("collect", 1, 0, 0, 0)


def test_a_configuration_may_be_a_mapping_an_object_or_nothing() -> None:
    schema = type(plugins.load("configured", kind="processor")).Config
    for config, word in [
        (None, "default"),
        ({"word": "ab", "times": 2}, "abab"),
        (schema(word="c"), "c"),
    ]:
        plugin = plugins.load("configured", kind="processor", config=config)
        (record,) = logged(lambda logger: logger.info("x"), processors=[plugin])
        assert record["word"] == word


@pytest.mark.parametrize(
    ("name", "config", "reason"),
    [
        ("configured", {"wrod": "x"}, "unexpected keyword argument 'wrod'"),
        ("configured", {"times": 0}, "ValueError: times must be at least 1"),
        ("configured", 7, "expected `Config` or a mapping of its fields, found `int`"),
        ("good", {"a": 1}, "it takes none"),
        ("made", {"a": 1}, "it is configured already: `Static` object"),
    ],
)
def test_a_configuration_that_does_not_fit_is_an_error(
    name: str, config: object, reason: str
) -> None:
    error = refused(name, config=config)
    assert error.error_id == "plugin-bad-config"
    assert error.message.startswith(f"plugin `{name}` does not accept its configuration: ")
    assert reason in error.message


_STATUS = {
    "bad-start": ("broken", "plugin-wrong-kind"),
    "bare": ("refused", "plugin-no-core-range"),
    "collect": ("ready", ""),
    "configured": ("ready", ""),
    "elsewhere": ("refused", "plugin-no-core-range"),
    "exiting": ("ready", ""),
    "exits": ("broken", "plugin-broken"),
    "good": ("ready", ""),
    "import-error": ("broken", "plugin-broken"),
    "loose": ("refused", "plugin-no-core-range"),
    "made": ("ready", ""),
    "missing": ("broken", "plugin-broken"),
    "nothing": ("broken", "plugin-wrong-kind"),
    "Odd.Name": ("ready", ""),
    "old": ("refused", "plugin-core-range"),
    "seven": ("broken", "plugin-wrong-kind"),
    "static": ("ready", ""),
    "sync": ("broken", "plugin-wrong-kind"),
    "too-many": ("broken", "plugin-wrong-kind"),
    "twin": ("refused", "duplicate-plugin"),
    "unreadable": ("refused", "plugin-bad-requirement"),
}


def test_debug_plugins_returns_for_each_plugin_what_loading_it_does() -> None:
    reports = fapilog.debug_plugins(file=io.StringIO())
    ours = [report for report in reports if report.name in _STATUS]
    assert {report.name: (report.status, report.error_id) for report in ours} == _STATUS
    assert len(ours) == len(_STATUS) + 1  # the twins
    for report in ours:
        assert bool(report.reason) == (report.status != "ready")
        assert report.found == fapilog.__version__
        assert json.loads(json.dumps(report.as_dict())) == report.as_dict()
    by_name = {report.name: report for report in ours}
    assert dataclasses.asdict(by_name["good"]) == {
        "name": "good",
        "value": "fapilog_good_module:Plugin",
        "distribution": "fapilog-good",
        "version": "1.2.3",
        "kinds": ("processor",),
        "wanted": ">=3.0,<4.0",
        "found": fapilog.__version__,
        "status": "ready",
        "reason": "",
        "hint": "",
        "error_id": "",
        "capabilities": (),
    }
    assert by_name["old"].wanted == ">=1.0,<3.0"
    assert by_name["collect"].kinds == ("sink",)


@pytest.mark.parametrize("name", sorted(set(_STATUS) - {"exiting", "collect"}))
def test_a_plugin_is_ready_exactly_when_it_loads(name: str) -> None:
    try:
        plugins.load(name, kind="processor")
    except FapilogError as error:
        assert _STATUS[name] == (_STATUS[name][0], error.error_id)
    else:
        assert _STATUS[name] == ("ready", "")


def test_debug_plugins_prints_a_table_with_reasons_and_hints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fapilog.debug_plugins()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"fapilog {fapilog.__version__}, ")
    assert lines[2].split() == ["PLUGIN", "STATUS", "KIND", "DISTRIBUTION", "WANTS", "NEEDS"]
    (good,) = (line.split() for line in lines if line.startswith("good "))
    assert good == ["good", "ready", "processor", "fapilog-good", "1.2.3", "fapilog>=3.0,<4.0", "-"]
    old = next(index for index, line in enumerate(lines) if line.startswith("old "))
    assert lines[old + 1].strip().startswith("plugin `old` of `fapilog-old` 1.2.3 wants")
    assert lines[old + 2].strip().startswith("hint: take a release of the plugin")
    assert not any(char < " " for line in lines for char in line)


def test_a_damaged_distribution_does_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "damaged-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[fapilog.plugins]\ndamaged = nowhere:Plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert plugins.load("good", kind="processor") is not None
    statuses = {report.name: report.status for report in fapilog.debug_plugins(file=io.StringIO())}
    assert statuses["damaged"] == "refused"
    assert statuses["good"] == "ready"


def test_metadata_cannot_write_to_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\x1b[2J\nVersion: 1\x07\n")
    (info / "entry_points.txt").write_text("[fapilog.plugins]\nevil = nowhere:Plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    printed = io.StringIO()
    fapilog.debug_plugins(file=printed)
    assert "evil" in printed.getvalue()
    assert all(char.isprintable() or char == "\n" for char in printed.getvalue())
