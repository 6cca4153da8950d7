"""Tags, streams, health, applications and tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl

from workflow.sandbox.answers import (
    Answer,
    Refused,
    bad_request,
    hal,
    no_content,
    not_found,
    ok,
    problem,
    uncaught,
)
from workflow.sandbox.auth import Application, Auth, Role
from workflow.sandbox.call import Call, Operation
from workflow.sandbox.faultkinds import FaultName
from workflow.sandbox.model import Json, Tag, TagId
from workflow.sandbox.params import Body, unreadable
from workflow.sandbox.wire import streams_json, tag_json

_HEX: Final = frozenset("0123456789abcdefABCDEF")
_FORM: Final = "application/x-www-form-urlencoded"


# -- tags ----------------------------------------------------------------------------------------


def list_tags(call: Call) -> Answer:
    """GET /tags: all at once, no pages."""
    if call.strikes.get(FaultName.NO_TAGS):
        raise Refused(hal(404, "Not Found", "Page Not Found", call.path))
    workspaces = call.workspaces(call.query().uuids("workspaceIds"))
    tags = call.world.catalogue.tags.values()
    data: list[Json] = [
        tag_json(tag) for tag in tags if workspaces is None or tag.workspace_id in workspaces
    ]
    return ok({"data": data})


def _tag(call: Call) -> Tag:
    tag_id = call.uuid("tagId")
    found = call.world.catalogue.tags.get(TagId(tag_id))
    if found is None or not call.principal.sees(found.workspace_id):
        raise call.missing("tag", tag_id)
    return found


def get_tag(call: Call) -> Answer:
    """GET /tags/{tagId}."""
    return ok(tag_json(_tag(call)))


def create_tag(call: Call) -> Answer:
    """POST /tags."""
    body, catalogue = call.body(), call.world.catalogue
    workspace_id = body.uuid("workspaceId")
    workspace = catalogue.workspace(workspace_id)
    if workspace is None or not call.principal.sees(workspace.id):
        raise call.missing("workspace", workspace_id)
    made = Tag(
        id=TagId(catalogue.fresh_uuid("tag")),
        workspace_id=workspace.id,
        name=body.name("name"),
        color=_color(body),
    )
    _refuse_twin(call, made)
    return ok(tag_json(catalogue.add_tag(made)))


def update_tag(call: Call) -> Answer:
    """PATCH /tags/{tagId}: both must be sent, the one that stays as it is as well."""
    tag, body = _tag(call), call.body()
    changed = replace(tag, name=body.name("name"), color=_color(body))
    _refuse_twin(call, changed)
    return ok(tag_json(call.world.catalogue.add_tag(changed)))


def delete_tag(call: Call) -> Answer:
    """DELETE /tags/{tagId}: it also leaves every connection."""
    call.world.catalogue.remove_tag(_tag(call).id)
    return no_content()


def _color(body: Body) -> str:
    color = body.text("color")
    if len(color) != 6 or not set(color) <= _HEX:
        raise Refused(
            problem(
                400,
                "error:tag/invalid-hex-color",
                "The tag has an invalid hex color.",
                f"Invalid hex color: {color[:40]}",
            )
        )
    return color


def _refuse_twin(call: Call, tag: Tag) -> None:
    for other in call.world.catalogue.tags.values():
        if (other.workspace_id, other.name) == (tag.workspace_id, tag.name) and other.id != tag.id:
            detail = "A tag with this name already exists in the workspace."
            raise Refused(problem(409, "error:tag/already-exists", detail, detail))


# -- streams and health --------------------------------------------------------------------------


def get_streams(call: Call) -> Answer:
    """GET /streams: a bare array of what the source's connections copy."""
    query, catalogue = call.query(), call.world.catalogue
    source_id = query.uuid("sourceId")
    if source_id is None:
        raise unreadable(call.path, "Required QueryValue [sourceId] not specified")
    query.uuid("destinationId")
    query.flag("ignoreCache")
    source = catalogue.actor("source", source_id)
    if source is None or not call.principal.sees(source.workspace_id):
        raise call.missing("source", source_id)
    names = (
        stream.name
        for connection in catalogue.connections.values()
        if connection.source_id == source.id
        for stream in connection.streams
    )
    return ok(streams_json(dict.fromkeys(names)))


def get_health(_: Call) -> Answer:
    """GET /health: anonymous, plain text."""
    return Answer(200, b"Successful operation", "text/plain")


# -- applications and tokens ---------------------------------------------------------------------


