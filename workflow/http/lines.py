"""The lines that requests go out on: straight to a host, or through the environment's proxy.

A line is one of httpx's transports: connections in a pool, HTTP spoken over them. httpx's client is
left out. What it puts around a transport (redirects, cookies, credentials, decoding) is decided by
the door, or decoded under a cap; doing it twice cost a fifth of every poll.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpx

from workflow.http.no_proxy import is_excepted
from workflow.http.origins import Origin
from workflow.text import safe

KEPT: Final = 8
"""Connections that stay open for the next request."""


class DoorSetupError(ValueError):
    """A CA bundle or the environment's proxy cannot be used; one sentence."""


class Lines:
    """Every line of one door, opened when the door is.

    Args:
        origins: the hosts that may be asked.
        transport: takes the place of all lines (tests).
        ca_bundle: what vouches for the hosts; None for what httpx trusts by itself.

    Raises:
        DoorSetupError: the bundle, or a proxy that the environment names, cannot be used.
    """

    def __init__(
        self,
        origins: Iterable[Origin],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        ca_bundle: Path | None = None,
    ) -> None:
        self._one = transport
        self._proxies: dict[Origin, str | None] = {}
        self._shown: dict[Origin, str] = {}
        self._pooled: dict[str | None, httpx.AsyncBaseTransport] = {}
        self._fresh: dict[str | None, httpx.AsyncBaseTransport] = {}
        if transport is not None:
            return
        verify = tls_context(ca_bundle)
        for origin in origins:
            proxy = self._proxies[origin] = proxy_for(origin)
            if proxy is not None:
                self._shown[origin] = shown(proxy)
            if proxy not in self._pooled:
                self._pooled[proxy] = _open(verify, proxy, kept=KEPT)
                self._fresh[proxy] = _open(verify, proxy, kept=0)

    def to(self, origin: Origin, *, fresh: bool) -> httpx.AsyncBaseTransport:
        """Return the line to one of the hosts; a `fresh` one never takes up an open connection."""
        if self._one is not None:
            return self._one
        return (self._fresh if fresh else self._pooled)[self._proxies[origin]]

    def proxy_of(self, origin: Origin) -> str | None:
        """Return the proxy on the way to a host, without a password that is in its address."""
        return self._shown.get(origin)

    async def aclose(self) -> None:
        """Close every connection."""
        opened = (self._one,) if self._one else (*self._pooled.values(), *self._fresh.values())
        for line in opened:
            await line.aclose()


def tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    """Return the verifying context: the bundle named, else what httpx trusts by itself.

    Raises:
        DoorSetupError: the bundle cannot be read or holds no certificate.
    """
    try:
        if ca_bundle is None:
            return httpx.create_ssl_context(trust_env=True)
        return ssl.create_default_context(cafile=str(ca_bundle))
    except OSError as error:  # an SSLError is one
        named = "named in the environment (SSL_CERT_FILE or SSL_CERT_DIR)"
        bundle = named if ca_bundle is None else safe(str(ca_bundle), limit=200)
        why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise DoorSetupError(f"The CA bundle {bundle} cannot be used: {why}.") from None


def proxy_for(origin: Origin) -> str | None:
    """Return the proxy that the environment (or the system) names for a host, if any."""
    if origin.is_loopback:
        # A proxy that is meant for the outside world must not get to see loopback.
        return None
    named = getproxies()
    proxy = named.get(origin.scheme) or named.get("all")
    if not proxy or is_excepted(origin, named.get("no", "")) or _is_excepted_by_the_system(origin):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def shown(proxy: str) -> str:
    """Return a proxy's host and port, for people: a password may stand in its address."""
    return proxy.partition("://")[2].rpartition("@")[2].partition("/")[0]


def _is_excepted_by_the_system(origin: Origin) -> bool:
    """Ask the standard library, which knows where some systems have it but in the environment."""
    # It takes an IPv6 address for a host and a port.
    return ":" not in origin.host and bool(proxy_bypass(f"{origin.host}:{origin.port}"))


def _open(verify: ssl.SSLContext, proxy: str | None, *, kept: int) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=kept)
    try:
        return httpx.AsyncHTTPTransport(verify=verify, proxy=proxy, limits=limits)
    except (ImportError, ValueError, httpx.InvalidURL):
        # httpx needs an extra package for SOCKS. The URL may hold a password: it is not shown.
        raise DoorSetupError(
            "The proxy named in the environment (HTTP_PROXY, HTTPS_PROXY or ALL_PROXY) cannot be "
            "used: it must be an http:// or https:// address."
        ) from None
