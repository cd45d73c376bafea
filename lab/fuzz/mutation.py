"""Changes of JSON that keep it JSON: a fuzzer that flips bytes seldom gets past the parser.

Pure: the same text, words and seed give the same change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

_LITERAL = "\x00literal "
"""What marks a text that is written as it is, for numbers that Python would write in another way."""

VALUES: Sequence[Any] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    1.5,
    -0.0,
    2**31,
    2**53 + 1,
    2**63,
    2**64,
    10**25,
    float("nan"),
    float("inf"),
    f"{_LITERAL}1e400",
    f"{_LITERAL}-1E-400",
    f"{_LITERAL}1e99999999999999999999",
    f"{_LITERAL}12.0",
    f"{_LITERAL}0.1000000000000000055511151231257827",
    "",
    " ",
    "0",
    "1e9",
    "NaN",
    "true",
    "\u0663",
    "\ud83d",
    "\udc00x",
    "\U0001f600",
    "\u0000",
    "a@example.com",
    "x" * 300,
    "9" * 30,
    "2026-01-31T23:59:59Z",
    "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "1970-01-01T00:00:00Z",
    [],
    {},
    [[]],
    {"": ""},
)


def mutate(data: bytes, rng: Random) -> bytes | None:
    """The text with one of its lines of JSON changed; None where it has none."""
    lines = data.split(b"\n")
    for place in rng.sample(range(len(lines)), min(len(lines), 4)):
        try:
            changed = _changed(lines[place], rng)
        except (ValueError, RecursionError):  # no JSON, or nested more deeply than this Python reads or writes
            continue
        if changed is not None:
            lines[place] = changed
            return b"\n".join(lines)
    return None


def _changed(line: bytes, rng: Random) -> bytes | None:
    """A line of JSON with one to four changes; None where it is neither an object nor a list."""
    value = json.loads(line)
    if not isinstance(value, (dict, list)):
        return None
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        _change(value, rng)
    return _dump(value)


def _dump(value: Any) -> bytes:
    text = json.dumps(value, separators=(",", ":"))
    marker = json.dumps(_LITERAL)[1:-1]
    parts = text.split(f'"{marker}')
    return "".join([parts[0], *(part.replace('"', "", 1) for part in parts[1:])]).encode()


def _copied(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _change(root: Any, rng: Random) -> None:
    """Changes one place in a tree, in the tree itself."""
    places = _places(root)
    if not places:
        return
    holder, key = rng.choice(places)
    _CHANGES[rng.randrange(len(_CHANGES))](holder, key, places, rng)


def _places(root: Any) -> list[tuple[Any, Any]]:
    """Every object or list in a tree with each of its keys or indexes.

    Does not recurse: json reads deeper trees than a Python function can walk by calling itself, from Python 3.12 on.
    """
    places: list[tuple[Any, Any]] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            places.append((node, key))
            if isinstance(value, (dict, list)):
                waiting.append(value)
    return places


def _replace(holder: Any, key: Any, places: Any, rng: Random) -> None:
    holder[key] = _copied(rng.choice(VALUES))


def _remove(holder: Any, key: Any, places: Any, rng: Random) -> None:
    del holder[key]


def _copy(holder: Any, key: Any, places: Any, rng: Random) -> None:
    """Puts here what is there."""
    other, name = rng.choice(places)
    holder[key] = _copied(other[name])


def _repeat(holder: Any, key: Any, places: Any, rng: Random) -> None:
    """The same again: in a list beside it, in an object under another object's name."""
    value = _copied(holder[key])
    if isinstance(holder, list):
        holder.insert(key, value)
    else:
        names = [name for _, name in places if isinstance(name, str)]
        holder[rng.choice(names or ["x"])] = value


def _spell(holder: Any, key: Any, places: Any, rng: Random) -> None:
    """Another way to write nearly the same: a number as text, a text cut off, longer, in another case."""
    text = str(holder[key])
    cut = rng.randrange(len(text) + 1)
    holder[key] = rng.choice(
        (text, f" {text} ", text[:cut], text[:cut] + rng.choice("0Z\ud83dé\n.-+eT:") + text[cut:], text.swapcase())
    )


def _wrap(holder: Any, key: Any, places: Any, rng: Random) -> None:
    holder[key] = rng.choice(([holder[key]], {"x": holder[key]}, {"type": holder[key]}))


_CHANGES: Sequence[Callable[[Any, Any, Any, Random], None]] = (
    _replace,
    _replace,
    _remove,
    _copy,
    _repeat,
    _spell,
    _spell,
    _wrap,
)
