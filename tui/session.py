"""Puts the rooms together: a profile becomes a fleet that every face can use.

The only place where settings, network, journal and runs meet. It opens no screen, and waits for
the network no longer than what it needs to begin.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from tui.commands.common import Common, tell
from workflow import settings
from workflow.airbyte import credentials
from workflow.airbyte.auth import auth_for
from workflow.airbyte.client import Client
from workflow.airbyte.credentials import BadCredentials, Credentials, Secret
from workflow.airbyte.feed import Feed
from workflow.airbyte.models import WorkspaceId
from workflow.airbyte.problems import ApiProblem
from workflow.airbyte.servers import BadAddress, normalise_base_url
from workflow.clock import Clock, SystemClock
from workflow.http.door import Door
from workflow.http.failures import NetworkFailure
from workflow.http.lines import DoorSetupError
from workflow.http.messages import Request, Response
from workflow.http.origins import origin_of
from workflow.runs.fleet import Fleet
from workflow.runs.forgetting import MOST_ENDED
from workflow.runs.journal import Journal, Retention
from workflow.settings import Profile, RetentionSettings, SettingsError
from workflow.settings_paths import make_private_folder, secrets_file
from workflow.settings_secrets import SecretStore
from workflow.text import SafeText, safe, short_id

_CLOSE_WITHIN: Final = 10.0
"""Seconds that letting go may take before the process ends anyway; the journal bears it."""

Headers = tuple[tuple[str, Secret], ...]
"""Names and values for the server's own host only."""


@dataclass(frozen=True, slots=True)
class Session:
    """One profile's fleet, open."""

    fleet: Fleet
    client: Client
    journal: Journal
    clock: Clock
    profile: Profile
    workspaces: tuple[WorkspaceId, ...]
    demo: bool = False

    @property
    def profile_name(self) -> str:
        """The profile's name."""
        return self.profile.name

    @property
    def server(self) -> SafeText:
        """The host that is shown."""
        return self.profile.server

    @property
    def workspace(self) -> SafeText | None:
        """The workspace that everything is narrowed to, by its id in short; None for all."""
        return short_id(self.profile.workspace) if self.profile.workspace else None

    @property
    def read_only(self) -> bool:
        """Whether nothing but reads is sent, as the profile has it."""
        return self.profile.read_only

    @property
    def web_url(self) -> str | None:
        """Where Airbyte's own pages are, without a slash at the end; a demo has none."""
        return None if self.demo else self.profile.web


@dataclass(frozen=True, slots=True)
class Wiring:
    """What tests, the demo and ad-hoc servers do differently."""

    transport: httpx.AsyncBaseTransport | None = None
    rng: random.Random | None = None
    headers: Headers = ()
    also: tuple[str, ...] = ()
    """URLs whose hosts may be asked as well, without credentials."""
    verbatim: bool = False
    """The address is the base URL as it is, not one of Airbyte's to be completed."""
    partial_server: bool = False
    """The server may have nothing but the document's own endpoints."""
    demo: bool = False
    may_arm: bool = True
    """Whether a read-only profile can be armed; not when read-only was asked for by a flag."""
    headless: bool = False
    """There is no screen to arm a profile on."""
    take_up: bool = True
    """Take up what an earlier process left unfinished."""
    start: bool = True
    """Whether the fleet is started; who wants its very first events starts it after listening."""

    def but(self, **changes: object) -> Wiring:
        """Return the same with some things done differently."""
        return replace(self, **changes)  # type: ignore[arg-type]  # checked by the dataclass


def of_command(common: Common, server: str | None = None) -> Wiring:
    """Return how a command without screens opens its session.

    It starts the fleet when it listens, and takes up what is unfinished only where it says so.
    """
    wiring = Wiring() if server is None else AS_NAMED
    return wiring.but(headless=True, may_arm=not common.read_only, take_up=False, start=False)


AS_NAMED: Final = Wiring(verbatim=True, partial_server=True)
"""For a server that was named on the command line and is no profile."""


class _HeaderDoor(Door):
    """A door that adds headers to what goes to the profile's own host."""

    def __init__(self, home: str, headers: Headers, **wiring: object) -> None:
        super().__init__(home, **wiring)  # type: ignore[arg-type]  # passed on as they are
        self._own = origin_of(home)
        self._headers = headers

    async def send(self, request: Request) -> Response:
        """Send `request` with the headers, if it is for the profile's own host."""
        if self._headers and origin_of(request.url) == self._own:
            extra = tuple((name, secret.reveal()) for name, secret in self._headers)
            request = replace(request, headers=(*request.headers, *extra))
        return await super().send(request)


