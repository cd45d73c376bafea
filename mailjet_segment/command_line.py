"""The parser of the command line, and its help: examples first, commands grouped by purpose.

Help is set by rich-argparse if it is installed, and only when help is shown: a parser asks for its formatter with each
argument, and starting a command must not wait for that.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from mailjet_segment.commands.command import Command, Group

TITLES: Mapping[Group, str] = {
    "begin": "begin",
    "move": "move events",
    "answer": "get answers",
    "look after": "look after it",
}


class Parser(argparse.ArgumentParser):
    """`examples` are whole command lines. `sections` are titles, and the commands below each."""

    def __init__(self, *arguments: Any, examples: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.examples, self.sections = examples, dict[str, Sequence[str]]()

    def format_help(self) -> str:
        """The help, as it is shown: the parts that people read first come first."""
        formatter = _formatter_class()(self.prog)
        if self.examples:
            formatter.start_section("examples")
            formatter.add_text("\n".join(self.examples))
            formatter.end_section()
        formatter.add_usage(self.usage, self._actions, self._mutually_exclusive_groups)
        formatter.add_text(self.description)
        for group in self._action_groups:
            for title, actions in self._sections(group):
                formatter.start_section(title)
                formatter.add_text(group.description)
                formatter.add_arguments(actions)
                formatter.end_section()
        return formatter.format_help()

    def _sections(self, group: argparse._ArgumentGroup) -> list[tuple[str | None, list[argparse.Action]]]:
        """A group of arguments, or one for each section if it holds the commands."""
        actions = group._group_actions
        if not self.sections or not any(isinstance(action, argparse._SubParsersAction) for action in actions):
            return [(group.title, actions)]
        (commands,) = actions
        listed = {action.dest: action for action in commands._get_subactions()}  # type: ignore[attr-defined]
        return [(title, [listed[name] for name in names]) for title, names in self.sections.items()]


def make_parser(commands: Sequence[Command], version: str) -> Parser:
    """The parser of all commands. A parsed line has `run`: the function to call with it."""
    parser = Parser(
        prog="mailjet-segment",
        description="Mailjet's email events as tables in a warehouse and as track calls at Segment, without Airbyte.",
        examples=("mailjet-segment demo", "mailjet-segment init", "mailjet-segment COMMAND --help"),
    )
    parser.add_argument("--version", action="version", version=version)
    parser.add_argument("--debug", action="store_true", help="show where an unexpected error came from")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in commands:
        subparser = subparsers.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            examples=command.examples,
        )
        subparser.set_defaults(run=command.run)
        command.add_arguments(subparser)
    for group in get_args(Group):
        if names := [command.name for command in commands if command.group == group]:
            parser.sections[TITLES[group]] = names
    return parser


def _formatter_class() -> type[argparse.HelpFormatter]:
    """Texts keep their lines. Brackets in them are no markup."""
    try:
        from rich_argparse import RawDescriptionRichHelpFormatter
    except ModuleNotFoundError:
        return argparse.RawDescriptionHelpFormatter

    class Formatter(RawDescriptionRichHelpFormatter):
        help_markup = text_markup = False
        group_name_formatter = str.capitalize

    return Formatter
