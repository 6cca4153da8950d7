"""From a step's plan to the request that it sends."""

from __future__ import annotations

from types import MappingProxyType

from workflow.arazzo import bodies, styles, templates
from workflow.arazzo.plan import BodyPlan, CallPlan, ParameterPlan
from workflow.arazzo.pointer import Missing
from workflow.arazzo.templates import Lookup, Unresolved, as_text
from workflow.arazzo.turns import Json, Request


def build_request(plan: CallPlan, lookup: Lookup) -> Request:
    """Return the request with every value put in.

    Raises:
        Unresolved: something that must be there resolves to nothing, or to what no request can
            carry; nothing may be sent.
    """
    try:
        return _request(plan, lookup)
    except UnicodeEncodeError:
        # JSON can write one half of a surrogate pair; UTF-8 cannot.
        raise Unresolved("a value holds half of a character, which cannot be sent") from None


def _request(plan: CallPlan, lookup: Lookup) -> Request:
    in_path: dict[str, tuple[str, str]] = {}
    query: list[tuple[str, str]] = []
    written: list[str] = []
    headers: list[tuple[str, str]] = []
    cookies: list[str] = []
    for parameter in plan.parameters:
        value = _value(parameter, lookup)
        if isinstance(value, Missing):
            continue
        name, explode = parameter.name, parameter.explode
        match parameter.location:
            case "path":
                text = styles.path_text(name, value, parameter.style, explode)
                in_path[name] = (text, as_text(value))
            case "query":
                query += styles.query_pairs(name, value, parameter.style, explode)
                text = styles.query_text(
                    name, value, parameter.style, explode, reserved=parameter.reserved
                )
                written += [text] if text else []
            case "header":
                headers.append((name, styles.header_text(name, value, explode)))
            case "cookie":
                cookies += styles.cookie_pairs(name, value, parameter.style, explode)
    if cookies:
        headers.append(("Cookie", "; ".join(cookies)))
    payload, content = _body(plan.body, lookup)
    media_type = plan.body.media_type if plan.body is not None and content is not None else None
    if media_type is not None and all(name.lower() != "content-type" for name, _ in headers):
        headers.append(("Content-Type", media_type))
    return Request(
        path="".join([in_path[part][0] if at % 2 else part for at, part in enumerate(plan.path)]),
        query=tuple(query),
        query_text="&".join(written),
        headers=tuple(headers),
        content=content,
        media_type=media_type,
        payload=payload,
        path_values=MappingProxyType({name: text for name, (_, text) in in_path.items()}),
    )


def _value(parameter: ParameterPlan, lookup: Lookup) -> Json | Missing:
    value = templates.fill(parameter.value, lookup)
    if value is None or isinstance(value, Missing):
        if parameter.required:
            what = templates.describe(parameter.value)
            raise Unresolved(
                f"the {parameter.location} parameter {parameter.name!r} has no value "
                f"({what} resolves to nothing)"
            )
        return Missing()
    return as_text(value) if parameter.as_json and not isinstance(value, str) else value


def _body(plan: BodyPlan | None, lookup: Lookup) -> tuple[Json, bytes | None]:
    if plan is None:
        return None, None
    payload = bodies.fill_payload(plan.template, plan.replacements, plan.form, lookup)
    if isinstance(payload, Missing):
        if plan.required:
            raise Unresolved(f"the request body {templates.describe(plan.template)} has no value")
        return None, None
    return payload, bodies.encode(payload, plan.form)
