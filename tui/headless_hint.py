"""What is to be mended when a server did not accept a profile's credentials: where they are."""

from __future__ import annotations

from workflow.airbyte.problems import ApiProblem, ProblemKind
from workflow.settings import BasicAuth, BearerAuth, InEnvironment, NoAuth, Profile
from workflow.text import SafeText, safe


def with_hint(problem: ApiProblem, profile: Profile) -> SafeText:
    """Return a problem's sentence, with where its credentials are if they were not accepted.

    Of a refused token request the problem itself says so.
    """
    refused = problem.kind is ProblemKind.UNAUTHORIZED and problem.sent
    return safe(f"{problem.sentence}{_place(profile) if refused else ''}")


def _place(profile: Profile) -> str:
    match profile.auth:
        case NoAuth():
            return " This profile has no credentials; the server wants some."
        case BearerAuth(InEnvironment(variable)):
            return f" The token is in {variable}."
        case BasicAuth(password=InEnvironment(variable)):
            return f" The password is in {variable}."
    return ""
