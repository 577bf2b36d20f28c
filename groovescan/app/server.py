"""Serves the window: on this machine only, to whoever started it, until it is stopped."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
import time
import webbrowser
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from nicegui import app as pages
from nicegui import ui

from groovescan.app.arrivals import add_routes
from groovescan.app.desk import Desk
from groovescan.app.messages import Report, StageNews
from groovescan.app.token_gate import TokenGate, new_token
from groovescan.app.window import Window
from groovescan.app.worker_handle import WorkerHandle

_HOST = "127.0.0.1"
#: When nobody looks at it any more and nothing is being done, the program ends after so long.
_IDLE_S = 900.0


def serve(
    photographs: Sequence[Path] = (),
    *,
    port: int = 0,
    browser: bool = True,
    tell: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve the window until it is stopped.

    Parameters
    ----------
    photographs : sequence of Path
        What lies on the desk at first.
    port : int
        Port of the address; 0 takes one that is free.
    browser : bool
        Whether the browser is opened.
    tell : callable
        Told the address, which nobody else must know.

    Raises
    ------
    OSError
        Where the port is taken.
    """
    folder = Path(tempfile.mkdtemp(prefix="groovescan-"))  # for this user alone
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
            listening.bind((_HOST, port))
            _serve_on(listening, folder, photographs, browser=browser, tell=tell)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve_on(
    listening: socket.socket,
    folder: Path,
    photographs: Sequence[Path],
    *,
    browser: bool,
    tell: Callable[[str], None],
) -> None:
    leave_s = 1
    port, token = listening.getsockname()[1], new_token()
    address = f"http://{_HOST}:{port}/{token}/"
    window = Served(folder, photographs)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        """Work while the server runs, and show the address."""
        async with window.working():
            if browser:
                open_browser(address, folder)
            tell(address)
            yield

    core = FastAPI(lifespan=lifespan, openapi_url=None)
    window.lay_out()
    ui.run_with(
        core,
        mount_path=f"/{token}",
        title="groovescan",
        favicon=Path(str(resources.files("groovescan.app") / "web" / "icon.svg")),
        dark=None,
        language="en-US",
        tailwind=False,
        reconnect_timeout=30.0,
        show_welcome_message=False,
    )
    hosts = frozenset({f"{_HOST}:{port}", f"localhost:{port}"})
    config = uvicorn.Config(
        TokenGate(core, token, hosts),
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=leave_s,
        server_header=False,
    )
    window.server = uvicorn.Server(config)
    window.server.run(sockets=[listening])


class Served:
    """The desk, the process that works for it, and the pages that show it.

    Parameters
    ----------
    folder : Path
        For what is brought, heard and shown; nobody else can read it.
    photographs : sequence of Path
        What lies on the desk at first.
    """

    def __init__(self, folder: Path, photographs: Sequence[Path]) -> None:
        self.server: uvicorn.Server | None = None
        self._folder, self._photographs = folder, photographs
        self._looked_at_s = time.monotonic()
        self._worker: WorkerHandle | None = None
        self.desk = Desk(self._ask, self._cancel)

    def lay_out(self) -> None:
        """Name the page and all that it asks for."""
        add_routes(pages, self.desk, self._folder)

        @ui.page("/")
        async def index() -> None:
            """Build the page."""
            await Window(self.desk, stop=self.stop).build()

    def stop(self) -> None:
        """End the program."""
        if self.server is not None:
            self.server.should_exit = True

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """While it is entered, there is a process that works, and photographs are on the desk."""
        loop = asyncio.get_running_loop()

        def hear(news: StageNews | Report) -> None:
            """Hand news of the worker to the thread of the page."""
            loop.call_soon_threadsafe(self.desk.hear, news)

        results = self._folder / "results"
        results.mkdir()
        self._worker = WorkerHandle(results, hear)
        watch = asyncio.create_task(self._watch())
        self.desk.add_several(self._photographs, brought=False)
        try:
            yield
        finally:
            watch.cancel()
            self._worker.close()

    def _ask(self, request: object) -> None:
        if self._worker is not None:
            self._worker.ask(request)  # type: ignore[arg-type]

    def _cancel(self) -> None:
        if self._worker is not None:
            self._worker.cancel()

    async def _watch(self) -> None:
        """End the program when its page was closed long ago."""
        while True:
            await asyncio.sleep(5)
            if self.desk.listeners or self.desk.busy:
                self._looked_at_s = time.monotonic()
            elif time.monotonic() - self._looked_at_s > _IDLE_S:
                self.stop()


def open_browser(address: str, folder: Path) -> None:
    """Open the browser by a file that only this user can read.

    What stands on a command line, every user of the machine can see.
    """
    place = folder / "open.html"
    place.touch(mode=0o600)
    place.write_text(
        "<!doctype html><title>groovescan</title>"
        f'<meta http-equiv="refresh" content="0;url={address}">'
        f'<p><a href="{address}">Open groovescan</a></p>',
        encoding="utf-8",
    )
    webbrowser.open(place.as_uri())
