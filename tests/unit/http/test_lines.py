"""Which line a request goes out on."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from workflow.http.lines import DoorSetupError, Lines
from workflow.http.origins import Origin, origin_of

PROXY = "http://proxy.example:3128"
FAR = origin_of("http://far.example")
NEAR = origin_of("http://127.0.0.1:8000")


def proxies(monkeypatch: pytest.MonkeyPatch, *hosts: str, **environment: str) -> list[str | None]:
    """Open lines to hosts in an environment; say through which proxy each would go."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    origins = [origin_of(host) for host in hosts]
    lines = Lines(origins)
    return [lines._proxies[origin] for origin in origins]


class TestTheEnvironmentsProxy:
    def test_is_used_for_hosts_of_its_scheme(self, monkeypatch: pytest.MonkeyPatch) -> None:
        used = proxies(monkeypatch, "http://far.example", "https://far.example", HTTP_PROXY=PROXY)

        assert used == [PROXY, None]

    def test_for_all_is_used_for_both_schemes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        used = proxies(monkeypatch, "http://far.example", "https://far.example", ALL_PROXY=PROXY)

        assert used == [PROXY, PROXY]

    def test_needs_no_scheme(self, monkeypatch: pytest.MonkeyPatch) -> None:
        used = proxies(monkeypatch, "https://far.example", HTTPS_PROXY="proxy.example:3128")

        assert used == [PROXY]

    @pytest.mark.parametrize(
        "loopback", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"]
    )
    def test_does_not_get_to_see_loopback(
        self, monkeypatch: pytest.MonkeyPatch, loopback: str
    ) -> None:
        assert proxies(monkeypatch, loopback, ALL_PROXY=PROXY) == [None]

    @pytest.mark.parametrize(
        ("host", "excepted"),
        [
            ("http://far.example", "far.example"),
            ("http://airbyte.far.example:8000", "near.example, far.example"),
            ("http://10.1.2.3", "10.1.2.3"),
            ("http://[2001:db8::7]:8000", "2001:db8::7"),
            ("http://far.example", "*"),
            ("http://[2001:db8::7]:8000", "*"),
        ],
    )
    def test_is_passed_by_for_what_no_proxy_names(
        self, monkeypatch: pytest.MonkeyPatch, host: str, excepted: str
    ) -> None:
        used = proxies(monkeypatch, host, "http://other.test", ALL_PROXY=PROXY, NO_PROXY=excepted)

        assert used == [None, None if excepted == "*" else PROXY]

    @pytest.mark.parametrize("proxy", ["gopher://user:secret@proxy.example", "socks5://u:secret@p"])
    def test_that_cannot_be_used_is_said_without_its_address(
        self, monkeypatch: pytest.MonkeyPatch, proxy: str
    ) -> None:
        with pytest.raises(DoorSetupError, match="ALL_PROXY") as caught:
            proxies(monkeypatch, "http://far.example", ALL_PROXY=proxy)
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize(
        "excepted",
        [
            "http://far.example",
            "HTTP://Far.Example/",
            "far.example:8000",
            "http://far.example:8000",
            ".far.example",
            "*.far.example",
            "*.example",
            "example",
            "far.example.",
            "near.example far.example",
            "near.example;far.example",
            "FAR.EXAMPLE",
            "*",
            "near.example, *",
        ],
    )
    def test_is_passed_by_however_a_name_is_written(
        self, monkeypatch: pytest.MonkeyPatch, excepted: str
    ) -> None:
        host = "http://far.example:8000"

        assert proxies(monkeypatch, host, ALL_PROXY=PROXY, NO_PROXY=excepted) == [None]

    @pytest.mark.parametrize(
        ("host", "excepted"),
        [
            ("http://10.1.2.3", "10.0.0.0/8"),
            ("http://10.1.2.3", "10.1.2.3/8"),
            ("http://10.1.2.3", "10.1.*"),
            ("http://10.1.2.3:8000", "10.1.2.3:8000"),
            ("http://[2001:db8::7]:8000", "2001:db8::/32"),
            ("http://[2001:db8::7]:8000", "[2001:db8::7]"),
            ("http://[2001:db8::7]:8000", "[2001:db8::7]:8000"),
            ("http://[2001:db8::7]:8000", "http://[2001:DB8:0::7]"),
        ],
    )
    def test_is_passed_by_for_addresses_and_networks(
        self, monkeypatch: pytest.MonkeyPatch, host: str, excepted: str
    ) -> None:
        assert proxies(monkeypatch, host, ALL_PROXY=PROXY, NO_PROXY=excepted) == [None]

    @pytest.mark.parametrize(
        ("host", "excepted"),
        [
            ("http://far.example", "https://far.example"),
            ("http://far.example", "far.example:8000"),
            ("http://notfar.example", "far.example"),
            ("http://far.example", "airbyte.far.example"),
            ("http://far.example", "far.example:port"),
            ("http://far.example", "http://[::1"),
            ("http://far.example", "., ,;://"),
            ("http://far.example", "10.0.0.0/8"),
            ("http://11.1.2.3", "10.0.0.0/8"),
            ("http://10.1.2.3", "10.0.0.0/99"),
            ("http://10.1.2.3", "0"),
        ],
    )
    def test_is_used_for_what_no_proxy_does_not_name(
        self, monkeypatch: pytest.MonkeyPatch, host: str, excepted: str
    ) -> None:
        assert proxies(monkeypatch, host, ALL_PROXY=PROXY, NO_PROXY=excepted) == [PROXY]


class TestLines:
    def test_are_shared_by_hosts_that_are_reached_alike(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", PROXY)
        others = [origin_of("http://other.example"), origin_of("http://localhost:1")]
        lines = Lines([FAR, NEAR, *others])

        def line(origin: Origin) -> httpx.AsyncBaseTransport:
            return lines.to(origin, fresh=False)

        assert line(FAR) is line(others[0])
        assert line(NEAR) is line(others[1])
        assert line(FAR) is not line(NEAR)

    def test_a_fresh_one_is_apart_from_those_with_open_connections(self) -> None:
        lines = Lines([FAR])

        assert lines.to(FAR, fresh=True) is not lines.to(FAR, fresh=False)

    def test_a_ca_bundle_that_is_none_is_said(self, tmp_path: Path) -> None:
        empty = tmp_path / "ca.pem"
        empty.write_text("no certificate")

        with pytest.raises(DoorSetupError, match=r"ca\.pem cannot be used"):
            Lines([FAR], ca_bundle=empty)

    def test_a_bundle_of_the_environment_that_is_none_is_said(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "not-there.pem"))

        with pytest.raises(DoorSetupError, match="SSL_CERT_FILE"):
            Lines([FAR])
