"""Threads that a Ctrl-C does not have to wait for.

`concurrent.futures` joins its threads before the process ends, so that one of them waiting for an answer
from AWS would hold the user's terminal for the length of a read timeout. These are daemon threads: the main
thread waits for results and can be interrupted at any time.
"""

from collections.abc import Callable, Iterable
from queue import LifoQueue, SimpleQueue
from threading import Event, Lock, Thread

Task = Callable[[], None]


class Pool:
    """Runs tasks, which may add tasks, on `workers` threads; the newest first: what is begun is ended.

    `stop` is set when the run ends early; tasks look at it.
    """

    def __init__(self, workers: int) -> None:
        self.stop = Event()
        self._workers = workers
        self._tasks: LifoQueue[Task | None] = LifoQueue()
        self._ended: SimpleQueue[BaseException | None] = SimpleQueue()
        self._lock = Lock()
        self._outstanding = 0

    def add(self, tasks: Iterable[Task]) -> None:
        """Add tasks; the first of them is run first."""
        for task in reversed(list(tasks)):
            with self._lock:
                self._outstanding += 1
            self._tasks.put(task)

    def run(self) -> None:
        """Run until no task is left. The first error of a task, or Ctrl-C, ends the run and is raised."""
        threads = [Thread(target=self._work, daemon=True) for _ in range(self._workers)]
        for thread in threads:
            thread.start()
        try:
            while self._outstanding:
                error = self._ended.get()
                if error is not None:
                    raise error  # noqa: TRY301 -- one exit for errors of tasks and for Ctrl-C
                with self._lock:
                    self._outstanding -= 1
        except BaseException:
            self.stop.set()
            raise
        finally:
            for _ in threads:
                self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None and not self.stop.is_set():
            try:
                task()
            except BaseException as error:  # noqa: BLE001 -- carried to the main thread and raised there
                self._ended.put(error)
            else:
                self._ended.put(None)
