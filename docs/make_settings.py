"""Write the reference of the settings from the settings themselves.

usage: python docs/make_settings.py [FILE]

A test compares `docs/settings.md` with what this would write.
"""

from __future__ import annotations

import sys
from pathlib import Path

from groovescan.config.descriptions import Described, describe_all, summary_of

_HEAD = """# Settings

Written by `docs/make_settings.py` from the classes in `groovescan/config/settings.py`; change it
there.

Every setting has a default that suits most discs. To change some, write them into a file and name
it with `groovescan decode PHOTO --settings FILE.toml`; what the file leaves out keeps its default.
The button of `groovescan.tune` writes such a file, and so does
`groovescan.write_settings(path, settings)`. An example:

    [disc]
    start = "inner"

    [sound]
    rpm = 77.92
    eq = "500N-0"

In Python the same is
`groovescan.Settings().replace(disc={"start": "inner"}, sound={"rpm": 77.92, "eq": "500N-0"})`.
"""


def reference() -> str:
    """The reference, as Markdown."""
    parts = [_HEAD]
    for stage, fields in describe_all().items():
        parts.append(f"\n## [{stage}]\n\n{summary_of(stage)}\n")
        parts.append("\n| setting | default | range | what it does |\n|---|---|---|---|\n")
        parts += [_row(field) for field in fields]
    return "".join(parts)


def _row(field: Described) -> str:
    text = field.text.replace("|", "\\|")
    return f"| `{field.name}` | `{_toml(field.default)}` | {field.range} | {text} |\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value}"


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "settings.md"
    place.write_text(reference(), encoding="utf-8")
