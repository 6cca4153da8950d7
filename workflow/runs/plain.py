"""Calls that are nobody's special business: sent to the profile's server as the document says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast

from workflow.airbyte.models import Job
from workflow.airbyte.parsing import parse_job
from workflow.airbyte.problems import ApiProblem
from workflow.airbyte.readings import Reading
from workflow.airbyte.shapes import BadAnswer
from workflow.arazzo.turns import Call, Headers, Json, NoResponse, Response
from workflow.http import messages
from workflow.http.failures import BadBody, NetworkFailure
from workflow.runs import paths
from workflow.runs.events import ReadingTaken
from workflow.runs.ledger import Voice
from workflow.runs.services import Services
from workflow.text import SafeText, safe

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that may be sent again, and by a profile that is read-only."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a request."""

    answer: Response | NoResponse
    ms: int | None = None
    left: datetime | None = None
    """When the request left, by our clock; None when there was no answer."""
    arrived: datetime | None = None
    doubt: SafeText | None = None
    """Why an answer that calls itself JSON is read as a text."""


async def send(services: Services, call: Call) -> Sent:
    """Send a call's request. A network failure is no response, which the document may handle."""
    base = services.client.base_url
    request = messages.Request(
        call.operation.method,
        base + paths.at_server(call.request.target, base),
        headers=call.request.headers,
        content=call.request.content,
        replay="safe" if call.operation.method in SAFE else "never",
        name=call.operation.operation_id or call.operation.path,
    )
    try:
        response = await services.client.door.send(request)
    except NetworkFailure as failure:
        return Sent(NoResponse(failure.kind, failure.text))
    except ApiProblem as problem:  # no token was to be had: nothing was sent
        return Sent(NoResponse("credentials", problem.sentence))
    ms = round(response.seconds * 1000)
    answer, doubt = _answer(response)
    return Sent(answer, ms, response.left, response.arrived, doubt)


def job_in(sent: Sent) -> Job | None:
    """Return the job that a getJob was answered with; None when that is not what came."""
    if not isinstance(sent.answer, Response) or sent.answer.status != 200:
        return None
    try:
        return parse_job(cast("Json", sent.answer.body))
    except BadAnswer:
        return None  # the document may still know what to do with it


def _answer(response: messages.Response) -> tuple[Response, SafeText | None]:
    content_type = response.headers.get("content-type")
    headers = Headers(tuple(response.headers.items()))
    body: Json | bytes = response.content
    doubt = None
    try:
        body = response.json()
    except BadBody as error:
        if response.content and _is_json(content_type or ""):
            doubt = safe(f"the answer calls itself JSON and is read as a text: {error}")
    return Response(response.status, headers, body, content_type), doubt


def _is_json(content_type: str) -> bool:
    name = content_type.partition(";")[0].strip().lower()
    return name == "application/json" or name.endswith("+json")


async def with_rows(services: Services, voice: Voice, reading: Reading) -> Reading:
    """Read a job once more whose end was seen in an answer without rows; as it is if that fails."""
    try:
        job = (await services.client.get_job(reading.job_id)).value
    except (ApiProblem, NetworkFailure):
        # The end is known, which is what matters; its rows then stay unknown, and are shown so.
        return reading
    if job.status != reading.status:
        return reading
    voice.note(ReadingTaken(job.job_id, job.status, job.rows_synced, job.bytes_synced))
    return replace(reading, job=job)
