"""Which hosts are asked without the proxy, as ``NO_PROXY`` says.

Nobody has written down what may stand in it, so whatever people write for other programs is
understood: names (with what is below them), ``.example.com`` and ``*.example.com`` alike, a port
behind any of them, addresses, networks (``10.0.0.0/8``, ``10.1.*``), a scheme in front, ``*`` for
all. Commas or blanks stand between. What is none of these names no host. Pure.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from workflow.http.origins import Origin

_BETWEEN: Final = re.compile(r"[,;\s]+")


def is_excepted(origin: Origin, no_proxy: str) -> bool:
    """Say whether the environment wants a host to be asked without its proxy."""
    return any(_names(entry, origin) for entry in _BETWEEN.split(no_proxy) if entry)


def _names(entry: str, origin: Origin) -> bool:
    scheme, _, rest = entry.rpartition("://")
    if scheme and scheme.lower() != origin.scheme:
        return False
    if _is_network_of(rest, origin.host):
        return True
    try:
        parts = urlsplit(f"//{_bracketed(rest)}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return port in {None, origin.port} and _is_name_of(host, origin.host)


def _is_network_of(entry: str, host: str) -> bool:
    """Say whether an address lies in the network ``entry``; a single one is a network as well."""
    try:
        network = ipaddress.ip_network(entry.strip("[]"), strict=False)
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False


def _bracketed(entry: str) -> str:
    """Return the entry with an IPv6 address in brackets, without which its end is no port."""
    return f"[{entry}]" if entry.count(":") > 1 and not entry.startswith("[") else entry


def _is_name_of(entry: str, host: str) -> bool:
    """Say whether a host is the one that is named, or below it."""
    name = entry.removeprefix("*").strip(".")
    below = bool(name) and (host == name or host.endswith(f".{name}"))
    return below or ("*" in entry and fnmatch.fnmatchcase(host, entry))
