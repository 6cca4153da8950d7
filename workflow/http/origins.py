"""Which host a URL belongs to, compared as browsers do: scheme, name and port."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from workflow.http.failures import NetworkFailure
from workflow.text import safe

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port; what credentials belong to."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine, which no proxy has any business with."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@lru_cache(maxsize=256)
def origin_of(url: str) -> Origin:
    """Return the origin of an absolute http or https URL.

    Raises NetworkFailure ``host`` for anything else: another scheme, no host, a user name or
    password in it (they would end up in logs), a port that is none.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in _PORTS or not host:
        raise _refused(url, "is not an http or https address")
    if parts.username is not None or parts.password is not None:
        raise NetworkFailure(
            "host",
            f"The address of {safe(host, limit=100)} holds a user name or password; "
            "put them into the profile's credentials instead.",
            sent=False,
        )
    return Origin(parts.scheme, host.lower().rstrip("."), port or _PORTS[parts.scheme])


def _refused(url: str, why: str) -> NetworkFailure:
    return NetworkFailure("host", f"{safe(url, limit=100)!r} {why}; nothing was sent.", sent=False)
