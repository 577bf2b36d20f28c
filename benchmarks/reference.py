"""How well the decoder does on photographs that have their truth beside them.

usage: python benchmarks/reference.py FOLDER [--only plain,lamp] [--json out.json]

FOLDER holds photographs with `NAME.truth.json` and `NAME.truth.npz`, as `groovescan simulate`
writes them, or that of each of several grooves; photographs without a truth must be refused, and
count as failed where they are not.
Without the folder there is nothing to do, and the benchmark says so.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from fidelity import decode_and_score_cuts, heading, line, plain

import groovescan
from groovescan.simulate import truth_places

KINDS = (".png", ".tif", ".tiff", ".jpg", ".jpeg")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; the exit code is the number of failures, at most 100."""
    options = _options(arguments)
    if options.folder is None or not options.folder.is_dir():
        print(f"skipped: there is no folder of reference photographs ({options.folder})")
        return 0
    photographs = [path for path in sorted(options.folder.iterdir()) if path.suffix in KINDS]
    if options.only:
        photographs = [path for path in photographs if path.stem in options.only.split(",")]
    print(heading(), flush=True)
    rows = []
    for path in photographs:
        found = measure(path)
        print("\n".join(map(line, found)), flush=True)
        rows += found
    if options.json:
        text = json.dumps([plain(row) for row in rows], indent=1, ensure_ascii=False)
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    return min(sum("failure" in row for row in rows), 100)


def measure(photograph: Path) -> list[dict[str, Any]]:
    """The figures of each groove of one photograph, or the reason why there are none."""
    shared: dict[str, Any] = {"condition": photograph.stem, "seed": "-"}
    cuts = _cuts(photograph)
    begin = time.perf_counter()
    try:
        if cuts:
            rows = decode_and_score_cuts(photograph, cuts)
        else:
            groovescan.decode(photograph)
            said = "decoded, though it has no truth and should have been refused"
            rows = [{"failure": said}]
    except groovescan.GroovescanError as error:
        refused = isinstance(error, groovescan.GrooveNotFoundError) and not cuts
        rows = [{"refused" if refused else "failure": f"{type(error).__name__}: {error}"}]
    shared["seconds"] = time.perf_counter() - begin
    return [shared | row for row in rows]


def _cuts(photograph: Path) -> int:
    """How many grooves of a photograph have their truth beside it."""
    most = 2
    while all(place.exists() for place in truth_places(photograph, most)):
        most += 1
    if most > 2:
        return most - 1
    return int(truth_places(photograph)[0].exists())


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER")
    parser.add_argument("--only", metavar="A,B", help="names of the photographs, without suffix")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
