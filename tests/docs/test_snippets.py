"""The documentation says nothing that is not so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "crates/*/README.md", "plugins/*/README.md")
    for page in ROOT.glob(pattern)
)
BLOCK = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
LANGUAGES = {"c", "python", "sh", "text", "rust", "toml", "json", "console", "html", "sql"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    # A block that names a file is part of a project: `test_native_guide.py` builds that.
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [code for tag, name, code in found if tag == language and not name.strip()]


WITH_PYTHON = [page for page in PAGES if blocks(page, "python")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_every_python_block_runs(page: Path, tmp_path: Path) -> None:
    """The blocks of a page run one after the other, as a reader would paste them."""
    script = tmp_path / "page.py"
    script.write_text("\n".join(blocks(page, "python")), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-W", "error", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "c")], ids=name_of)
def test_every_c_block_compiles(page: Path) -> None:
    source = "\n".join(['#include "fapilog_plugin.h"', *blocks(page, "c")])
    command = ["cc", "-std=c11", "-Wall", "-Wno-unused", "-Werror", "-fsyntax-only", "-xc", "-"]
    include = ROOT / "crates/fapilog-abi/include"
    subprocess.run([*command, "-I", include], input=source, text=True, check=True, timeout=60)


def test_the_readme_has_a_quickstart_and_it_is_short() -> None:
    """Ten lines, as promised, not counting blank ones."""
    quickstart = blocks(ROOT / "README.md", "python")[0]
    assert len([line for line in quickstart.splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Links inside the repository name files that are there."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    local = [link for link in LINK.findall(text) if "://" not in link]
    missing = [link for link in local if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_blocks_name_their_language(page: Path) -> None:
    """A block without a language would escape the tests."""
    tags = {tag for tag, _, _ in BLOCK.findall(page.read_text(encoding="utf-8"))}
    assert tags <= LANGUAGES


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_in_the_docs_exist(page: Path) -> None:
    """`make` targets are in the Makefile; `fapilog` and `fapilog-market` words are known."""
    shell = "\n".join(blocks(page, "sh"))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^\s*make ([a-z-]+)", shell, re.MULTILINE))
    assert named <= targets
    for words in re.findall(r"^\s*fapilog((?: [a-z]+)+)", shell, re.MULTILINE):
        verbs = words.split()[: 2 if words.split()[0] == "plugin" else 1]
        assert _help(Path(os.environ["FAPILOG_CLI_BIN"]), verbs), words
    for words in re.findall(r"^\s*fapilog-market((?: [a-z]+)+)", shell, re.MULTILINE):
        verbs = words.split()[: 2 if words.split()[0] == "token" else 1]
        assert _help(Path(os.environ["FAPILOG_MARKET_BIN"]), verbs), words


def _help(program: Path, verbs: list[str]) -> bool:
    command: list[str | Path] = [program, *verbs, "--help"]
    result = subprocess.run(command, capture_output=True, timeout=30, check=False)
    return result.returncode == 0


def test_the_generated_reference_is_up_to_date() -> None:
    """`make docs` was run after the last change of a docstring."""
    code = "import api_reference as a, sys; sys.exit(a.TARGET.read_text() != a.render())"
    scripts = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    result = subprocess.run([sys.executable, "-c", code], env=scripts, timeout=60, check=False)
    assert result.returncode == 0, "run `make docs`"


def test_the_page_of_the_command_is_up_to_date() -> None:
    """`make docs` was run after the last change of an argument."""
    code = "import command_reference as c, sys; sys.exit(c.TARGET.read_text() != c.render())"
    scripts = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    result = subprocess.run([sys.executable, "-c", code], env=scripts, timeout=60, check=False)
    assert result.returncode == 0, "run `make docs`"


def test_install_examples_are_everywhere_the_same() -> None:
    """Core, extra, community plugin: in the README and on the marketplace's front page."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in (
        "pip install fapilog",
        'pip install "fapilog[fastapi]"',
        "pip install fapilog-splunk",
    ):
        assert command in readme


def _ids(sources: list[str], pattern: str) -> set[str]:
    texts = [(ROOT / source).read_text(encoding="utf-8") for source in sources]
    return {found for text in texts for found in re.findall(pattern, text)}


def _named_in(page: str) -> set[str]:
    return set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", (ROOT / page).read_text(encoding="utf-8")))


def test_every_error_and_finding_of_the_command_is_documented() -> None:
    """The page lists what the source can say."""
    errors = _ids(
        [
            "crates/fapilog-cli/src/failure.rs",
            "crates/fapilog-cli/src/client/failure.rs",
            "crates/fapilog-package/src/name.rs",
        ],
        r'=> "([a-z]+(?:-[a-z]+)+)"',
    )
    doctor = [
        str(path.relative_to(ROOT)) for path in ROOT.glob("crates/fapilog-cli/src/doctor/*.rs")
    ]
    findings = _ids(doctor, r'Finding::(?:ok|warning|problem)\(\s*"([a-z-]+)"')
    tools = [str(path.relative_to(ROOT)) for path in ROOT.glob("python/fapilog/_tools/*.py")]
    errors |= _ids(tools, r'ToolProblem\(\s*"([a-z]+(?:-[a-z]+)+)"')
    assert len(errors) > 20
    assert len(findings) > 8
    assert errors | findings <= _named_in("docs/reference/command.md")


def test_every_refusal_of_an_upload_is_documented() -> None:
    """Two pages list every id that the intake can answer with."""
    sources = ["crates/fapilog-package/src/error.rs", "crates/fapilog-package/src/fault.rs"]
    package = _ids(sources, r'=>? "([a-z]+(?:-[a-z]+)+)"')
    handlers = ROOT.glob("crates/fapilog-market/src/handlers/*.rs")
    market = [str(path.relative_to(ROOT)) for path in handlers]
    intake = ROOT.glob("crates/fapilog-market/src/intake/*.rs")
    market += [str(path.relative_to(ROOT)) for path in intake]
    market.append("crates/fapilog-market/src/publish.rs")
    requests = _ids(market, r'bad_request\(\s*"([a-z]+(?:-[a-z]+)+)"')
    assert len(package) > 10
    assert len(requests) > 3
    # `package-io` is a fault of the server's own disk, not of an upload.
    named = _named_in("docs/specs/index-protocol.md") | _named_in(
        "docs/reference/package-refusals.md"
    )
    assert package | requests <= named | {"package-io"}
