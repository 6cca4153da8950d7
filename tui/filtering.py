"""What the words of a filter mean.

Words are looked for anywhere, all of them; ``tag:finance`` only among the tags, and so for each
:class:`Field`; a leading ``-`` leaves out what has the word, and quotes hold words together:
``source:"google ads" status:failed -staging``. Nobody reads sources and destinations for this:
they are what stands before and after the arrow of a name, as Airbyte names connections.

Pure, and quick over ten thousand: what a row has is one string, made when the row changes, and a
filter is read once for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Field(StrEnum):
    """What may stand before a colon."""

    TAG = "tag"
    SOURCE = "source"
    DESTINATION = "destination"
    STATUS = "status"
    """A status, verdict or warning in the deck's word or the server's."""
    TYPE = "type"
    """Of the job: sync, clear, reset."""


_SHORT: Final = {"src": Field.SOURCE, "dst": Field.DESTINATION, "dest": Field.DESTINATION}
_ARROWS: Final = re.compile(r"\s*(?:→|->|⇒|=>)\s*")
_WORD: Final = re.compile(
    r"""
    (?P<minus> -? )
    (?: (?P<field> [a-z]+ ) : (?: "(?P<held> [^"]* )"? | (?P<bare> \S* ) )
      | "(?P<words> [^"]* )"?
      | (?P<word> \S+ ) )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TEXTS: Final = ("held", "bare", "words", "word")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter, read."""

    words: tuple[str, ...] = ()
    """Have to be somewhere, lower case."""
    without: tuple[str, ...] = ()
    """May be nowhere."""
    fields: tuple[re.Pattern[str], ...] = ()
    """Have to be among what :func:`fields` made."""
    not_fields: tuple[re.Pattern[str], ...] = ()

    def finds(self, searched: str) -> bool:
        """Tell whether a row's text, in lower case, has the words."""
        return all(word in searched for word in self.words) and not any(
            word in searched for word in self.without
        )

    def fits(self, has: str) -> bool:
        """Tell whether what :func:`fields` made of a row has what is asked of its fields."""
        return all(field.search(has) for field in self.fields) and not any(
            field.search(has) for field in self.not_fields
        )

    @property
    def on_fields(self) -> bool:
        """Whether anything is asked of fields: if not, they need not be looked at."""
        return bool(self.fields or self.not_fields)

    def narrows(self, other: Filter) -> bool:
        """Tell whether all that passes this filter passes the `other`, as when it has grown.

        False where that cannot be told without looking at rows.
        """
        return (
            all(any(word in ours for ours in self.words) for word in other.words)
            and set(other.without) <= set(self.without)
            and set(other.fields) <= set(self.fields)
            and set(other.not_fields) <= set(self.not_fields)
        )

    def passes(self, searched: str, has: str) -> bool:
        """Tell whether a row passes, by its text and by its fields."""
        return self.finds(searched) and self.fits(has)


@lru_cache(maxsize=64)
def read(typed: str) -> Filter:
    """Read a filter as it was typed. Nothing is a mistake: what is no field is text."""
    words: list[str] = []
    without: list[str] = []
    wanted: list[re.Pattern[str]] = []
    unwanted: list[re.Pattern[str]] = []
    for found in _WORD.finditer(typed):
        minus, name = found["minus"], found["field"]
        text = next(found[kind] for kind in _TEXTS if found[kind] is not None).lower()
        field = _field(name)
        if name and field is None:  # a colon within a word
            text = f"{name.lower()}:{text}"
        if field is not None:
            pattern = re.compile(f"^{field}:.*{re.escape(text)}", re.MULTILINE)
            (unwanted if minus else wanted).append(pattern)
        elif text:
            (without if minus else words).append(text)
    return Filter(tuple(words), tuple(without), tuple(wanted), tuple(unwanted))


def fields(
    name: str,
    *,
    status: Iterable[str | None] = (),
    tags: Iterable[str] = (),
    job_type: str | None = None,
) -> str:
    """Return what a row has, as :meth:`Filter.passes` takes it: a line for each, lower case."""
    source, *others = _ARROWS.split(name, maxsplit=1)
    lines = [f"{Field.SOURCE}:{source}", *(f"{Field.DESTINATION}:{other}" for other in others)]
    lines += [f"{Field.STATUS}:{word}" for word in status if word]
    lines += [f"{Field.TYPE}:{job_type}"] if job_type else []
    return "\n".join([*lines, tag_lines(tags)]).lower()


def tag_lines(tags: Iterable[str]) -> str:
    """Return the lines of :func:`fields` that tell the tags, for a row that learns them later."""
    return "\n".join(f"{Field.TAG}:{tag}" for tag in tags).lower()


def _field(name: str | None) -> Field | None:
    lower = (name or "").lower()
    return Field(lower) if lower in set(Field) else _SHORT.get(lower)
