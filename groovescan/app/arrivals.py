"""Files between the page and the program: photographs come in, sounds and pictures go out."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import defaultdict
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import FileResponse, JSONResponse, Response

from groovescan.app.desk import Desk
from groovescan.storage.os_errors import as_groovescan_error

_RESULT = re.compile(r"[0-9]+-[0-9a-f]+\.(?:png|wav)")


def add_routes(pages: Any, desk: Desk, folder: Path) -> None:
    """Name what a page can bring and fetch.

    Parameters
    ----------
    pages : fastapi.FastAPI
        The server's application.
    desk : Desk
        Photographs are put on it.
    folder : Path
        For what is brought; what is heard and shown lies in its folder `results`.
    """
    numbers = itertools.count(1)
    together: dict[str, list[Path]] = defaultdict(list)
    pages.add_static_files("/web", Path(str(resources.files("groovescan.app") / "web")))

    @pages.put("/photographs/{name:path}")
    async def bring(name: str, request: Request) -> Response:
        """Take a file that a browser sends."""
        path = folder / str(next(numbers)) / plain_name(name)
        try:
            await _receive(request, path)
        except OSError as error:
            path.unlink(missing_ok=True)
            desk.refuse(path.name, str(as_groovescan_error(error)))
            return JSONResponse({"taken": False}, status_code=507)
        if drop := request.query_params.get("drop"):
            together[drop].append(path)
        else:
            desk.add(path)
        return JSONResponse({"taken": True})

    @pages.post("/drops/{drop}")
    async def all_brought(drop: str) -> Response:
        """Take all files of a drop, once the last has come."""
        desk.add_several(together.pop(drop, []))
        return JSONResponse({"taken": True})

    @pages.get("/results/{name}")
    async def fetch(name: str) -> Response:
        """Give a result to the browser."""
        path = folder / "results" / name
        if not _RESULT.fullmatch(name) or not path.is_file():
            return Response(status_code=404)
        return FileResponse(path, headers={"Cache-Control": "no-store"})


async def _receive(request: Request, path: Path) -> None:
    """Write what is brought, piece by piece, since a photograph may be larger than memory."""
    path.parent.mkdir()
    with path.open("xb") as file:
        async for chunk in request.stream():
            await asyncio.to_thread(file.write, chunk)


def plain_name(name: str) -> str:
    """The name of a file that is brought, without what could lead elsewhere.

    Parameters
    ----------
    name : str
        As the browser says it.

    Returns
    -------
    str
        A name without folders.

    Examples
    --------
    >>> plain_name("../../диск 1.tif"), plain_name("..")
    ('диск 1.tif', 'photograph')
    """
    # File systems take 255; what is added in front of it takes some.
    longest_name_bytes = 180
    last = re.split(r"[/\\\\]", name)[-1].strip(". ")
    last = "".join(letter for letter in last if letter.isprintable() and letter not in ':*?"<>|')
    while len(last.encode()) > longest_name_bytes:
        last = last[1:]
    return last or "photograph"
