"""What Prometheus may ask for at `/metrics`: requests, errors, latency, rows recorded, followers and the pool."""

from bisect import bisect_left
from collections import Counter as Counts
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString
from starlette.requests import Request
from starlette.responses import Response

disable_created_metrics()  # type: ignore[no-untyped-call]

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The figures of one application, in a registry of their own: two applications in a process stay apart."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Requests()
        self.registry.register(self.requests)
        self.errors = Counter(
            "twinql_errors", "Errors told to callers, by code; INTERNAL is a defect.", ["code"], registry=self.registry
        )
        self.sockets = Gauge("twinql_websockets", "WebSocket connections that are open.", registry=self.registry)

    def watch(self, name: str, description: str, figure: Callable[[], float]) -> None:
        """Add a figure that is looked up when it is asked for."""
        Gauge(name, description, registry=self.registry).set_function(figure)

    def watch_counts(self, name: str, description: str, label: str, counts: Callable[[], Mapping[str, int]]) -> None:
        """Add counts, by the values of a label, that are looked up when they are asked for."""
        self.registry.register(_Counts(name, description, label, counts))

    async def show(self, _request: Request) -> Response:
        """Answer `/metrics`."""
        return Response(generate_latest(self.registry), headers={"content-type": CONTENT_TYPE_LATEST})


class Requests(Collector):
    """Counts requests and measures how long they took, by labels of a bounded set.

    The client's own counters would do it too, at ten times the price: this is done for each request, on one loop.
    """

    def __init__(self) -> None:
        """Begin at zero."""
        self._counts: Counts[tuple[str, str, int]] = Counts()
        self._bins: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(LATENCY_BUCKETS_S) + 1))
        self._sums_s: defaultdict[str, float] = defaultdict(float)

    def note(self, method: str, path: str, status: int, elapsed_s: float) -> None:
        """Count one that was answered."""
        self._counts[method, path, status] += 1
        self._bins[path][bisect_left(LATENCY_BUCKETS_S, elapsed_s)] += 1
        self._sums_s[path] += elapsed_s

    def describe(self) -> tuple[Metric, ...]:
        """Name the figures."""
        return _families()

    def collect(self) -> tuple[Metric, ...]:
        """Give the figures."""
        counted, took = _families()
        for (method, path, status), count in self._counts.items():
            counted.add_metric([method, path, str(status)], count)
        bounds = [*map(floatToGoString, LATENCY_BUCKETS_S), "+Inf"]
        for path, bins in self._bins.items():
            took.add_metric([path], [*zip(bounds, accumulate(bins), strict=True)], self._sums_s[path])
        return counted, took


def _families() -> tuple[CounterMetricFamily, HistogramMetricFamily]:
    return (
        CounterMetricFamily("twinql_http_requests", "Requests answered.", labels=["method", "path", "status"]),
        HistogramMetricFamily(
            "twinql_http_request_seconds",
            "Time from a request to the end of its answer, or to the begin of an event stream.",
            labels=["path"],
        ),
    )


class _Counts(Collector):
    def __init__(self, name: str, description: str, label: str, counts: Callable[[], Mapping[str, int]]) -> None:
        self._name, self._description, self._label, self._counts = name, description, label, counts

    def describe(self) -> list[CounterMetricFamily]:
        return [CounterMetricFamily(self._name, self._description, labels=[self._label])]

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily(self._name, self._description, labels=[self._label])
        for value, count in self._counts().items():
            family.add_metric([value], count)
        yield family
