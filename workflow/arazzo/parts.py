"""Reading what a step sends and keeps: parameters, request bodies, outputs."""

from __future__ import annotations

import re
from typing import Final

from workflow.arazzo.expressions import Constant, Expression, ExpressionError, parse_expression
from workflow.arazzo.fields import Fields
from workflow.arazzo.model import Location, Output, Parameter, Replacement, RequestBody
from workflow.arazzo.pointer import parse_pointer
from workflow.arazzo.tree import Mapping, Scalar, kind
from workflow.arazzo.values import Context, References, read_value

_LOCATIONS: Final[tuple[Location, ...]] = ("path", "query", "header", "cookie")
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
"""What the name of a header or cookie is made of (RFC 9110, 5.6.2; RFC 6265, 4.1.1)."""
_OF_THE_TRANSPORT: Final = ("host", "content-length", "transfer-encoding", "connection")
"""Headers that say how a request travels; whoever sends it sets them."""
_MEMBER: Final = re.compile(r"[$.]*[\w-]+(?:\.[\w-]+)*\Z")
"""A way to a member as many write it who do not mean a pointer: ``$.name.first``."""
_MEDIA_TYPE: Final = re.compile(r"[!-.0-~]+/[!-:<-~]+(?:[ \t]*;[ -~\t]*)?\Z")
_UNREAD: Final = Constant("url")
"""In place of an expression with a mistake; a document that has one is never run."""


def read_parameters(
    fields: Fields, key: str, context: Context, references: References
) -> tuple[Parameter, ...]:
    """Return a list of parameters; each name and location may stand once."""
    found: dict[tuple[str, Location | None], Parameter] = {}
    for item in fields.objects(key, "A parameter"):
        source = context.resolve(item, "parameters")
        override = item.node.get("value") if source is not item else None
        own: References = []
        parameter = None if source is None else _read_parameter(source, context, own)
        if parameter is None:
            continue
        if override is not None:
            own = []
            value = read_value(override, context, own)
            parameter = Parameter(parameter.name, parameter.location, value, item.place)
        references.extend(own)
        identity = parameter.identity
        if identity in found:
            where = f" in {parameter.location}" if parameter.location else ""
            context.findings.error(
                item.place,
                "duplicate-id",
                f"The parameter {parameter.name!r}{where} stands twice in this list.",
            )
        found.setdefault(identity, parameter)
    return tuple(found.values())


def read_component_parameters(context: Context) -> dict[str, Parameter]:
    """Return the parameters of the components, by key."""
    found: dict[str, Parameter] = {}
    for name, node in context.components.get("parameters", {}).items():
        if isinstance(node, Mapping):
            fields = Fields(node, "A parameter", context.findings)
            parameter = _read_parameter(fields, context, [])
            if parameter is not None:
                found[name] = parameter
    return found


def _read_parameter(fields: Fields, context: Context, references: References) -> Parameter | None:
    fields.only(("name", "in", "value"))
    name = fields.text("name", required=True)
    location: Location | None = None
    where = fields.node.get("in")
    if context.newer and isinstance(where, Scalar) and where.value == "querystring":
        context.unsupported(where.place, "Parameters in 'querystring'")
    elif where is not None:
        # One that is misspelt is reported; that it is missing as well is not to be said.
        location = fields.choice("in", _LOCATIONS) or "query"
    node = fields.node_of("value", required=True)
    if name is None or node is None:
        return None
    _check_name(fields, name, location)
    return Parameter(name, location, read_value(node, context, references), fields.place)


def _check_name(fields: Fields, name: str, location: Location | None) -> None:
    """Report a name that no request can carry at its location."""
    if location not in ("header", "cookie"):
        return
    if not _TOKEN.match(name):
        fields.findings.error(
            fields.at("name"), "wrong-value", f"{name!r} cannot be the name of a {location}."
        )
    elif location == "header" and name.lower() in _OF_THE_TRANSPORT:
        fields.findings.error(
            fields.at("name"),
            "unsupported",
            f"The header {name!r} belongs to whoever sends the request; it cannot be given.",
        )


def read_request_body(
    fields: Fields, context: Context, references: References
) -> RequestBody | None:
    """Return a step's request body."""
    body = fields.object("requestBody", "A request body")
    if body is None:
        return None
    body.only(("contentType", "payload", "replacements"))
    node = body.node_of("payload")
    payload = None if node is None else read_value(node, context, references)
    replacements = tuple(
        replacement
        for item in body.objects("replacements", "A replacement")
        if (replacement := _read_replacement(item, context, references)) is not None
    )
    media_type = body.text("contentType")
    if media_type is not None and not _MEDIA_TYPE.match(media_type):
        context.findings.error(
            body.at("contentType"), "wrong-value", f"{media_type!r} is no media type."
        )
    return RequestBody(media_type, payload, replacements, body.place)


def _read_replacement(item: Fields, context: Context, references: References) -> Replacement | None:
    if context.newer and "targetSelectorType" in item.node.keys:
        context.unsupported(item.at("targetSelectorType"), "'targetSelectorType' members")
        return None
    item.only(("target", "value"))
    target = item.text("target", required=True)
    value = item.node_of("value", required=True)
    if target is None or value is None:
        return None
    try:
        pointer = parse_pointer(target)
    except ValueError as error:
        member = _MEMBER.match(target)
        hint = "/" + target.lstrip("$.").replace(".", "/") if member else None
        context.findings.error(item.at("target"), "wrong-value", f"Here {error}.", hint)
        return None
    return Replacement(pointer, read_value(value, context, references), item.place)


def read_outputs(fields: Fields, context: Context, references: References) -> tuple[Output, ...]:
    """Return the named outputs of a step or a workflow."""
    found: list[Output] = []
    for name, _, node in fields.named("outputs", "'outputs'"):
        if context.newer and isinstance(node, Mapping):
            context.unsupported(node.place, "Selector objects")
            continue
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            context.findings.error(
                node.place,
                "wrong-type",
                f"The output {name!r} must be an expression; this is {kind(node)}.",
            )
            found.append(Output(name, _UNREAD, node.place))
            continue
        expression: Expression = _UNREAD
        try:
            expression = parse_expression(node.value)
        except ExpressionError as error:
            # The step has an output of that name all the same: to use it is no mistake.
            context.bad_expression(node.place, error)
        else:
            references.append((expression, node.place))
        found.append(Output(name, expression, node.place))
    return tuple(found)
