"""The sandbox as a server: an ASGI application, in a thread of its own, or in the foreground.

:func:`create_app` is the application, for tests that call it without a socket.
:class:`SandboxServer` puts it on 127.0.0.1 in a thread with an event loop of its own, so that a
deck's loop and signals are left alone; :func:`serve_forever` is the `syncdeck sandbox` command.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, Router

from workflow.clock import Clock, SystemClock
from workflow.sandbox.api import API, MOUNTS, with_known_endpoint
from workflow.sandbox.auth import Application, Auth, Role, fixed_auth
from workflow.sandbox.build import build, plan_of
from workflow.sandbox.call import Service
from workflow.sandbox.catalogue import seeded_uuid
from workflow.sandbox.control import CONTROL
from workflow.sandbox.door import HOST, Door
from workflow.sandbox.editions import EDITIONS
from workflow.sandbox.faultbox import FaultBox
from workflow.sandbox.faults import Fault, fault_of, load_faults, parse_fault
from workflow.sandbox.log import RequestLog
from workflow.sandbox.options import SandboxOptions
from workflow.sandbox.outage import Outage
from workflow.sandbox.protocol import CuttableProtocol
from workflow.sandbox.rendered import ConnectionTexts
from workflow.sandbox.site import Resource, Site
from workflow.sandbox.world import World
from workflow.sandbox.worldfile import WorldPlan

_STOP_WITHIN: Final = 10.0


def create_app(
    world: World,
    *,
    faults: FaultBox | None = None,
    control: bool = False,
    auth: Auth | None = None,
    clock: Clock | None = None,
    log: RequestLog | None = None,
    outage: Outage | None = None,
) -> Starlette:
    """Return the ASGI application of a world.

    Without `auth` everybody is an instance admin. A cut connection is a
    :class:`workflow.sandbox.line.ConnectionCut` raised out of the call when no
    :class:`SandboxServer` is underneath; so is a refused one.
    """
    box = faults if faults is not None else FaultBox(world.settings.seed)
    box.know(world)
    world.life.disturbance = box
    service = Service(
        world=world,
        auth=auth if auth is not None else Auth(disabled=True),
        faults=box,
        log=log if log is not None else RequestLog(),
        outage=outage if outage is not None else Outage(),
        connection_texts=ConnectionTexts(world.catalogue),
    )
    site = Site(service, clock if clock is not None else SystemClock())
    api = [Route(path, Resource(site, operations)) for path, operations in API.items()]
    # Airbyte knows no redirect to the path with a slash more or less.
    router = Router(api, redirect_slashes=False, default=site.not_found)
    routes: list[BaseRoute] = [Mount(mount, app=router) for mount in MOUNTS]
    if control:
        routes += [Route(path, Resource(site, table)) for path, table in CONTROL.items()]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    app.router.default = site.not_found
    return app


class SandboxServer:
    """One sandbox on a socket of its own.

    Use it as a context manager, plain or async, or call :meth:`start` and :meth:`stop`. `world`,
    `log`, `faults` and `auth` may be read from any thread while it runs; faults may be added and
    removed as well.
    """

    def __init__(self, options: SandboxOptions, *, clock: Clock | None = None) -> None:
        self.options = options.checked()
        clock = clock if clock is not None else SystemClock()
        plan = plan_of(options)
        self.world = build(plan, options, clock.now().timestamp())
        self.faults = FaultBox(options.seed, all_faults(plan, options))
        self.auth = auth_of(plan, options)
        self.log = RequestLog()
        outage = Outage()
        self._app = create_app(
            self.world,
            faults=self.faults,
            control=options.control,
            auth=self.auth,
            clock=clock,
            log=self.log,
            outage=outage,
        )
        self._door = Door(options.port, clock)
        self.port: int = self._door.port
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app,
                http=CuttableProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_keep_alive=60,
                # Requests that hang on purpose must not keep the server from stopping.
                timeout_graceful_shutdown=1,
            )
        )
        outage.shut_door = lambda seconds: self._door.shut(self._server, seconds)
        self._thread: threading.Thread | None = None

    @property
    def root_url(self) -> str:
        """Where the server is, without a path; /control is under it."""
        return f"http://{HOST}:{self.port}"

    @property
    def base_url(self) -> str:
        """The API root that a client is given."""
        return f"{self.root_url}{MOUNTS[1]}"

    def start(self) -> None:
        """Serve in a thread from now on; requests that come before it is ready wait."""
        self._thread = threading.Thread(target=self.run, name="syncdeck-sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and give the port back."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_STOP_WITHIN)
            self._thread = None
        self._door.close()

    def run(self) -> None:
        """Serve in this thread until stopped."""
        asyncio.run(self._server.serve(sockets=[self._door.socket]))

    def __enter__(self) -> SandboxServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> SandboxServer:
        self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.stop)


def serve_in_thread(options: SandboxOptions, *, clock: Clock | None = None) -> SandboxServer:
    """Start a sandbox in a thread and return it; the caller stops it."""
    server = SandboxServer(options, clock=clock)
    server.start()
    return server


def serve_forever(options: SandboxOptions, announce: Callable[[SandboxServer], None]) -> None:
    """Serve in the foreground until SIGINT or SIGTERM.

    `announce` is called once, when the port is taken and requests may come; it prints the base
    URL and, with auth, the credentials.
    """
    server = SandboxServer(options)
    announce(server)
    try:
        server.run()
    except KeyboardInterrupt:
        # uvicorn raises the signal again after it has stopped; that was the wish.
        pass
    finally:
        server.stop()


def all_faults(plan: WorldPlan, options: SandboxOptions) -> list[Fault]:
    """Return the faults of an edition, of a world file and of the options, ``@FILE`` read."""
    faults = [parse_fault(text) for text in EDITIONS[options.edition]]
    faults += [fault_of(item) for item in plan.faults]
    for given in options.faults:
        if isinstance(given, Fault):
            faults.append(given)
        elif given.startswith("@"):
            faults.extend(load_faults(Path(given[1:])))
        else:
            faults.append(parse_fault(given))
    return [with_known_endpoint(fault) for fault in faults]


def auth_of(plan: WorldPlan, options: SandboxOptions) -> Auth:
    """Return the auth that the options ask for, with the world file's applications."""
    settings = plan.auth
    if options.token_lifetime is not None:
        settings = replace(settings, token_lifetime=options.token_lifetime)
    if not options.auth:
        return Auth(seed=options.seed, disabled=True, settings=settings)
    extra = tuple(
        Application(
            id=seeded_uuid(options.seed, "application", known.client_id),
            name=known.name,
            client_id=known.client_id,
            client_secret=known.client_secret,
            role=Role[known.role.upper()],
            workspaces=None
            if known.workspaces is None
            else frozenset(seeded_uuid(options.seed, "workspace", w) for w in known.workspaces),
        )
        for known in plan.applications
    )
    return fixed_auth(seed=options.seed, extra=extra, settings=settings)
