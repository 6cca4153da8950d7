"""What the lists share: the filters they keep, `next` and `previous` with their quirks.

The links are ``""`` when absent, there is no total, a full last page still has a `next`, and the
request's filters are mostly forgotten. The host is the one the server believes to have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from workflow.sandbox.answers import Answer, encode, ok_text
from workflow.sandbox.call import Call
from workflow.sandbox.faultkinds import FaultName
from workflow.sandbox.model import Json
from workflow.sandbox.params import Query


def page_links(
    call: Call, path: str, kept: Sequence[tuple[str, str]], *, limit: int, offset: int, found: int
) -> dict[str, Json]:
    """Return the two links of a page that holds `found` rows; `kept` are the filters it keeps."""
    base = call.base_url
    if wrong := call.strikes.get(FaultName.WRONG_NEXT):
        base = f"{wrong.word('host')}/v1"

    def link(to: int) -> str:
        query = urlencode([*kept, ("limit", str(limit)), ("offset", str(to))])
        return f"{base}{path}?{query}"

    return {
        "previous": link(max(0, offset - limit)) if offset else "",
        "next": link(offset + limit) if found and found >= limit else "",
    }


def page_of(links: Mapping[str, Json], rows: Sequence[bytes]) -> Answer:
    """Return a page of rows that are encoded already."""
    return ok_text(b'%b,"data":[%b]}' % (encode(dict(links))[:-1], b",".join(rows)))


def list_filters(query: Query) -> list[tuple[str, str]]:
    """Return the filters that the links of a list keep."""
    kept: list[tuple[str, str]] = []
    asked = query.uuids("workspaceIds")
    if asked:
        kept.append(("workspaceIds", ",".join(asked)))
    kept.append(("includeDeleted", str(query.flag("includeDeleted")).lower()))
    return kept
