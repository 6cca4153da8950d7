"""Every error body this API is known to send, turned into one problem with a sentence for people.

Four shapes are in use beside the HTML of proxies: problem documents (``type``, ``title``,
``detail``, ``data.message``), bare ``errorId`` or ``message`` objects, Micronaut's HAL errors with
``_embedded.errors``, and the rate limiter's ``message``. What an answer means for a trigger is
decided in :mod:`workflow.runs`, by status and kind; this module only says what was said.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from workflow.http.failures import BadBody
from workflow.http.messages import Response, retry_after
from workflow.http.strict_json import Json
from workflow.text import SafeText, safe

_ANSWER_CAP: Final = 2_000
_MESSAGE_CAP: Final = 240


class ProblemKind(StrEnum):
    """What kind of refusal it is, whatever the body looked like."""

    BAD_REQUEST = "bad_request"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    TRY_AGAIN_LATER = "try_again_later"
    """409: a sync already runs for the connection; this request had no effect."""
    STATE_CONFLICT = "state_conflict"
    """409 of any other sort: the request may have had an effect all the same."""
    UNPROCESSABLE = "unprocessable"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    UNREADABLE = "unreadable"
    """The status was fine, the content was not."""
    OTHER = "other"


class ApiProblem(Exception):  # noqa: N818 - the word of RFC 9457
    """The server answered, and the answer is not what was asked for.

    `status` is the HTTP status, `sentence` one line for people, `retry_after` the seconds the
    server asked for, `answer` the beginning of the body for a log, made safe. `sent` is False
    when it was the token request that was refused, so that the request itself never left.
    """

    def __init__(
        self,
        status: int,
        kind: ProblemKind,
        sentence: str,
        *,
        retry_after: float | None = None,
        answer: str = "",
        sent: bool = True,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.kind = kind
        self.sentence: SafeText = safe(sentence)
        self.retry_after = retry_after
        self.sent = sent
        self.answer: SafeText = safe(answer, limit=_ANSWER_CAP)

    @property
    def brief(self) -> SafeText:
        """The problem in two words, for where there is no room for the sentence."""
        unreadable = self.kind is ProblemKind.UNREADABLE
        return SafeText("unreadable answer" if unreadable else f"HTTP {self.status}")

    def __str__(self) -> str:
        return self.sentence


def problem_from(response: Response, what: str) -> ApiProblem:
    """Turn an answer that is not 2xx into its problem; `what` says what was asked, as a gerund.

    For example ``problem_from(response, "listing jobs")``. Never raises.
    """
    body = _json_of(response)
    messages = tuple(_messages(body))
    said = safe(messages[0], limit=_MESSAGE_CAP).strip() if messages else ""
    kind = _kind(response.status, body, " ".join(messages))
    return ApiProblem(
        response.status,
        kind,
        _sentence(response.status, kind, what, said),
        retry_after=retry_after(response.headers, response.arrived),
        answer=_beginning(response),
    )


def unreadable(response: Response, what: str, why: str) -> ApiProblem:
    """Make the problem of an answer whose status was fine and whose content was not."""
    sentence = f"{what.capitalize()}: the server answered {response.status}, but {why}."
    return ApiProblem(
        response.status, ProblemKind.UNREADABLE, sentence, answer=_beginning(response)
    )


def _json_of(response: Response) -> Json:
    try:
        return response.json()
    except BadBody:
        # HTML, plain text or nothing: the status alone has to speak.
        return None


def _beginning(response: Response) -> str:
    return response.content[: _ANSWER_CAP * 4].decode("utf-8", "replace")


def _messages(body: Json) -> Iterator[str]:
    """Give what the body says to people, the most telling first."""
    if not isinstance(body, dict):
        return
    data = body.get("data")
    if isinstance(data, dict):
        yield from _texts(data, "message", "detail")
    embedded = body.get("_embedded")
    errors = embedded.get("errors") if isinstance(embedded, dict) else None
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            yield from _texts(error, "message")
    yield from _texts(body, "detail", "message", "error_description", "title", "error")
    error_id = body.get("errorId")
    if isinstance(error_id, str) and error_id:
        yield f"error id {error_id}"


def _texts(body: dict[str, Json], *names: str) -> Iterator[str]:
    for name in names:
        value = body.get(name)
        if isinstance(value, str) and value.strip():
            yield value


_KINDS: Final = {
    400: ProblemKind.BAD_REQUEST,
    401: ProblemKind.UNAUTHORIZED,
    403: ProblemKind.FORBIDDEN,
    404: ProblemKind.NOT_FOUND,
    422: ProblemKind.UNPROCESSABLE,
    429: ProblemKind.RATE_LIMITED,
}


def _kind(status: int, body: Json, said: str) -> ProblemKind:
    if status == 409:
        return _conflict(body, said)
    if status >= 500:
        return ProblemKind.SERVER_ERROR
    return _KINDS.get(status, ProblemKind.OTHER)


def _conflict(body: Json, said: str) -> ProblemKind:
    # The harmless 409 is claimed only where the server names it: the other may have acted.
    names = " ".join(_texts(body, "type", "title")) if isinstance(body, dict) else ""
    if "try-again-later" in names or "A sync is already running for" in said:
        return ProblemKind.TRY_AGAIN_LATER
    return ProblemKind.STATE_CONFLICT


_ADVICE: Final = {
    ProblemKind.UNAUTHORIZED: "the credentials were not accepted; check the profile",
    ProblemKind.FORBIDDEN: "not allowed, or it does not exist",
    ProblemKind.NOT_FOUND: "it does not exist, or the base URL is not the API's",
    ProblemKind.TRY_AGAIN_LATER: "a job already runs for the connection",
    ProblemKind.RATE_LIMITED: "too many requests; ask again later",
    ProblemKind.SERVER_ERROR: "the server is in trouble; ask again later",
}
_BY_PROXY: Final = "a proxy on the way wants a user name and password"


def _sentence(status: int, kind: ProblemKind, what: str, said: str) -> str:
    advice = _ADVICE.get(kind, _BY_PROXY if status == 407 else "")
    told = said.rstrip(".")
    parts = [part for part in (f'it says "{told}"' if told else "", advice) if part]
    tail = f": {'; '.join(parts)}" if parts else ""
    return f"{what.capitalize()} was answered with {status}{tail}."
