"""Help in plain words: what is taken, in words of the trade, with an example under every page."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup

#: Width of a help page at most; narrower where the terminal is.
WIDTH = 100
#: Examples of each command: what is typed, and what it does.
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "groovescan": (
        ("groovescan decode photo.tif", "the sound is in photo.wav"),
        ("groovescan app", "the same in a window"),
    ),
    "decode": (
        ("groovescan decode photo.tif", "writes photo.wav beside it"),
        ("groovescan decode photo.tif --rpm 33 --eq riaa --report", "another disc, with a page"),
        ("groovescan decode whole.tif close-1.tif close-2.tif", "several photographs of one disc"),
        ("groovescan decode - -o - < photo.tif > sound.wav", "in a pipe"),
    ),
    "inspect": (
        ("groovescan inspect photo.tif --figure seen.png", "before a decode"),
        ("groovescan inspect a.tif b.tif c.tif", "how they lie on the disc, and what is missing"),
    ),
    "batch": (("groovescan batch archive/ -o transfers/", "a whole collection, overnight"),),
    "curves": (
        ("groovescan curves", "the catalogue"),
        ("groovescan curves riaa 250N-0 --plot curves.png", "what two of them do"),
    ),
    "simulate": (("groovescan simulate speech.wav -o disc.png --preset worn", "a worn disc"),),
    "app": (
        ("groovescan app", "opens the window"),
        ("groovescan app --shortcut", "puts a starter on the desktop"),
    ),
    "explain": (("groovescan explain snr", "what a word of the summary means"),),
}
#: What the library calls the types of values, and what people do.
_TYPES = {"float": "NUMBER", "int": "NUMBER", "path": "FILE", "Path": "FILE", "str": "WORD"}
_RANGE = re.compile(r"(\d[\d.]*)<=x<=(\d[\d.]*)")
_TYPE = re.compile(r" <(?:list\[)?(\w+)(?: range)?\]?>")


class HelpfulCommand(TyperCommand):
    """A command whose help names its arguments as they are typed, and gives examples."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The usage line: options, then each argument as it is named."""
        return ["[OPTIONS]", *(_named(one) for one in self.params if _is_argument(one))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments and options, each with what it does."""
        arguments, options = [], []
        for one in self.get_params(ctx):
            record = one.get_help_record(ctx)
            if record is None:
                continue
            text = _RANGE.sub(r"\1 to \2", re.sub(r"\s*\[required\]$", "", record[1]))
            if _is_argument(one):
                arguments.append((_named(one), text))
            else:
                options.append((_TYPE.sub(_in_words, record[0]), text))
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl(arguments)
        if options:
            with formatter.section("Options"):
                formatter.write_dl(options)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Examples of the command."""
        _write_examples(self.name or "", formatter)


class HelpfulGroup(TyperGroup):
    """The program, whose help tells each command in a whole sentence."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Options of the program, then its commands."""
        records = [one.get_help_record(ctx) for one in self.get_params(ctx)]
        with formatter.section("Options"):
            formatter.write_dl([record for record in records if record is not None])
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, (one.help or "").split("\n")[0]) for name, one in commands if one]
            )

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Examples, and what exit codes mean."""
        _write_examples("groovescan", formatter)
        super().format_epilog(ctx, formatter)


def _write_examples(name: str, formatter: Any) -> None:
    if examples := EXAMPLES.get(name):
        with formatter.section("Examples" if len(examples) > 1 else "Example"):
            formatter.write_dl(list(examples), col_max=58)


def _is_argument(one: Any) -> bool:
    return str(one.param_type_name) == "argument"


def _named(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _in_words(match: re.Match[str]) -> str:
    return f" {_TYPES.get(match[1], match[1].upper())}"
