"""Linking a step to its operation: which parameters go where, and what the body is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from workflow.arazzo import bodies, styles, templates
from workflow.arazzo.bodies import Form
from workflow.arazzo.model import Location, Parameter, RequestBody, Step
from workflow.arazzo.openapi import ApiOperation, ApiParameter, Description
from workflow.arazzo.plan import BodyPlan, CallPlan, ParameterPlan
from workflow.arazzo.problems import Findings, nearest
from workflow.arazzo.templates import ListOf, ObjectOf, Template
from workflow.arazzo.turns import Json, Operation

_TEMPLATED = re.compile(r"\{([^{}]+)\}")
_MOST_DEPTH = 20


def tell_missing_location(
    parameter: Parameter, operation: ApiOperation | None, findings: Findings
) -> None:
    """Report a parameter of an operation that does not say where in the request it goes."""
    named = _named(parameter.name, operation) if operation is not None else []
    findings.error(
        parameter.place,
        "missing-key",
        f"The parameter {parameter.name!r} of an operation needs 'in'.",
        f"in: {named[0].location}" if named else None,
    )


def _named(name: str, operation: ApiOperation) -> list[ApiParameter]:
    return [found for found in operation.parameters.values() if found.name == name]


class CallLinker:
    """Links one step that calls an operation."""

    def __init__(
        self, source: str, description: Description, operation: ApiOperation, findings: Findings
    ) -> None:
        self._source = source
        self._description = description
        self._operation = operation
        self._findings = findings

    def link(self, step: Step, shared: tuple[Parameter, ...]) -> CallPlan:
        """Return the call; `shared` are the workflow's parameters, which the step's override."""
        merged: dict[tuple[str, Location | None], Parameter] = {}
        in_path = set(_TEMPLATED.findall(self._operation.path))
        for parameter in shared:
            if parameter.location != "path" or parameter.name in in_path:
                merged[parameter.identity] = parameter
        for parameter in step.parameters:
            merged[parameter.identity] = parameter
        plans = tuple(
            planned for parameter in merged.values() if (planned := self._parameter(parameter))
        )
        self._check_missing(step, plans)
        operation = self._operation
        return CallPlan(
            Operation(
                self._source,
                operation.operation_id,
                operation.method,
                operation.path,
                operation.server,
            ),
            tuple(_TEMPLATED.split(operation.path)),
            plans,
            self._body(step, step.request_body),
        )

    def _parameter(self, parameter: Parameter) -> ParameterPlan | None:
        name, location = parameter.name, parameter.location
        if location is None:
            tell_missing_location(parameter, self._operation, self._findings)
            return None
        declared = self._declared(name, location)
        if declared is None:
            self._check_undeclared(parameter, location)
            default = "form" if location in ("query", "cookie") else "simple"
            return ParameterPlan(
                name,
                location,
                parameter.value,
                location == "path",
                default,
                default == "form",
                as_json=False,
            )
        if declared.style not in styles.STYLES[location]:
            self._findings.warn(
                parameter.place,
                "unsupported",
                f"The description gives {name!r} the style {declared.style!r}, which is not "
                f"known for a {location} parameter; it is written in the usual one.",
            )
        return ParameterPlan(
            name,
            location,
            parameter.value,
            declared.required,
            declared.style,
            declared.explode,
            declared.as_json,
            declared.reserved,
        )

    def _declared(self, name: str, location: Location) -> ApiParameter | None:
        if location == "header":
            return next(
                (
                    found
                    for found in self._operation.parameters.values()
                    if found.location == "header" and found.name.lower() == name.lower()
                ),
                None,
            )
        return self._operation.parameters.get((name, location))

    def _check_undeclared(self, parameter: Parameter, location: Location) -> None:
        """Report a path parameter that the path lacks; doubt another that is not declared."""
        name, operation = parameter.name, self._operation
        if location == "path":
            in_path = _TEMPLATED.findall(operation.path)
            if name not in in_path:
                self._findings.error(
                    parameter.place,
                    "unknown-parameter",
                    f"The path {operation.path} has no parameter {name!r}.",
                    nearest(name, in_path),
                )
            return
        elsewhere = _named(name, operation)
        known = [
            found.name for found in operation.parameters.values() if found.location == location
        ]
        if elsewhere or known:
            hint = f"in: {elsewhere[0].location}" if elsewhere else nearest(name, known)
            self._findings.warn(
                parameter.place,
                "unknown-parameter",
                f"{operation.method} {operation.path} declares no {location} parameter {name!r}; "
                "it is sent all the same.",
                hint,
            )

    def _check_missing(self, step: Step, plans: tuple[ParameterPlan, ...]) -> None:
        given = {(plan.name, plan.location) for plan in plans}
        operation = self._operation
        for name in _TEMPLATED.findall(operation.path):
            if (name, "path") not in given:
                self._findings.error(
                    step.place,
                    "missing-parameter",
                    f"Step {step.step_id!r} gives no value for {name!r} in {operation.path}.",
                )
        for (name, location), declared in operation.parameters.items():
            known = {plan.name.lower() for plan in plans if plan.location == location}
            if location != "path" and declared.required and name.lower() not in known:
                self._findings.warn(
                    step.place,
                    "missing-parameter",
                    f"{operation.method} {operation.path} requires the {location} parameter "
                    f"{name!r}; step {step.step_id!r} does not give it.",
                )

    # Bodies

    def _body(self, step: Step, body: RequestBody | None) -> BodyPlan | None:
        operation = self._operation
        if body is None:
            if operation.body_required:
                self._findings.warn(
                    step.place,
                    "missing-body",
                    f"{operation.method} {operation.path} requires a body; step "
                    f"{step.step_id!r} sends none.",
                )
            return None
        media_type = body.content_type or self._usual_media_type()
        form = bodies.form_of(media_type)
        if form is None:
            self._findings.error(
                body.place,
                "unsupported",
                f"Bodies of the type {media_type} are not supported.",
                bodies.JSON,
            )
            return None
        template = body.payload if body.payload is not None else templates.Literal({})
        self._check_replacements(body, media_type, form)
        no_json = bodies.why_no_json(template) if form == "json" else None
        if no_json is not None:
            self._findings.warn(
                body.place,
                "payload",
                f"The payload looks like JSON and is none ({no_json}); it is sent as one text.",
            )
        if form in ("json", "form"):
            schema = self._schema(media_type)
            template = self._with_required(template, schema, 0)
        replacements = tuple((item.target, item.value) for item in body.replacements)
        return BodyPlan(template, replacements, media_type, form, operation.body_required)

    def _check_replacements(self, body: RequestBody, media_type: str, form: Form) -> None:
        """Refuse replacements in what has no places that a JSON Pointer could name."""
        is_text = body.payload is not None and bodies.is_text(body.payload)
        if body.replacements and (form in ("xml", "text") or (form == "form" and is_text)):
            self._findings.error(
                body.replacements[0].place,
                "unsupported",
                f"Replacements in a payload that is one text of the type {media_type} are not "
                "supported; write the expressions into the payload.",
            )

    def _usual_media_type(self) -> str:
        declared = [name for name in self._operation.media_types if "*" not in name]
        for name in declared:
            if bodies.form_of(name) == "json":
                return name
        return declared[0] if declared else bodies.JSON

    def _schema(self, media_type: str) -> Json:
        wanted = media_type.partition(";")[0].strip().lower()
        for name, schema in self._operation.media_types.items():
            if name.partition(";")[0].strip().lower() == wanted:
                return schema
        return None

    def _with_required(self, template: Template, schema: Json, depth: int) -> Template:
        """Mark in a payload which members the description requires."""
        if depth > _MOST_DEPTH:
            return template
        if isinstance(template, ListOf):
            items = self._whole(schema).get("items")
            return ListOf(tuple(self._with_required(i, items, depth + 1) for i in template.items))
        if not isinstance(template, ObjectOf):
            return template
        whole = self._whole(schema)
        required, properties = whole.get("required"), whole.get("properties")
        known = properties if isinstance(properties, dict) else {}
        return replace(
            template,
            members=tuple(
                (name, self._with_required(member, known.get(name), depth + 1))
                for name, member in template.members
            ),
            required=frozenset(
                name
                for name in (required if isinstance(required, list) else ())
                if isinstance(name, str)
            ),
        )

    def _whole(self, schema: Json) -> Mapping[str, Json]:
        """Return a schema's required names and properties, ``allOf`` put together."""
        required: list[Json] = []
        properties: dict[str, Json] = {}
        items: Json = None
        waiting = [schema]
        for _ in range(100):
            if not waiting:
                break
            here = self._description.resolve(waiting.pop(0))
            if not isinstance(here, dict):
                continue
            names, members, every = here.get("required"), here.get("properties"), here.get("allOf")
            required += names if isinstance(names, list) else []
            properties |= members if isinstance(members, dict) else {}
            waiting += every if isinstance(every, list) else []
            items = here.get("items", items)
        return {"required": required, "properties": properties, "items": items}
