"""Publishes the outbox in a thread of its own, so that a slow topic delays no backup."""

from threading import Event

from sqlalchemy.exc import SQLAlchemyError

from auditor.executor.engine.outbox import publish
from auditor.executor.seam.driver import Clients
from auditor.executor.service import BackupService
from auditor.serving import logs


class Notifier:
    """Publishes to topics through the accounts' own clients, and logs what they refused."""

    def __init__(self, service: BackupService, clients: Clients) -> None:
        self._service = service
        self._clients = clients

    def publish(self) -> None:
        """Publish what is due; what could not be is logged, and stays in the outbox for a day."""
        try:
            refusals = publish(self._service.database, self._clients, self._service.now_ms())
        except SQLAlchemyError as failure:
            logs.error("notifications could not be read", reason=str(failure))
            return
        for refusal in refusals:
            logs.error(
                "notification refused",
                account_id=refusal.account_id,
                region=refusal.region,
                topic_arn=refusal.topic_arn,
                reason=refusal.reason,
                given_up=refusal.given_up,
            )

    def repeat(self, seconds: float, stop: Event) -> None:
        """Publish now, and again every so many seconds until `stop`; an unexpected error sets `stop`."""
        try:
            while not stop.is_set():
                self.publish()
                stop.wait(seconds)
        finally:
            stop.set()
