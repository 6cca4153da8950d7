"""Where a browser can open, and where an address has to do."""

from __future__ import annotations

import pytest

from tui import links


@pytest.mark.parametrize(
    ("environ", "opens"),
    [({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "wayland-0"}, True), ({"TERM": "x"}, False)],
)
def test_a_browser_opens_where_there_is_a_screen(
    environ: dict[str, str], opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links.sys, "platform", "linux")
    assert links.browser_here(environ) is opens
