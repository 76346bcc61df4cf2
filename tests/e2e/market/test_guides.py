"""The guides of authors, typed as they stand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.market.conftest import Market, World

ROOT = Path(__file__).resolve().parents[3]


def commands(guide: str) -> list[str]:
    """The shell blocks of a guide, in order."""
    page = (ROOT / f"docs/guides/{guide}.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def typed(steps: str, folder: Path, path: list[str], **extra: str) -> str:
    """Type shell commands and return what they printed; each must succeed."""
    ended = subprocess.run(
        ["bash", "-euxc", steps],
        cwd=folder,
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
            "PATH": os.pathsep.join(path),
            **extra,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=880,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@pytest.mark.timeout(400)
def test_publishing_works_when_it_is_typed_as_it_stands(
    world: World, market: Market, market_binary: Path, tmp_path: Path
) -> None:
    """Build and look; upload with twine to one marketplace and with uv to another; install."""
    uv, tools = world.tool("uv"), tmp_path / "tools"
    for words in (
        ["venv", str(tools)],
        ["pip", "install", "--python", str(tools), "build", "twine"],
    ):
        made = world.run(uv, *words)
        assert made.returncode == 0, made.stderr
    made = world.run(os.environ["FAPILOG_CLI_BIN"], "plugin", "new", "acme", "--dir", tmp_path)
    assert made.returncode == 0, made.stderr

    project, path = tmp_path / "fapilog-acme", [str(tools / "bin"), str(Path(uv).parent)]
    path += ["/usr/bin", "/bin"]
    build, with_twine, with_uv, install = commands("publishing")
    typed(build, project, path)
    second = type(market)(market_binary, tmp_path / "second")
    second.start()
    for server, upload in ((market, with_twine), (second, with_uv)):
        token = server.token(project="fapilog-acme")
        printed = typed(upload + install, project, path, MARKET_URL=server.url, MARKET_TOKEN=token)
        assert token not in printed.replace(f"={token}", "")
        installed = project / "check"
        assert list(installed.glob("lib/python*/site-packages/fapilog_acme/sink.py"))
        shutil.rmtree(installed)
    assert second.stop() == 0


@pytest.mark.timeout(300)
def test_extras_are_verified_as_the_guide_says(tmp_path: Path) -> None:
    """With uv's pip, and the core's built wheel instead of the one that `-e .` would compile."""
    wheel = Path(os.environ["FAPILOG_WHEEL"]).resolve()
    (tmp_path / "dist").symlink_to(wheel.parent)
    (block,) = commands("verifying-extras")
    steps = block.replace("make build\n", "").replace("pip install", "uv pip install")
    assert '-e ".[dev,fastapi]"' in steps
    steps = steps.replace('-e ".[dev,fastapi]"', f'"{wheel}[dev,fastapi]"')
    printed = typed(steps, tmp_path, [str(Path(sys.executable).parent), os.environ["PATH"]])
    assert re.search(r"fastapi +ready", printed), printed