def create_access_token(call: Call) -> Answer:
    """POST /applications/token."""
    client_id, client_secret, grant = _credentials(call)
    if grant not in {None, "client_credentials"}:
        raise Refused(bad_request("The grant type must be client_credentials"))
    auth = call.service.auth
    wrong = call.strikes.get(FaultName.WRONG_CREDENTIALS)
    token = None if wrong else auth.grant(client_id, client_secret, call.world.now)
    if token is None:
        raise Refused(_wrong_credentials(call, auth, wrong.number("status") if wrong else None))
    answer: dict[str, Json] = {"access_token": token, "token_type": "Bearer"}
    if auth.settings.say_expiry and not call.strikes.get(FaultName.NO_EXPIRY):
        answer["expires_in"] = int(auth.settings.token_lifetime)
    return ok(answer)


def _credentials(call: Call) -> tuple[str, str, str | None]:
    media_type = call.content_type.partition(";")[0].strip().lower()
    if media_type == _FORM:
        form_is_read = call.service.auth.settings.form_tokens
        if call.strikes.get(FaultName.NO_FORM) or not form_is_read:
            raise Refused(hal(401, "Unauthorized", "Unauthorized", call.path))
        try:
            form = dict(parse_qsl(call.raw_body.decode("ascii"), max_num_fields=50))
        except ValueError:
            raise unreadable(call.path, "Malformed form body") from None
        if "client_id" not in form or "client_secret" not in form:
            raise unreadable(call.path, "client_id: must not be null")
        grant = form.get("grant-type", form.get("grant_type"))
        return form["client_id"], form["client_secret"], grant
    body = call.body()
    grant = body.optional_text("grant-type") or body.optional_text("grant_type")
    return body.text("client_id"), body.text("client_secret"), grant


def _wrong_credentials(call: Call, auth: Auth, status: int | None) -> Answer:
    status = status or auth.settings.wrong_credentials
    if status == 400:
        return bad_request("Invalid client credentials")
    if status == 401:
        return hal(401, "Unauthorized", "Unauthorized", call.path)
    return uncaught(status, call.fresh_error_id())


def list_applications(call: Call) -> Answer:
    """GET /applications."""
    applications = call.service.auth.applications.values()
    listed: list[Json] = [_application_json(one) for one in applications]
    return ok({"applications": listed})


def create_application(call: Call) -> Answer:
    """POST /applications: it may do what its maker may, as far as an admin."""
    catalogue = call.world.catalogue
    name = call.body().name("name")
    made = Application(
        id=catalogue.fresh_uuid("application"),
        name=name,
        client_id=catalogue.fresh_uuid("client"),
        client_secret=catalogue.fresh_uuid("secret").replace("-", ""),
        role=min(call.principal.role, Role.ADMIN),
        workspaces=call.principal.workspaces,
        created_at=call.world.now,
    )
    call.service.auth.applications[made.id] = made
    return ok(_application_json(made))


def _application(call: Call) -> Application:
    application_id = call.path_values["applicationId"]
    found = call.service.auth.applications.get(application_id)
    if found is None:
        raise Refused(not_found("application", application_id[:60]))
    return found


def get_application(call: Call) -> Answer:
    """GET /applications/{applicationId}."""
    return ok(_application_json(_application(call)))


def delete_application(call: Call) -> Answer:
    """DELETE /applications/{applicationId}: answers with what is gone, not with 204."""
    application = _application(call)
    del call.service.auth.applications[application.id]
    return ok(_application_json(application))


def _application_json(application: Application) -> dict[str, Json]:
    return {
        "id": application.id,
        "name": application.name,
        "clientId": application.client_id,
        "clientSecret": application.client_secret,
        "createdAt": int(application.created_at * 1000),
    }


LIST_TAGS: Final = Operation("listTags", list_tags)
CREATE_TAG: Final = Operation("createTag", create_tag, Role.EDITOR)
GET_TAG: Final = Operation("getTag", get_tag)
UPDATE_TAG: Final = Operation("updateTag", update_tag, Role.EDITOR)
DELETE_TAG: Final = Operation("deleteTag", delete_tag, Role.EDITOR)
GET_STREAMS: Final = Operation("getStreamProperties", get_streams)
GET_HEALTH: Final = Operation("getHealthCheck", get_health, role=None)
CREATE_TOKEN: Final = Operation("createAccessToken", create_access_token, role=None)
LIST_APPLICATIONS: Final = Operation("listApplications", list_applications)
CREATE_APPLICATION: Final = Operation("createApplication", create_application)
GET_APPLICATION: Final = Operation("getApplication", get_application)
DELETE_APPLICATION: Final = Operation("deleteApplication", delete_application)
