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


def test_without_a_page_it_is_said_whether_there_are_any() -> None:
    assert links.job_page(None, "w", "c", 7) is None
    assert "the demo has no pages" in links.why_no_page(None)
    assert links.job_page("https://cloud", None, "c", 7) is None
    assert "has not been read yet" in links.why_no_page("https://cloud")
