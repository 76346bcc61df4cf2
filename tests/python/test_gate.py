"""The gate agrees with `packaging` about versions, ranges and markers."""

from __future__ import annotations

import re

from fapilog._engine import check_range
from fapilog._gate import _NO_MARKERS, _markers
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

_PARTS = st.lists(st.integers(0, 5), min_size=1, max_size=4).map(lambda p: ".".join(map(str, p)))
_SUFFIX = st.sampled_from(
    ["", "", "", "a1", "b2", "rc1", ".post1", ".dev3", "rc1.dev2", ".post2.dev1"]
)
_VERSIONS = st.builds("{}{}".format, _PARTS, _SUFFIX)
_OPERATORS = st.sampled_from([">=", "<=", "<", ">", "==", "!=", "~="])
_CLAUSES = st.one_of(
    st.builds("{}{}".format, _OPERATORS, _VERSIONS),
    st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), _PARTS),
)
_RANGES = st.lists(_CLAUSES, min_size=1, max_size=3).map(",".join)


@settings(max_examples=2_000, deadline=None)
@given(core=_VERSIONS, wanted=_RANGES)
def test_a_range_contains_a_version_when_packaging_says_so(core: str, wanted: str) -> None:
    # Releases of packaging differ on `2a1` in `<2.post1`; nobody writes that.
    assume(not (Version(core).is_prerelease and re.search(r"<[^=,]*post", wanted)))
    try:
        expected = SpecifierSet(wanted).contains(core, prereleases=True)
    except InvalidSpecifier:
        refusal, _, _ = check_range([f"fapilog{wanted}"], core, _NO_MARKERS)
        assert refusal == "bad-requirement"
        return
    refusal, _, _ = check_range([f"fapilog{wanted}"], core, _NO_MARKERS)
    assert refusal == ("" if expected else "core-range")


_MARKERS = st.sampled_from(
    [
        "python_version >= '3.10'",
        "python_version < '3.10'",
        "sys_platform == 'linux'",
        "sys_platform == 'win32'",
        "platform_machine != 'sparc'",
        "implementation_name == 'cpython'",
        "os_name in 'posix nt'",
        "extra == 'cli'",
        "python_full_version > '3.9.1'",
        "'linux' in sys_platform",
    ]
)
_MARKER = st.recursive(
    _MARKERS,
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(st.tuples(_RANGES, _MARKER), min_size=1, max_size=3))
def test_a_line_counts_when_its_marker_holds_in_this_interpreter(
    lines: list[tuple[str, str]],
) -> None:
    try:
        requirements = [Requirement(f"fapilog{wanted}; {marker}") for wanted, marker in lines]
    except ValueError:
        assume(False)
    applying = [
        requirement.specifier
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]
    if not applying:
        expected = "no-core-range"
    elif all(specifier.contains("3.0.0", prereleases=True) for specifier in applying):
        expected = ""
    else:
        expected = "core-range"
    texts = [f"fapilog{wanted} ; {marker}" for wanted, marker in lines]
    refusal, _, _ = check_range(texts, "3.0.0", _markers())
    assert refusal == expected


def test_markers_of_this_interpreter_are_those_of_packaging() -> None:
    assert _markers() == {key: str(value) for key, value in default_environment().items()}


@given(lines=st.lists(st.text(max_size=60) | st.text("fapilog<>=~!;,.*()[]@ 0123and", max_size=40)))
def test_any_lines_are_refused_or_accepted_and_never_raise(lines: list[str]) -> None:
    refusal, wanted, _ = check_range(lines, "3.0.0", _NO_MARKERS)
    assert refusal in {"", "core-range", "no-core-range", "bad-requirement", "bad-environment"}
    assert bool(wanted) == (refusal in {"", "core-range"})
