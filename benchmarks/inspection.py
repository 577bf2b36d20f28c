"""How long a look takes, beside reading the file and decoding it, and how well it predicts.

usage: python benchmarks/inspection.py PHOTO... [--decode]

Times are given in s and as a multiple of the time that reading the file takes in the same run.
With --decode each photograph is decoded, too, and the signal to noise ratio that was predicted is
put beside the one that the decode claims.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import groovescan


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("photographs", nargs="+", type=Path, metavar="PHOTO")
    parser.add_argument("--decode", action="store_true", help="decode each photograph, too")
    options = parser.parse_args(arguments)
    print(f"{'photograph':<18}{'Mpx':>6}{'read, s':>9}{'look, s':>9}{'ratio':>7}  snr, dB")
    for path in options.photographs:
        print(line(path, decode=options.decode), flush=True)
    return 0


def line(path: Path, *, decode: bool) -> str:
    """The figures of one photograph."""
    begin = time.perf_counter()
    photo = groovescan.read_photograph(path)
    read_s = time.perf_counter() - begin
    begin = time.perf_counter()
    inspection = groovescan.inspect(photo)
    look_s = time.perf_counter() - begin
    told = f"{inspection.resolution.snr_db:.1f} predicted" if inspection.resolution else "refused"
    if decode and inspection.refusal is None:
        begin = time.perf_counter()
        claimed = groovescan.decode(path).resolution.snr_db
        told += f", {claimed:.1f} predicted by a decode of {time.perf_counter() - begin:.1f} s"
    size = photo.shape[0] * photo.shape[1] / 1e6
    ratio = look_s / read_s
    return f"{path.name:<18}{size:>6.1f}{read_s:>9.2f}{look_s:>9.2f}{ratio:>7.1f}  {told}"


if __name__ == "__main__":
    sys.exit(main())
