"""Every theme can be read: what is quiet as well, and under the cursor too."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.color import Color
from textual.filter import Monochrome, NoColor

from tests.support.deck import StillFleet, an_app
from tui import themes
from tui.glyphs import Tone


class Coloured(App[None]):
    def __init__(self, theme: str) -> None:
        super().__init__()
        for own in themes.OWN_THEMES:
            self.register_theme(own)
        self.set_reactive(App.theme, theme)


@pytest.mark.parametrize("name", themes.names())
def test_every_tone_of_every_theme_can_be_read(name: str) -> None:
    app = Coloured(name)
    ansi = app.current_theme.ansi
    colours = themes.with_tones(app.get_css_variables(), ansi=ansi)
    tones = [colours[f"tone-{tone}"] for tone in Tone] + [colours["tone-pointer"]]
    if ansi:  # the terminal's own colours, which only its owner knows
        assert all(colour.startswith("ansi_") for colour in tones)
        return
    background, primary = Color.parse(colours["background"]), Color.parse(colours["primary"])
    field = background.blend(primary, 0.30)  # with the focus; what it means empty stands in it
    cursor, surface = Color.parse(colours["cursor-line"]), Color.parse(colours["surface"])
    for ground in (background, cursor, surface, field):
        worst = min(themes.contrast(Color.parse(tone), ground) for tone in tones)
        assert worst >= themes.LEAST - 0.05  # a colour is rounded to whole bytes


@pytest.mark.parametrize(("theme", "kind"), [("terminal", NoColor), ("textual-dark", Monochrome)])
def test_no_color_leaves_every_theme_legible(
    theme: str, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = an_app(StillFleet(), theme=theme)
    filters = [type(one) for one in app.get_line_filters()]
    assert kind in filters
    assert len({Monochrome, NoColor} & {*filters}) == 1


def test_without_no_color_colours_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = an_app(StillFleet(), theme="terminal")
    assert not {Monochrome, NoColor} & {type(one) for one in app.get_line_filters()}


def test_contrast_is_that_of_the_guidelines() -> None:
    black, white = Color.parse("#000000"), Color.parse("#ffffff")
    assert themes.contrast(black, white) == pytest.approx(21)
    assert themes.contrast(white, white) == pytest.approx(1)
