"""Takes out of an answer what its request was trusted with.

Proxies and debugging servers say back what they were told, in an error's text or a header, and
what a server says is shown, logged and written down. So a credential that comes back is struck out
where answers come in, before anybody else has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from workflow.http.messages import Headers, Response

STRUCK_OUT: Final = "***"
_SHORTEST: Final = 8
"""Characters. What is shorter occurs by chance, and striking it out would spoil the answer."""
_TELLING: Final = ("auth", "token", "secret", "key", "cookie")
"""A header with one of these in its name carries a credential."""


def credentials_in(headers: Mapping[str, str]) -> Iterator[str]:
    """Give the credentials that a request's headers carry, without their scheme."""
    for name, value in headers.items():
        if any(word in name.lower() for word in _TELLING):
            yield value.rpartition(" ")[2]


def without(response: Response, secrets: Iterable[str]) -> Response:
    """Return the answer with these secrets struck out; mostly that is the answer itself."""
    forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
    if not forms:
        return response
    content = response.content
    for form in forms:
        content = content.replace(form.encode(), STRUCK_OUT.encode())
    said = "\n".join(response.headers.values())
    headers = response.headers
    if any(form in said for form in forms):
        headers = Headers((name, _struck(value, forms)) for name, value in headers.items())
    if content is response.content and headers is response.headers:
        return response
    return replace(response, content=content, headers=headers)


def _struck(text: str, forms: Iterable[str]) -> str:
    for form in forms:
        text = text.replace(form, STRUCK_OUT)
    return text


def _forms(secret: str) -> Iterator[str]:
    """Give the ways in which JSON and addresses write a text."""
    escaped = json.dumps(secret)[1:-1]
    yield from (secret, escaped, escaped.replace("/", "\\/"), quote(secret, safe=""))
