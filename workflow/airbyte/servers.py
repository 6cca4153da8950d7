"""Base URLs as people paste them, made into the one the API answers at."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from workflow.http.failures import NetworkFailure
from workflow.http.origins import Origin, origin_of
from workflow.text import safe

CLOUD: Final = "https://api.airbyte.com/v1"
_PUBLIC: Final = "/api/public/v1"
# What people copy: the web app, older and internal APIs, the API without its version.
_ALSO_MEANS_PUBLIC: Final = frozenset({"", "/api", "/api/v1", "/api/public", _PUBLIC})


class BadAddress(ValueError):  # noqa: N818 - said of what was pasted
    """What was pasted is no server's address; one sentence."""


def normalise_base_url(pasted: str) -> str:
    """Return the API's base URL, without a slash at its end.

    `https://host`, `.../api/v1/` and the like become ``<host>/api/public/v1``; Cloud's web app and
    API host become Cloud's base; another path is kept as it is, since proxies serve the API
    anywhere. A missing scheme is http for this machine, else https. Raises BadAddress.
    """
    text = pasted.strip()
    if "://" not in text:
        text = f"https://{text}"
        if _origin(text, pasted).is_loopback:
            text = text.replace("https://", "http://", 1)
    origin = _origin(text, pasted)
    if origin.host in {"api.airbyte.com", "cloud.airbyte.com"}:
        return CLOUD
    path = urlsplit(text).path.rstrip("/")
    if path in _ALSO_MEANS_PUBLIC:
        path = _PUBLIC
    return urlunsplit((*urlsplit(str(origin))[:2], path, "", ""))


def _origin(text: str, pasted: str) -> Origin:
    try:
        return origin_of(text)
    except NetworkFailure as failure:
        if "password" in failure.text:
            raise BadAddress(failure.text) from None
        raise BadAddress(
            f"{safe(pasted, limit=100)!r} is not a server's address; "
            "it should look like https://airbyte.example.com."
        ) from None
