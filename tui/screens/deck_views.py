"""Which saved view the deck shows next: asks, and keeps what is saved and dropped."""

from __future__ import annotations

from textual.app import App

from tui import saved_views
from tui.kept import Kept, KeptError
from tui.saved_views import SavedView
from tui.screens.picking import Drop, Save, Take, ViewsDialog, Wish
from workflow.text import safe

_KEY = "views"


class Views:
    """The saved views of one profile."""

    def __init__(self, app: App[int], kept: Kept, profile: str) -> None:
        self._app = app
        self._kept = kept
        self._place = ("profiles", profile, _KEY)

    @property
    def all(self) -> tuple[SavedView, ...]:
        """Return them in the order they were saved."""
        return saved_views.read(self._kept.get(*self._place))

    async def ask(self, now: SavedView) -> SavedView | None:
        """Return the view to show, None to leave what is shown; `now` is that."""
        while True:
            answer: Wish | None = await self._app.push_screen_wait(ViewsDialog(self.all, now))
            match answer:
                case Take(view=view):
                    return view
                case Save(name=name):
                    views = saved_views.saved(self.all, now, name)
                    if self._keep(views):
                        self._tell(f"saved as {views[-1].name}")
                    return views[-1]
                case Drop(view=view):
                    self._keep(tuple(one for one in self.all if one != view))
                case None:
                    return None

    def _keep(self, views: tuple[SavedView, ...]) -> bool:
        try:
            self._kept.keep(saved_views.written(views), *self._place)
        except KeptError as error:
            self._app.notify(safe(str(error)), severity="warning", markup=False)
            return False
        return True

    def _tell(self, text: str) -> None:
        self._app.notify(text, markup=False)
