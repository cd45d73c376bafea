"""`mailjet-segment completion`: its command line, and all of it, for it is short."""

from __future__ import annotations

from argparse import Action, ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator

from mailjet_segment.commands.command import Command


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=["bash", "zsh", "tcsh"], help="the shell that is to complete")


def _run(options: Namespace) -> None:
    import shtab

    from mailjet_segment.cli import whole_parser

    parser = whole_parser()
    for action in _all_actions(parser):
        completed = {"F": shtab.FILE, "DIR": shtab.DIRECTORY}.get(str(action.metavar))
        if completed:
            action.complete = completed  # type: ignore[attr-defined]
    print(shtab.complete(parser, options.shell))


def _all_actions(parser: ArgumentParser) -> Iterator[Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, _SubParsersAction):
            for subparser in action.choices.values():
                yield from _all_actions(subparser)


COMMAND = Command(
    "completion",
    "look after",
    "prints what makes your shell complete commands and options",
    _add_arguments,
    _run,
    (
        "mailjet-segment completion bash > ~/.local/share/bash-completion/completions/mailjet-segment",
        "mailjet-segment completion zsh > ~/.zfunc/_mailjet-segment",
    ),
)
