"""Answers run tasks of HCP Terraform: at once, and with the verdict on the plan when it is judged.

A request costs nothing before its signature is right. What comes twice is judged once. Nothing passes from
silence: what goes wrong is told as failed, in a sentence, and what cannot be told HCP Terraform itself calls
an error after ten minutes.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from auditor.hosts.comments import HostRefused
from auditor.hosts.run_task import MAX_REQUEST, BadTask, Installations, RunTask, is_signed, read_task
from auditor.hosts.terraform import TerraformRun
from auditor.model.errors import AuditorError
from auditor.serving import logs
from auditor.serving.connections import HEALTH

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

#: Tasks that wait, beyond those that are being judged; more are to come again.
WAITING: Final = 32
#: Tasks that are known to have come already.
_REMEMBERED: Final = 10_000
_SIGNATURE: Final = "HTTP_X_TFC_TASK_SIGNATURE"
_FETCHED: Final = "the plan was fetched and is being judged"
_NO_PLAN: Final = "there is no plan at the stage {stage}; let the run task run at the stage post-plan"
_ENDED: Final = "the server of the run task ended before it looked at the plan; start the run again"
_BROKEN: Final = "unexpected error in the run task; its log tells more"


@dataclass(frozen=True, slots=True)
class JudgedPlan:
    """What is told of a plan: passed or failed, a sentence, and outcomes as the API takes them."""

    passed: bool
    message: str
    outcomes: Any = None


Judge = Callable[[bytes], JudgedPlan]


class RunTaskServer:
    """The application. `judge` raises `AuditorError` where nothing can be said of a plan."""

    def __init__(
        self,
        key: bytes,
        origins: Installations,
        judge: Judge,
        wait: Callable[[float], object],
        *,
        workers: int,
        details: str = "",
    ) -> None:
        self._key = key
        self._origins = origins
        self._judge = judge
        self._wait = wait
        self._details = details
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, "run-task")
        self._lock = Lock()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._open = 0

    def close(self) -> None:
        """Let what is being judged end; what waits is told that it is not judged."""
        self._pool.shutdown(cancel_futures=True)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        status, said = self._answer(environ)
        if status is not HTTPStatus.OK:
            logs.error("refused", status=int(status), reason=said)
        body = f"{said}\n".encode() if said else b""
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _answer(self, environ: "WSGIEnvironment") -> tuple[HTTPStatus, str]:
        method = environ["REQUEST_METHOD"]
        if (method, environ.get("PATH_INFO")) == ("GET", HEALTH):
            return HTTPStatus.OK, "ok"
        if method != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, "run tasks are POST requests"
        length = int(environ.get("CONTENT_LENGTH") or 0)  # the server has counted it
        if length > MAX_REQUEST:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MAX_REQUEST} bytes"
        body = environ["wsgi.input"].read(length)
        if not is_signed(body, environ.get(_SIGNATURE, ""), self._key):
            return HTTPStatus.UNAUTHORIZED, "the signature of the request is missing or wrong"
        try:
            task = read_task(body, self._origins)
        except BadTask as bad:
            return HTTPStatus.BAD_REQUEST, str(bad)
        return self._take(task) if task is not None else (HTTPStatus.OK, "")

    def _take(self, task: RunTask) -> tuple[HTTPStatus, str]:
        """Have a task judged, unless it has come before."""
        with self._lock:
            if task.id in self._seen:
                return HTTPStatus.OK, ""
            if self._open >= WAITING + self._workers:
                return HTTPStatus.SERVICE_UNAVAILABLE, "too many run tasks wait; this one is to come again"
            self._seen[task.id] = None
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            self._open += 1
        self._pool.submit(self._work, task).add_done_callback(partial(self._ended, task))
        return HTTPStatus.OK, ""

    def _work(self, task: RunTask) -> None:
        run = TerraformRun(task, self._origins, self._wait)
        try:
            run.tell("running", "the plan is being checked", url=self._details)
            judged = self._judged(task, run)
            if judged.outcomes and task.outcomes:
                run.tell("running", judged.message, judged.outcomes, self._details)
        except HostRefused as refused:
            judged = JudgedPlan(passed=False, message=str(refused))
        self._tell(task, judged)

    def _judged(self, task: RunTask, run: TerraformRun) -> JudgedPlan:
        if not task.plan:
            return JudgedPlan(passed=False, message=_NO_PLAN.format(stage=task.stage))
        try:
            plan = run.plan()
            # to fetch and to judge may take more than ten minutes together
            run.tell("running", _FETCHED, url=self._details)
            return self._judge(plan)
        except AuditorError as error:
            return JudgedPlan(passed=False, message=str(error))

    def _tell(self, task: RunTask, judged: JudgedPlan) -> None:
        """Tell the verdict, and log it."""
        status = "passed" if judged.passed else "failed"
        told: dict[str, Any] = {
            "task": task.id,
            "run": task.run,
            "workspace": task.workspace,
            "stage": task.stage,
            "status": status,
            "message": judged.message,
        }
        try:
            TerraformRun(task, self._origins, self._wait).tell(status, judged.message, url=self._details)
        except HostRefused as refused:
            logs.error("the verdict was not taken", **told, reason=str(refused))
        else:
            logs.info("judged", **told)

    def _ended(self, task: RunTask, work: "Future[None]") -> None:
        """Count it down; what was not judged is told so."""
        with self._lock:
            self._open -= 1
        if work.cancelled():
            self._tell(task, JudgedPlan(passed=False, message=_ENDED))
        elif work.exception() is not None:
            logs.error("a run task failed", task=task.id, reason=repr(work.exception()))
            self._tell(task, JudgedPlan(passed=False, message=_BROKEN))
