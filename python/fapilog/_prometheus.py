"""The counts of every open pipeline as Prometheus text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from fapilog._stats import Latency, Stats

#: A metric's lines below its name: labels and a value.
_Samples: TypeAlias = "Iterable[tuple[Mapping[str, object], float]]"


def prometheus_text() -> str:
    """The counts of every open pipeline of this process in Prometheus' text format 0.0.4.

    Counters end in ``_total``; times are histograms in seconds. To be served by the application,
    with ``Content-Type: text/plain; version=0.0.4``: fapilog opens no port.

    Examples:
        >>> import fapilog
        >>> with fapilog.get_logger("shop", sinks=["null"]) as log:
        ...     log.info("paid")
        ...     log.flush()
        ...     'fapilog_delivered_total{logger="shop"} 1' in fapilog.prometheus_text()
        True
        True
    """
    from fapilog._lifecycle import open_runtimes

    all_stats: list[tuple[str, Stats]] = []
    names: dict[str, int] = {}
    for runtime in open_runtimes():
        number = names[runtime.name] = names.get(runtime.name, 0) + 1
        name = runtime.name if number == 1 else f"{runtime.name}#{number}"
        all_stats.append((name, runtime.stats()))
    return "".join(f"{line}\n" for line in _lines(all_stats))


def _lines(all_stats: list[tuple[str, Stats]]) -> Iterator[str]:
    for count, text in (
        ("submitted", "Records handed to the pipeline"),
        ("delivered", "Records that at least one sink took"),
        ("filtered", "Records taken out on purpose"),
    ):
        samples = [({"logger": name}, getattr(stats, count)) for name, stats in all_stats]
        yield from _metric(f"fapilog_{count}_total", "counter", text, samples)
    yield from _metric(
        "fapilog_dropped_total",
        "counter",
        "Records lost, by reason",
        (
            ({"logger": name, "reason": reason}, count)
            for name, stats in all_stats
            for reason, count in stats.dropped_by_reason.items()
        ),
    )
    queued = [({"logger": name}, stats.queued) for name, stats in all_stats]
    yield from _metric("fapilog_queued", "gauge", "Records on their way", queued)
    yield from _part_lines(all_stats)
    yield from _durable_lines(all_stats)


def _part_lines(all_stats: list[tuple[str, Stats]]) -> Iterator[str]:
    for part, key, counts in (
        ("sink", "sinks", ("written", "dropped", "diverted", "errors")),
        ("stage", "stages", ("records", "filtered", "lost", "errors")),
        ("plugin", "plugins", ("records", "errors", "skipped")),
        ("alerter", "alerters", ("written", "dropped", "errors")),
    ):
        parts = [
            ({"logger": name, part: one.name, "number": number}, one)
            for name, stats in all_stats
            for number, one in enumerate(getattr(stats, key))
        ]
        for count in counts:
            samples = [(labels, getattr(one, count)) for labels, one in parts]
            text = f"The {part}'s count `{count}`"
            yield from _metric(f"fapilog_{part}_{count}_total", "counter", text, samples)
        if part == "sink":
            for gauge, text in (
                ("buffered", "Records waiting for the sink"),
                ("spooled", "Records waiting for it in its spool"),
                ("broken", "Whether its circuit is open"),
            ):
                samples = [(labels, float(getattr(one, gauge))) for labels, one in parts]
                yield from _metric(f"fapilog_sink_{gauge}", "gauge", text, samples)
        if part == "plugin":
            text = "Whether it fails too often or is left alone"
            ill = [(labels, float(one.health == "unhealthy")) for labels, one in parts]
            yield from _metric("fapilog_plugin_unhealthy", "gauge", text, ill)
        latencies = [(labels, one.latency) for labels, one in parts]
        yield from _histogram(f"fapilog_{part}_seconds", latencies)


def _durable_lines(all_stats: list[tuple[str, Stats]]) -> Iterator[str]:
    durable = [(name, stats.durable) for name, stats in all_stats if stats.durable is not None]
    for count, suffix, kind, text in (
        ("recovered", "_total", "counter", "Records that earlier processes had left"),
        ("unprotected", "_total", "counter", "Records that found no room in the journal"),
        ("bytes", "", "gauge", "Bytes of the journal's files"),
    ):
        samples = [({"logger": name}, getattr(counts, count)) for name, counts in durable]
        yield from _metric(f"fapilog_journal_{count}{suffix}", kind, text, samples)


def _metric(name: str, kind: str, text: str, samples: _Samples) -> Iterator[str]:
    lines = [f"{name}{_labels(labels)} {_number(value)}" for labels, value in samples]
    if lines:
        yield f"# HELP {name} {text}."
        yield f"# TYPE {name} {kind}"
        yield from lines


def _histogram(name: str, latencies: list[tuple[dict[str, object], Latency]]) -> Iterator[str]:
    if latencies:
        yield f"# HELP {name} How long its calls took."
        yield f"# TYPE {name} histogram"
    for labels, latency in latencies:
        total = 0
        for bound, count in latency.buckets:
            total += count
            if bound != float("inf"):
                yield f"{name}_bucket{_labels({**labels, 'le': bound})} {total}"
        yield f"{name}_bucket{_labels({**labels, 'le': '+Inf'})} {total}"
        yield f"{name}_sum{_labels(labels)} {_number(latency.total)}"
        yield f"{name}_count{_labels(labels)} {total}"


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(float(value))


def _labels(labels: Mapping[str, object]) -> str:
    return "{" + ",".join(f'{key}="{_escaped(str(value))}"' for key, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
