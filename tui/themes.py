"""Colours: Textual's own themes, one that follows the terminal, two for colour-blind eyes.

Every tone of :mod:`tui.glyphs` is a CSS variable ``$tone-<name>``. A theme may set them; for all
others they are derived here from what every Textual theme has. With ``NO_COLOR`` set Textual
itself takes the colours out, which loses nothing: no state is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rich.segment import Segment
from textual.color import Color, ColorParseError
from textual.filter import LineFilter, Monochrome, NoColor
from textual.theme import BUILTIN_THEMES, Theme

from tui.signs import Tone, to_ascii

DEFAULT: Final = "textual-dark"
TERMINAL: Final = "terminal"
LEAST: Final = 3.0
"""The contrast that a word needs to be read at a glance (WCAG 2, large text and signs)."""

_ANSI_TONES: Final[Mapping[str, str]] = {
    "tone-waiting": "ansi_bright_black",
    "tone-pending": "ansi_cyan",
    "tone-running": "ansi_blue",
    "tone-retrying": "ansi_yellow",
    "tone-succeeded": "ansi_green",
    "tone-failed": "ansi_red",
    "tone-cancelled": "ansi_bright_black",
    "tone-unresolved": "ansi_magenta",
    "tone-expired": "ansi_yellow",
    "tone-warning": "ansi_yellow",
    "tone-quiet": "ansi_bright_black",
    "tone-pointer": "ansi_yellow",
    "cursor-line": "ansi_default",
    "rule": "ansi_bright_black",
}

# Okabe and Ito's palette: told apart with every common kind of colour blindness.
_OKABE_DARK: Final[Mapping[str, str]] = {
    "tone-pending": "#9AD0F5",
    "tone-running": "#56B4E9",
    "tone-retrying": "#F0E442",
    "tone-succeeded": "#3FC9A0",
    "tone-failed": "#F07A33",
    "tone-unresolved": "#E3A0C6",
    "tone-expired": "#F0E442",
    "tone-warning": "#F0E442",
}
_OKABE_LIGHT: Final[Mapping[str, str]] = {
    "tone-pending": "#00527F",
    "tone-running": "#0072B2",
    "tone-retrying": "#8A5A00",
    "tone-succeeded": "#00664A",
    "tone-failed": "#B04A00",
    "tone-unresolved": "#8A3A68",
    "tone-expired": "#8A5A00",
    "tone-warning": "#8A5A00",
}

OWN_THEMES: Final = (
    Theme(
        name=TERMINAL,
        primary="ansi_blue",
        secondary="ansi_cyan",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        accent="ansi_yellow",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        ansi=True,
        variables={**BUILTIN_THEMES["ansi-dark"].variables, **_ANSI_TONES},
    ),
    Theme(
        name="colour-blind-dark",
        primary="#56B4E9",
        secondary="#0072B2",
        warning="#F0E442",
        error="#F07A33",
        success="#3FC9A0",
        accent="#E69F00",
        foreground="#E6E6E6",
        background="#101214",
        dark=True,
        variables=dict(_OKABE_DARK),
    ),
    Theme(
        name="colour-blind-light",
        primary="#0072B2",
        secondary="#00527F",
        warning="#8A5A00",
        error="#B04A00",
        success="#00664A",
        accent="#B04A00",
        foreground="#1A1A1A",
        background="#FAFAF7",
        dark=False,
        variables=dict(_OKABE_LIGHT),
    ),
)

# Which of Textual's variables a tone is, where the theme does not say.
_FROM: Final[Mapping[str, str]] = {
    "tone-pending": "text-secondary",
    "tone-running": "text-primary",
    "tone-retrying": "text-warning",
    "tone-succeeded": "text-success",
    "tone-unresolved": "text-accent",
    "tone-expired": "text-warning",
    "tone-warning": "text-warning",
    "tone-pointer": "accent",
}


def names() -> tuple[str, ...]:
    """Return the names of all themes there are."""
    return (*sorted(BUILTIN_THEMES), *(theme.name for theme in OWN_THEMES))


def with_tones(variables: Mapping[str, str], *, ansi: bool) -> dict[str, str]:
    """Return a theme's variables with every tone, rule and cursor colour the deck needs."""
    if ansi:
        return {**_ANSI_TONES, **variables}
    foreground, background = _colour(variables, "foreground"), _colour(variables, "background")
    primary = _colour(variables, "primary")
    cursor = background.blend(primary, 0.24)
    quiet = foreground.blend(background, 0.40).hex
    derived = {name: variables.get(source, quiet) for name, source in _FROM.items()}
    # Failure has to stand out at a glance; Textual's own text-error is made to be read at length.
    failed = "error-lighten-2" if background.brightness < 0.5 else "error-darken-1"
    derived |= {
        "tone-failed": variables.get(failed, quiet),
        "tone-waiting": quiet,
        "tone-cancelled": quiet,
        "tone-quiet": quiet,
        "cursor-line": cursor.hex,
        "rule": foreground.blend(background, 0.66).hex,
    }
    missing = {f"tone-{tone}" for tone in Tone} - derived.keys()
    derived |= dict.fromkeys(missing, quiet)
    surface, field = _colour(variables, "surface"), background.blend(primary, 0.30)
    grounds = (background, cursor, surface, field)
    for name, colour in derived.items():
        if name.startswith("tone-"):
            derived[name] = legible(Color.parse(colour), grounds, foreground).hex
    return {**derived, **variables}


def contrast(one: Color, other: Color) -> float:
    """Return how well two colours are told apart: 1 not at all, 21 black from white (WCAG)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def legible(colour: Color, grounds: Iterable[Color], ink: Color) -> Color:
    """Return `colour`, moved towards `ink` as far as it takes to be read on all these grounds."""
    behind = tuple(grounds)
    steps = (colour.blend(ink, step / 10) for step in range(11))
    readable = (one for one in steps if all(contrast(one, ground) >= LEAST for ground in behind))
    return next(readable, ink)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in (colour.r, colour.g, colour.b)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _colour(variables: Mapping[str, str], name: str) -> Color:
    try:
        return Color.parse(variables[name])
    except (KeyError, ColorParseError):
        return Color.parse("#808080")


def colourless(filters: Iterable[LineFilter], *, ansi: bool) -> list[LineFilter]:
    """Return the filters with the one of ``NO_COLOR`` that suits the theme in force.

    Textual chooses between the two once, before there is a theme. Turning the terminal's own
    colours into greys makes them all black, on black.
    """
    suits = NoColor if ansi else Monochrome
    takes_out = Monochrome | NoColor
    return [suits() if isinstance(filter_, takes_out) else filter_ for filter_ in filters]


class AsciiOnly(LineFilter):
    """Replaces our glyphs by ASCII on their way to the screen, for fonts that lack them."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Return the segments with every glyph replaced, cell for cell."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]
