"""The machines of a Dask cluster, with the interface of `concurrent.futures`."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from groovescan import __version__
from groovescan.batch.execution.run import WorkerPool
from groovescan.batch.intake.find_photographs import STATE
from groovescan.errors import SettingsError
from groovescan.runtime.installation import install_words

#: A scheduler that does not answer within this has gone, or was never there. Arbitrary.
_CONNECT_S = 20.0


@contextmanager
def cluster(address: str, output: Path) -> Iterator[WorkerPool]:
    """The workers of a cluster.

    Parameters
    ----------
    address : str
        Of its scheduler, such as ``tcp://host:8786``.
    output : Path
        The output folder, which every worker has to see under the same path.

    Raises
    ------
    SettingsError
        Where dask.distributed is not installed, nobody answers, or a worker does not see the
        folder or has another version of the program.
    """
    # Calls at the scheduler at a time, so that a cluster that grows with its work sees that it has.
    ahead = 1000
    try:
        from distributed import Client, KilledWorker
    except ImportError as error:
        raise SettingsError(
            "--scheduler needs dask.distributed, which is not installed; "
            + install_words("cluster")
        ) from error
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except Exception as error:  # an address of a kind that is not installed fails in any way
        raise SettingsError(
            f"no scheduler answers at {address} ({type(error).__name__}: {error}); check the "
            "address, and that it runs"
        ) from error
    with client:
        _check_workers(client, output)
        yield WorkerPool(
            executor=client.get_executor(pure=False, retries=0),
            slots=ahead,
            died=(KilledWorker,),
            repeats=False,  # the scheduler has tried it again already
        )


def _check_workers(client: Any, output: Path) -> None:
    token = secrets.token_hex(8)
    probe = output / STATE / f"probe-{token}"
    probe.write_text(token, encoding="ascii")
    try:
        answers = client.run(_seen, probe)
    finally:
        probe.unlink(missing_ok=True)
    for worker, (version, text) in answers.items():
        if version != __version__:
            raise SettingsError(
                f"the worker {worker} has groovescan {version}, and this is {__version__}; "
                "install the same version everywhere"
            )
        if text != token:
            raise SettingsError(
                f"the worker {worker} does not see the output folder {output}; every worker "
                "needs it, and the photographs, under the same path"
            )


def _seen(probe: Path) -> tuple[str, str]:
    try:
        return __version__, probe.read_text(encoding="ascii")
    except OSError as error:
        return __version__, str(error)
