"""Names, versions, specifiers, requirements, licences and metadata against `packaging`.

Where the two differ, the difference is listed here with its reason; a difference that isn't listed
fails. Cases are drawn from seeds, so that a failure comes back.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from packaging.licenses import canonicalize_license_expression
from packaging.markers import default_environment
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from tests.packages.conftest import Verdicts

# A reason, and the cases that it explains: the text, what we say, what they say.
Difference = tuple[str, Callable[[str, Any, Any], bool]]
REFUSED = object()


def theirs(ask: Callable[..., Any], *arguments: Any) -> Any:
    """What the library says; it raises many kinds of errors for what it refuses."""
    try:
        return ask(*arguments)
    except Exception:
        return REFUSED


def ours(answer: dict[str, Any]) -> Any:
    return answer.get("ok", REFUSED)


def compare(
    cases: Iterable[tuple[str, Any, Any]], differences: list[Difference], least_accepted: int
) -> None:
    """Everything agrees or is explained, and enough cases were right ones."""
    unexplained = []
    accepted = 0
    for text, mine, other in cases:
        accepted += mine is not REFUSED and other is not REFUSED
        if mine != other and not any(explains(text, mine, other) for _, explains in differences):
            unexplained.append((text, mine, other))
    assert unexplained[:10] == []
    assert accepted >= least_accepted, accepted


def mutated(chance: random.Random, text: str, alphabet: str) -> str:
    """The text, or one near it."""
    if chance.random() < 0.6:
        return text
    for _ in range(chance.randint(1, 3)):
        at = chance.randint(0, len(text))
        keep = chance.randint(0, 1)
        text = text[:at] + chance.choice(["", chance.choice(alphabet)]) + text[at + keep :]
    return text


def a_version(chance: random.Random) -> str:
    parts = [str(chance.choice([0, 1, 2, 3, 10, 2026])) for _ in range(chance.randint(1, 4))]
    text = ".".join(parts)
    if chance.random() < 0.1:
        text = f"{chance.randint(0, 2)}!{text}"
    if chance.random() < 0.35:
        letter = chance.choice(["a", "b", "rc", "alpha", ".beta.", "-c", "_pre", "RC", "preview"])
        text += f"{letter}{chance.choice(['', '0', '1', '12'])}"
    if chance.random() < 0.2:
        text += chance.choice([".post1", "-1", "post", ".rev2", "_r3", ".POST4"])
    if chance.random() < 0.2:
        text += chance.choice([".dev0", "dev1", "-dev2", "_dev"])
    if chance.random() < 0.15:
        text += chance.choice(["+local", "+a.1", "+A-b_2", "+1.2", "+001"])
    return chance.choice(["", "", "", "v", " "]) + text


def test_names(verdicts: Verdicts) -> None:
    chance = random.Random("names")
    alphabet = "abzAZ019-_. \n/é"
    texts = ["".join(chance.choices(alphabet, k=chance.randint(0, 12))) for _ in range(1500)]
    texts += [mutated(chance, "Fapilog-Acme_Logs.x", alphabet) for _ in range(1500)]
    answers = verdicts.ask([{"kind": "name", "text": text} for text in texts])
    cases = [
        (text, ours(answer), theirs(lambda one: canonicalize_name(one, validate=True), text))
        for text, answer in zip(texts, answers, strict=True)
    ]
    compare(cases, [], least_accepted=500)


def test_versions_and_their_order(verdicts: Verdicts) -> None:
    chance = random.Random("versions")
    texts = [mutated(chance, a_version(chance), "0123abrcdevpost.-_+!v *") for _ in range(3000)]
    answers = verdicts.ask([{"kind": "version", "text": text} for text in texts])
    cases = [
        (text, ours(answer), theirs(lambda one: str(Version(one)), text))
        for text, answer in zip(texts, answers, strict=True)
    ]
    compare(cases, [], least_accepted=1500)
    right = [text for text, mine, _ in cases if mine is not REFUSED]
    pairs = [(chance.choice(right), chance.choice(right)) for _ in range(3000)]
    answers = verdicts.ask([{"kind": "compare", "left": a, "right": b} for a, b in pairs])
    for (left, right_one), answer in zip(pairs, answers, strict=True):
        a, b = Version(left), Version(right_one)
        assert answer["ok"] == (a > b) - (a < b), (left, right_one)


SPECIFIER_DIFFERENCES: list[Difference] = [
    (
        "`===` compares texts; we take versions only, as indexes hold nothing else",
        lambda text, mine, other: "===" in text,
    ),
    (
        "an empty part between commas is a mistake, and most readers take it for one",
        lambda text, mine, other: mine is REFUSED and re.search(r", *(,|$|\)|;)", text) is not None,
    ),
]


def a_specifier(chance: random.Random) -> str:
    operator = chance.choice(["==", "!=", "<=", ">=", "<", ">", "~=", "==", ">=", "==="])
    version = a_version(chance).strip()
    if operator in {"==", "!="} and chance.random() < 0.4:
        version = ".".join(re.findall(r"\d+", version)[:2]) + ".*"
    return f"{operator}{chance.choice(['', ' '])}{version}"


def test_specifiers(verdicts: Verdicts) -> None:
    chance = random.Random("specifiers")
    texts = [
        mutated(
            chance,
            ",".join(a_specifier(chance) for _ in range(chance.randint(1, 3))),
            "<>=!~.*, 0123ab",
        )
        for _ in range(2000)
    ]
    versions = [str(Version(a_version(chance))) for _ in range(40)]
    asked = [chance.sample(versions, 12) for _ in texts]
    answers = verdicts.ask(
        [
            {"kind": "specifiers", "text": text, "versions": some}
            for text, some in zip(texts, asked, strict=True)
        ]
    )

    def contained(text: str, some: list[str]) -> list[bool]:
        specifiers = SpecifierSet(text)
        return [specifiers.contains(version, prereleases=True) for version in some]

    cases = [
        (text, ours(answer), theirs(contained, text, some))
        for text, some, answer in zip(texts, asked, answers, strict=True)
    ]
    compare(cases, SPECIFIER_DIFFERENCES, least_accepted=800)


REQUIREMENT_DIFFERENCES: list[Difference] = [
    *SPECIFIER_DIFFERENCES,
    (
        "we take ASCII only, at most 16 nested parentheses and 12 comparisons",
        lambda text, mine, other: (
            mine is REFUSED and (not text.isascii() or len(re.findall(r"\b(and|or)\b", text)) >= 12)
        ),
    ),
    (
        "a backslash in a marker's text would be an escape for some readers only",
        lambda text, mine, other: mine is REFUSED and "\\" in text,
    ),
    (
        "`extras` and `dependency_groups` belong to lock files, not to metadata",
        lambda text, mine, other: (
            mine is REFUSED and re.search(r"\bextras\b|\bdependency_groups\b", text) is not None
        ),
    ),
    (
        "a comparison without a variable, or between two, says nothing about the environment",
        lambda text, mine, other: (
            mine is REFUSED
            and re.search(
                r"(['\"]) *(in|not in|[<>=!~]+) *['\"]|[a-z] *(in|not in|[<>=!~]+) *[a-z]", text
            )
            is not None
        ),
    ),
    (
        "`~=` and `===` between texts are an error for them when they are asked, and false for us",
        lambda text, mine, other: other is REFUSED and ("~=" in text or "===" in text),
    ),
]


def a_marker(chance: random.Random, depth: int = 0) -> str:
    if depth < 3 and chance.random() < 0.35:
        joined = f" {chance.choice(['and', 'or'])} ".join(
            a_marker(chance, depth + 1) for _ in range(chance.randint(2, 3))
        )
        return f"({joined})" if chance.random() < 0.6 else joined
    variable, values = chance.choice(
        [
            ("python_version", ["3.8", "3.10", "3.11", "3.9.1", "4", "x"]),
            ("python_full_version", ["3.11.0", "3.10.0rc1", "3.12"]),
            ("os_name", ["posix", "nt", ""]),
            ("sys_platform", ["linux", "win32", "linux darwin"]),
            ("platform_machine", ["x86_64", "arm64"]),
            ("platform_python_implementation", ["CPython", "PyPy"]),
            ("implementation_version", ["3.11", "7.3"]),
            ("platform_system", ["Linux", "Windows"]),
            ("extra", ["http", "Test_Extra", "other"]),
        ]
    )
    operators = ["==", "!="]
    if "version" in variable:
        operators += [">=", "<", "<=", ">", "~=", "in", "not in"]
    elif variable != "extra":
        operators += ["in", "not in", "==", "<", ">="]
    quote = chance.choice(["'", '"'])
    text = f"{quote}{chance.choice(values)}{quote}"
    sides = [variable, text] if chance.random() < 0.8 else [text, variable]
    blank = chance.choice([" ", "  "])
    return f"{blank}{chance.choice(operators)}{blank}".join(sides)


def test_requirements_and_markers(verdicts: Verdicts) -> None:
    chance = random.Random("requirements")
    texts = []
    for _ in range(4000):
        text = chance.choice(["httpx", "Acme_Logs", "a", "x.y-z"])
        if chance.random() < 0.3:
            text += chance.choice(["[http2]", "[a, B_c]", " [ a ] ", "[]"])
        if chance.random() < 0.7:
            some = ",".join(a_specifier(chance) for _ in range(chance.randint(1, 2)))
            text += chance.choice([some, f" ({some})", f" {some}"])
        elif chance.random() < 0.2:
            text += " @ https://example.org/x.whl "
        if chance.random() < 0.7:
            text += f"{chance.choice([';', ' ; '])}{a_marker(chance)}"
        texts.append(mutated(chance, text, "<>=!~.*,;()[]'\"@ abz01_-"))
    environment = {str(key): str(value) for key, value in default_environment().items()}
    environment |= {"python_full_version": "3.11.4", "python_version": "3.11"}
    questions = [
        {"kind": "requirement", "text": text, "environment": environment, "extra": "test-extra"}
        for text in texts
    ]

    def specifier(text: str) -> str:
        """In the normal form of its version."""
        one = Specifier(text)
        if one.version.endswith(".*"):
            return f"{one.operator}{Version(one.version[:-2])}.*"
        return f"{one.operator}{Version(one.version)}"

    def read(text: str) -> dict[str, Any]:
        requirement = Requirement(text)
        marker = requirement.marker
        return {
            "project": canonicalize_name(requirement.name),
            "extras": sorted({canonicalize_name(extra) for extra in requirement.extras}),
            "specifiers": sorted(specifier(str(one)) for one in requirement.specifier),
            "url": requirement.url,
            "holds": marker is None or marker.evaluate({**environment, "extra": "test-extra"}),
        }

    def normal(answer: Any) -> Any:
        if answer is not REFUSED:
            answer["specifiers"] = sorted(map(specifier, answer["specifiers"]))
        return answer

    cases = [
        (text, normal(ours(answer)), theirs(read, text))
        for text, answer in zip(texts, verdicts.ask(questions), strict=True)
    ]
    compare(cases, REQUIREMENT_DIFFERENCES, least_accepted=800)


def test_licences(verdicts: Verdicts) -> None:
    chance = random.Random("licences")
    words = [
        "MIT", "mit", "Apache-2.0", "apache-2.0", "BSD-3-Clause", "GPL-2.0-or-later", "GPL-2.0+",
        "LGPL-2.1", "LicenseRef-Acme", "licenseref-own.1", "LicenseRef-bad_one", "Proprietary",
        "0BSD", "Zlib", "MPL-2.0", "Apache-2.0+",
    ]  # fmt: skip
    joints = ["AND", "OR", "and", "Or", "WITH"]
    exceptions = ["LLVM-exception", "llvm-EXCEPTION", "Classpath-exception-2.0", "MIT"]

    def expression(depth: int = 0) -> str:
        if depth < 3 and chance.random() < 0.45:
            left, right = expression(depth + 1), expression(depth + 1)
            joined = f"{left} {chance.choice(joints[:4])} {right}"
            return f"({joined})" if chance.random() < 0.5 else joined
        word = chance.choice(words)
        if chance.random() < 0.15:
            word += f" {chance.choice(['WITH', 'with'])} {chance.choice(exceptions)}"
        return word

    texts = [mutated(chance, expression(), "()+-. aMT") for _ in range(3000)]
    answers = verdicts.ask([{"kind": "licence", "text": text} for text in texts])
    cases = [
        (text, ours(answer), theirs(canonicalize_license_expression, text))
        for text, answer in zip(texts, answers, strict=True)
    ]
    differences: list[Difference] = [
        (
            "the SPDX lists of two releases differ in old names that end with a plus",
            lambda text, mine, other: "+" in text,
        ),
        (
            "our bound on nested parentheses",
            lambda text, mine, other: mine is REFUSED and text.count("(") > 32,
        ),
    ]
    compare(cases, differences, least_accepted=800)


FIELDS = {
    "Metadata-Version", "Name", "Version", "Summary", "License", "License-Expression",
    "License-File", "Requires-Python", "Requires-Dist", "Provides-Extra", "Project-URL",
    "Classifier", "Keywords", "Author", "Author-email", "Description-Content-Type", "Import-Name",
    "Dynamic", "Home-page",
}  # fmt: skip
METADATA_DIFFERENCES: list[Difference] = [
    (
        "one value of each field: we read the first of a field that may stand there once",
        lambda text, mine, other: (
            other is REFUSED
            and any(
                text.lower().count(f"\n{field}:") > 1 for field in ("summary", "requires-python")
            )
        ),
    ),
    (
        "fields that version 1.0 doesn't know yet: tools never cared",
        lambda text, mine, other: other is REFUSED and text.startswith("Metadata-Version: 1.0"),
    ),
    (
        "fields that no version knows may be those of a later one",
        lambda text, mine, other: (
            other is REFUSED
            and not {line.split(":")[0] for line in text.split("\n\n")[0].splitlines()} <= FIELDS
        ),
    ),
    (
        "License-File before 2.4: tools wrote it for years",
        lambda text, mine, other: other is REFUSED and "License-File" in text,
    ),
    (
        "lines that Python's parser reads otherwise than others are refused, not guessed",
        lambda text, mine, other: (
            mine is REFUSED
            and re.search(
                r"^[^:\n]*[^A-Za-z0-9:\n-][^:\n]*(:|$)", text.split("\n\n")[0], re.MULTILINE
            )
            is not None
        ),
    ),
    (
        "addresses instead of versions bring in what no index has seen",
        lambda text, mine, other: mine is REFUSED and " @ " in text,
    ),
    (
        "a package has one licence: both License and License-Expression contradict PEP 639",
        lambda text, mine, other: (
            mine is REFUSED and "License: " in text and "License-Expression: " in text
        ),
    ),
    (
        "fields of no meaning to a plugin are not read: their values may be anything",
        lambda text, mine, other: (
            other is REFUSED
            and re.search(
                r"^(Dynamic|Import-Na|Keywords|Provides-Extra|Description-Content)", text, re.M
            )
            is not None
        ),
    ),
    (
        "an empty value means that the field isn't there",
        lambda text, mine, other: re.search(r"^[A-Za-z-]+: *$", text, re.MULTILINE) is not None,
    ),
]


def test_metadata(verdicts: Verdicts) -> None:
    chance = random.Random("metadata")
    optional = [
        "Summary: Sends recörds", "License-Expression: mit OR apache-2.0", "License: MIT",
        "License-File: LICENSE", "License-File: ../LICENSE", "Requires-Python: >=3.10",
        "Requires-Python: three", "Requires-Dist: fapilog>=3.0,<4.0",
        "Requires-Dist: httpx>=0.27; extra == 'http'", "Requires-Dist: a @ https://example.org/a",
        "Requires-Dist: a; nothing == 'x'", "Requires-Dist: a>=", "Provides-Extra: http",
        "Project-URL: Source, https://example.org/", "Classifier: Typing :: Typed",
        "Keywords: a,b", "Author: Somebody", "Author-email: a@example.org",
        "Description-Content-Type: text/markdown", "Import-Name: fapilog_acme",
        "Dynamic: requires-dist", "Home-page: https://example.org/", "Summary: twice",
    ]  # fmt: skip
    formats = ["1.0", "2.1", "2.2", "2.3", "2.4", "2.4", "2.5", "2.9"]
    texts = []
    for _ in range(3000):
        lines = [
            f"Metadata-Version: {chance.choice(formats)}",
            f"Name: {chance.choice(['fapilog-acme', 'Fapilog_Acme', 'a'])}",
            f"Version: {mutated(chance, a_version(chance).strip(), 'ab.')}",
            *chance.sample(optional, chance.randint(0, 6)),
        ]
        if chance.random() < 0.05:
            lines.remove(chance.choice(lines[:3]))
        text = "\n".join(lines) + "\n"
        if chance.random() < 0.2:
            text = mutated(chance, text, "\n: aV\t")
        texts.append(text + chance.choice(["", "\n# Acme\n\nHello.\n"]))

    def read(text: str) -> dict[str, Any]:
        metadata = Metadata.from_email(text.encode(), validate=True)
        return {
            "name": canonicalize_name(metadata.name),
            "version": str(metadata.version),
            "summary": metadata.summary,
            "license_expression": metadata.license_expression,
            "requires_dist": len(metadata.requires_dist or []),
            "requires_python": metadata.requires_python and str(metadata.requires_python),
        }

    def normal(answer: Any) -> Any:
        if answer is REFUSED:
            return answer
        answer["requires_dist"] = len(answer["requires_dist"])
        if answer["requires_python"]:
            answer["requires_python"] = str(SpecifierSet(answer["requires_python"]))
        return {key: answer[key] for key in read("Metadata-Version: 2.1\nName: a\nVersion: 1\n")}

    answers = verdicts.ask([{"kind": "metadata", "text": text} for text in texts])
    cases = [
        (text, normal(ours(answer)), theirs(read, text))
        for text, answer in zip(texts, answers, strict=True)
    ]
    compare(cases, METADATA_DIFFERENCES, least_accepted=400)


@pytest.mark.parametrize("text", ["1.0\n", "１.0", "1" * 400])
def test_versions_at_the_edge(verdicts: Verdicts, text: str) -> None:
    """Numbers of any length and ends of lines: whatever they say, we say at most that."""
    mine = ours(verdicts.ask([{"kind": "version", "text": text}])[0])
    assert mine is REFUSED or mine == theirs(lambda: str(Version(text)))
