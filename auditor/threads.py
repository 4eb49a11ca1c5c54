"""Threads that do several things at once.

They are daemon threads. `concurrent.futures` joins its threads before the process ends, so that one of them
waiting for an answer from AWS would hold the user's terminal for the length of a read timeout. Here the main
thread waits for results, can be interrupted at any time, and waits for the threads only where it says so.
"""

from collections.abc import Callable, Iterable
from functools import partial
from queue import LifoQueue, SimpleQueue
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

Task = Callable[[], None]
Item = TypeVar("Item")
Result = TypeVar("Result")


class Pool:
    """Runs tasks, which may add tasks, on `workers` threads; the newest first: what is begun is ended.

    The pool sets `stop` when its run ends early; tasks look at it. A pool that was stopped runs no more.
    `ended` is called after each task, with how many have ended, on the thread that runs the pool.
    """

    def __init__(
        self, workers: int, stop: Event | None = None, ended: Callable[[int], None] | None = None
    ) -> None:
        self.stop = stop or Event()
        self._workers = workers
        self._report = ended
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

    def run(self, *, wait: bool = False) -> None:
        """Run until no task is left. The first error of a task, or Ctrl-C, ends the run and is raised.

        With `wait` what has begun ends before that.
        """
        if self.stop.is_set():
            raise AssertionError("a pool that was stopped does not run again")
        threads = [Thread(target=self._work, daemon=True) for _ in range(self._workers)]
        for thread in threads:
            thread.start()
        done = 0
        try:
            while self._outstanding:
                error = self._ended.get()
                if error is not None:
                    raise error  # noqa: TRY301 -- one exit for errors of tasks and for Ctrl-C
                done += 1
                if self._report is not None:
                    self._report(done)
                with self._lock:
                    self._outstanding -= 1
        except BaseException:
            self.stop.set()
            raise
        finally:
            for _ in threads:
                self._tasks.put(None)
            for thread in threads if wait else ():
                thread.join()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None and not self.stop.is_set():
            try:
                task()
            except BaseException as error:  # noqa: BLE001 -- carried to the main thread and raised there
                self._ended.put(error)
                self.stop.set()  # only then: what others raise because of it comes after the error
            else:
                self._ended.put(None)


def in_parallel(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int,
    stop: Event | None = None,
    ended: Callable[[int], None] | None = None,
) -> list[Result]:
    """Apply `function` to each item on threads, and give the results in the order of the items.

    The first error, or Ctrl-C, sets `stop` and is raised when what has begun has ended.
    """
    items = list(items)
    found: dict[int, Result] = {}

    def one(number: int, item: Item) -> None:
        found[number] = function(item)

    pool = Pool(min(max(1, workers), len(items)), stop, ended)
    pool.add(partial(one, number, item) for number, item in enumerate(items))
    pool.run(wait=True)
    return [found[number] for number in range(len(items))]


class Beside(Generic[Result]):
    """Runs a function on a thread of its own, beside what the caller does meanwhile."""

    def __init__(self, function: Callable[[], Result]) -> None:
        self._function = function
        self._found: list[Result] = []
        self._raised: list[BaseException] = []
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self) -> Result:
        """Wait for its end, and give what it gave or raise what it raised."""
        self._thread.join()
        for error in self._raised:
            raise error
        return self._found[0]

    def results(self) -> list[Result]:
        """Wait for its end, and give what it gave; nothing where it raised."""
        self._thread.join()
        return self._found

    def _run(self) -> None:
        try:
            self._found.append(self._function())
        except BaseException as error:  # noqa: BLE001 -- raised where the result is waited for
            self._raised.append(error)


class Countdown:
    """Tells the last one of several threads that it is the last."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = Lock()

    def last(self) -> bool:
        """Whether no other thread comes after this one."""
        with self._lock:
            self._count -= 1
            return self._count == 0
