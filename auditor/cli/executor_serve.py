"""`auditor executor serve`."""

import sys
from pathlib import Path
from typing import Unpack

import click

from auditor.cli.executor_service import ServiceOptions, now, open_service
from auditor.cli.program_options import program_options


@click.command("serve")
@program_options("executor serve")
def command(
    *,
    workers: int,
    credentials: Path,
    host: str,
    port: int,
    threads: int,
    run_every: int,
    **options: Unpack[ServiceOptions],
) -> None:
    """Serve the AWS Backup API, and make the backups that are due.

    Prints its address on stdout and one JSON object an event on stderr. Requests must be signed by a key of
    --credentials. SIGTERM and Ctrl-C let begun requests and jobs end.
    """
    from concurrent.futures import ThreadPoolExecutor

    from auditor.cli.extras import require_executor

    require_executor()
    from auditor.executor.serving.application import ExecutorApplication
    from auditor.executor.serving.credentials import load_credentials
    from auditor.executor.serving.metrics import Metrics
    from auditor.executor.serving.notifier import Notifier
    from auditor.executor.serving.sigv4 import Verifier
    from auditor.executor.serving.worker import ExecutorWorker
    from auditor.serving import logs
    from auditor.serving.server import Server

    keys = load_credentials(credentials)
    logs.write_to(sys.stderr)
    with open_service(keys.membership, credentials, **options) as (service, clients):
        verifier, metrics = Verifier(keys.credentials, now), Metrics(service.database)
        server = Server(ExecutorApplication(service, verifier, metrics), host, port, threads)
        click.echo(server.endpoint)
        logs.info("serving", endpoint=server.endpoint, keys=len(keys.credentials))
        with ThreadPoolExecutor(2, "worker") as pool:  # loops beside the server, whose results nobody awaits
            tasks = []
            if run_every:
                worker = ExecutorWorker(service, metrics, workers=workers)
                tasks.append(pool.submit(worker.repeat, now, run_every, server.stop))
                tasks.append(pool.submit(Notifier(service, clients).repeat, run_every, server.stop))
            server.serve()
            for task in tasks:
                task.result()
        logs.info("stopped")
