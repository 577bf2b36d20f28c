"""How well the decoder does on photographs that have their truth beside them.

usage: python benchmarks/reference.py FOLDER [--only plain,lamp] [--json out.json]

FOLDER holds photographs with `NAME.truth.json` and `NAME.truth.npz`, as `groovescan simulate`
writes them; photographs without a truth must be refused, and count as failed where they are not.
Without the folder there is nothing to do, and the benchmark says so.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from fidelity import decode_and_score, heading, line, plain

import groovescan

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
        rows.append(measure(path))
        print(line(rows[-1]), flush=True)
    if options.json:
        text = json.dumps([plain(row) for row in rows], indent=1, ensure_ascii=False)
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    return min(sum("failure" in row for row in rows), 100)


def measure(photograph: Path) -> dict[str, Any]:
    """The figures of one photograph, or the reason why there are none."""
    row: dict[str, Any] = {"condition": photograph.stem, "seed": "-"}
    wanted = photograph.with_suffix(".truth.json").exists()
    begin = time.perf_counter()
    try:
        if wanted:
            row |= decode_and_score(photograph)
        else:
            groovescan.decode(photograph)
            row["failure"] = "decoded, though it has no truth and should have been refused"
    except groovescan.GroovescanError as error:
        said = f"{type(error).__name__}: {error}"
        refused = isinstance(error, groovescan.GrooveNotFoundError) and not wanted
        row["refused" if refused else "failure"] = said
    row["seconds"] = time.perf_counter() - begin
    return row


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER")
    parser.add_argument("--only", metavar="A,B", help="names of the photographs, without suffix")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
