"""A sink for tests of metrics: what the reports of the flow `small` add up to."""

from collections import Counter
from collections.abc import Mapping

PREFIX = "lattice.executor."


class Sink:
    """Keeps what it is told: totals of counters, values and rises of gauges, numbers of observations."""

    def __init__(self) -> None:
        self.counters: Counter[tuple[str, ...]] = Counter()
        self.gauges: dict[tuple[str, ...], float] = {}
        self.highest: dict[tuple[str, ...], float] = {}
        self.rises: Counter[tuple[str, ...]] = Counter()
        self.observed: Counter[tuple[str, ...]] = Counter()

    def counter(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        self.counters[self.key(name, labels)] += int(value)

    def gauge(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        key = self.key(name, labels)
        self.rises[key] += value > self.gauges.get(key, 0)
        self.gauges[key] = value
        self.highest[key] = max(self.highest.get(key, 0), value)

    def histogram(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        assert value >= 0
        self.observed[self.key(name, labels)] += 1

    @staticmethod
    def key(name: str, labels: Mapping[str, str]) -> tuple[str, ...]:
        assert name.startswith(PREFIX)
        assert (labels["flow"], labels["profile"]) == ("small", "dev")
        rest = sorted(value for label, value in labels.items() if label not in ("flow", "profile"))
        return (name.removeprefix(PREFIX), *rest)
