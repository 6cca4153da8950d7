"""What can go wrong between a request and its answer, said in one sentence.

An answer with an unwelcome status is not here: it is an answer, and its reader's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from workflow.text import SafeText, safe

FailureKind = Literal[
    "connect",
    "timeout",
    "cut",
    "tls",
    "too_large",
    "redirect",
    "host",
    "protocol",
    "decode",
    "circuit",
    "held",
]
"""Where it broke.

``connect``: no connection (names, routes, refused, proxies). ``timeout``: too slow. ``cut``: the
connection ended early. ``tls``: no encryption, or a certificate not accepted. ``too_large``: the
body passed its cap. ``redirect``: the server points elsewhere. ``host``: a host that is not
allowed, nothing sent. ``protocol``: what came is not HTTP. ``decode``: the body is not what its
headers or its format say. ``circuit``: not tried, since the server has been down. ``held``: its
sender kept it back in the last moment.
"""

_BRIEFLY: Final[Mapping[FailureKind, str]] = {
    "connect": "no connection",
    "timeout": "no answer in time",
    "cut": "connection cut off",
    "tls": "TLS refused",
    "too_large": "answer too large",
    "redirect": "redirected elsewhere",
    "host": "host not allowed",
    "protocol": "answer is not HTTP",
    "decode": "unreadable answer",
    "circuit": "server down",
    "held": "kept back",
}


class NetworkFailure(Exception):  # noqa: N818 - a failure is what it is called everywhere
    """A request that got no usable answer.

    `sent` is False only when it is certain that no byte of the request left this machine's
    connection to the server; only then may a request that is not safe be called "not sent".
    `final` is True when the repeating has been done already, one floor below.
    """

    def __init__(self, kind: FailureKind, text: str, *, sent: bool, final: bool = False) -> None:
        super().__init__(text)
        self.kind: FailureKind = kind
        self.text: SafeText = safe(text)
        self.sent = sent
        self.final = final

    def __str__(self) -> str:
        return self.text

    @property
    def brief(self) -> SafeText:
        """The failure in at most three words, for where there is no room for the sentence."""
        return SafeText(_BRIEFLY[self.kind])


class BadBody(ValueError):  # noqa: N818 - a statement about the body, not about this program
    """A body that is not the JSON it should be; its text is one sentence without the place."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text: SafeText = safe(text)
