"""Prometheus metrics. No label names an account, a resource or a key, so that anybody may read them."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import func, select

from auditor.executor.database.database import Database
from auditor.executor.database.sql_tables import JOB_KINDS

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """The counters of one service, in a registry of their own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.registry = CollectorRegistry()
        name = "auditor_executor"
        self.requests = Counter(
            f"{name}_requests", "Requests answered.", ("operation", "status"), registry=self.registry
        )
        self.refused = Counter(
            f"{name}_refused",
            "Requests refused before an operation was found.",
            ("code",),
            registry=self.registry,
        )
        self.seconds = Histogram(
            f"{name}_request_seconds", "Time of a request.", buckets=_SECONDS, registry=self.registry
        )
        self.runs = Counter(
            f"{name}_engine_runs", "Runs of one account and Region.", ("result",), registry=self.registry
        )
        self.last_run = Gauge(
            f"{name}_engine_last_run_timestamp_seconds",
            "When the engine last came to its end everywhere.",
            registry=self.registry,
        )
        self.jobs = Counter(
            f"{name}_jobs_ended", "Jobs that ended.", ("kind", "state"), registry=self.registry
        )
        self.reconciled = Counter(
            f"{name}_recovery_points_reconciled",
            "Recovery points whose backup was found to be gone, or back.",
            ("event", "resource_type", "locked"),
            registry=self.registry,
        )
        self._open = Gauge(f"{name}_jobs_open", "Jobs that wait or run.", ("kind",), registry=self.registry)

    def page(self) -> bytes:
        """Everything in Prometheus' text format."""
        with self._database.read() as connection:
            for kind, table in JOB_KINDS:
                # One that has ended may still be looked back at.
                waits = (table.c.next_at.is_not(None), table.c.completed.is_(None))
                query = select(func.count()).where(*waits)
                self._open.labels(kind).set(connection.scalar(query) or 0)
        return bytes(generate_latest(self.registry))
