"""How many things an object of ours holds, and where: what grows shows up by its path."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sized
from collections.abc import Set as AbstractSet
from functools import partial
from types import FunctionType, MethodType
from typing import Any


def entries_of(root: object) -> Counter[str]:
    """Count the entries of every container that can be reached from an object, by its path.

    Followed are the attributes of objects of :mod:`workflow` (the sandbox's are somebody else's),
    what closures and methods hold on to, and what is in containers.
    """
    found: Counter[str] = Counter()
    seen: set[int] = set()
    kept: list[object] = []  # so that no id is used twice
    todo: deque[tuple[str, object]] = deque([("", root)])
    while todo:
        path, one = todo.popleft()
        if id(one) in seen or isinstance(one, (str, bytes, type)):
            continue
        seen.add(id(one))
        kept.append(one)
        if isinstance(one, Sized) and not _is_ours(one):
            found[path] += len(one)
        todo.extend((path + step, inner) for step, inner in _inside(one))
    return found


def _is_ours(one: object) -> bool:
    module = type(one).__module__
    return module.startswith("workflow.") and not module.startswith("workflow.sandbox")


def _inside(one: Any) -> Iterator[tuple[str, object]]:
    if isinstance(one, Mapping):
        for key, value in list(one.items()):
            yield "[key]", key
            yield "[]", value
    elif isinstance(one, (list, tuple, deque, AbstractSet)):
        yield from (("[]", inner) for inner in list(one))
    elif isinstance(one, MethodType):
        yield "", one.__self__
    elif isinstance(one, FunctionType):
        yield from (("()", cell.cell_contents) for cell in one.__closure__ or ())
    elif isinstance(one, partial):
        yield "()", (one.func, one.args)
    elif _is_ours(one):
        slots = [name for cls in type(one).__mro__ for name in getattr(cls, "__slots__", ())]
        for name in (*getattr(one, "__dict__", ()), *slots):
            if hasattr(one, name):
                yield f".{name}", getattr(one, name)