def credentials_of(profile: Profile, store: SecretStore) -> Credentials:
    """Reveal a profile's secrets into what the client authenticates with.

    Raises:
        SettingsError: one is not where the profile says.
    """

    def secret(reference: settings.Reference, key: str) -> str:
        return store.reveal(reference, f"{key} of profile {profile.name}")

    match profile.auth:
        case settings.ClientCredentialsAuth(client_id, client_secret):
            return credentials.ClientCredentials(
                secret(client_id, "client_id"),
                Secret(secret(client_secret, "client_secret")),
                _place(client_id, client_secret),
            )
        case settings.BearerAuth(token):
            return credentials.Bearer(Secret(secret(token, "token")))
        case settings.BasicAuth(username, password):
            return credentials.Basic(
                secret(username, "username"), Secret(secret(password, "password"))
            )
        case settings.NoAuth():
            return credentials.NoAuth()


def _place(*references: settings.Reference) -> SafeText:
    """Say where credentials are to be corrected: in variables, when all come from there."""
    variables = [one.variable for one in references if isinstance(one, settings.InEnvironment)]
    return safe(" and ".join(variables) if len(variables) == len(references) else "the profile")


def open_client(profile: Profile, clock: Clock, wiring: Wiring = Wiring()) -> Client:
    """Return a client of the profile's server; nothing is sent yet. Close its door.

    Raises:
        SettingsError: the address, the credentials, the CA bundle or the proxy cannot be used.
    """
    try:
        base = profile.url.rstrip("/") if wiring.verbatim else normalise_base_url(profile.url)
        revealed = credentials_of(profile, SecretStore(os.environ, secrets_file()))
        door = _HeaderDoor(
            base,
            wiring.headers,
            clock=clock,
            rng=wiring.rng or random.SystemRandom(),
            auth=auth_for(revealed, base, clock),
            also=wiring.also,
            transport=wiring.transport,
            ca_bundle=profile.ca_bundle,
        )
    except (BadAddress, BadCredentials, DoorSetupError) as error:
        raise SettingsError(f"Profile {profile.name}: {error}") from error
    return Client(door, base)


async def complete(profile: Profile) -> Profile:
    """Complete the bare address of a named server when Airbyte's API answers there.

    What is named is a base URL and taken as it is; only one without a path may be where Airbyte is
    rather than where its API is, which the anonymous health check tells.
    """
    if urlsplit(profile.url).path.strip("/"):
        return profile
    client = open_client(profile, SystemClock())
    try:
        await client.get_health()
    except (ApiProblem, NetworkFailure):
        return profile
    finally:
        await client.door.aclose()
    return replace(profile, url=client.base_url)


@asynccontextmanager
async def open_session(
    profile: Profile,
    *,
    journal: Path | None,
    keep: RetentionSettings | None = None,
    clock: Clock | None = None,
    wiring: Wiring = Wiring(),
) -> AsyncIterator[Session]:
    """Open the fleet of a profile; leaving detaches every run.

    Of what the journal holds everything is kept unless `keep` says how much.

    Raises:
        SettingsError: the profile cannot be used.
        JournalError: the journal cannot.
    """
    clock = clock or SystemClock()
    rng = wiring.rng or random.SystemRandom()
    workspaces = (WorkspaceId(profile.workspace),) if profile.workspace else ()
    async with AsyncExitStack() as stack:
        client = open_client(profile, clock, wiring)
        stack.push_async_callback(client.door.aclose)
        if journal is not None:
            await asyncio.to_thread(_make_folder, journal)
        book = await Journal.open(journal, clock, keep=_retention(keep))
        stack.push_async_callback(book.aclose)
        feed = Feed(client, clock=clock, rng=rng, workspace_ids=workspaces)
        fleet = Fleet(
            profile_name=profile.name,
            server=profile.server,
            client=client,
            feed=feed,
            journal=book,
            clock=clock,
            rng=rng,
            read_only=profile.read_only,
            may_arm=wiring.may_arm,
            headless=wiring.headless,
            workspace_ids=workspaces,
            take_up=wiring.take_up,
            partial_server=wiring.partial_server,
            most_ended=None if wiring.headless else MOST_ENDED,
        )
        stack.push_async_callback(_close, fleet, demo=wiring.demo)
        if wiring.start:
            await fleet.start()
        yield Session(fleet, client, book, clock, profile, workspaces, demo=wiring.demo)


def _retention(keep: RetentionSettings | None) -> Retention | None:
    return None if keep is None else Retention(timedelta(days=keep.days), keep.runs)


async def _close(fleet: Fleet, *, demo: bool) -> None:
    try:
        await asyncio.wait_for(fleet.close(), _CLOSE_WITHIN)
    except TimeoutError:
        then = "nothing of a demo is kept" if demo else "the next start finds every run"
        tell(safe(f"Letting go took too long; {then}."))


def _make_folder(journal: Path) -> None:
    try:
        make_private_folder(journal.parent)
    except OSError as error:
        raise SettingsError(
            f"The journal's folder {journal.parent} cannot be made: {error.strerror or error}; "
            "say where with --journal or SYNCDECK_JOURNAL."
        ) from error
