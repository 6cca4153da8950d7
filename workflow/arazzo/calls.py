"""Linking a step to its operation: which parameters go where."""

from __future__ import annotations

import re

from workflow.arazzo import styles
from workflow.arazzo.model import Location, Parameter, Step
from workflow.arazzo.openapi import Description
from workflow.arazzo.operations import ApiOperation, ApiParameter, identity
from workflow.arazzo.payloads import PayloadLinker
from workflow.arazzo.plan import CallPlan, ParameterPlan
from workflow.arazzo.problems import Findings, nearest
from workflow.arazzo.turns import Operation

_TEMPLATED = re.compile(r"\{([^{}]+)\}")


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
            PayloadLinker(self._description, operation, self._findings).link(step),
        )

    def _parameter(self, parameter: Parameter) -> ParameterPlan | None:
        name, location = parameter.name, parameter.location
        if location is None:
            tell_missing_location(parameter, self._operation, self._findings)
            return None
        declared = self._operation.parameters.get(identity(name, location))
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
        if not self._findings.takes_warnings:
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
        given = {identity(plan.name, plan.location) for plan in plans}
        operation, findings = self._operation, self._findings
        for name in _TEMPLATED.findall(operation.path):
            if (name, "path") not in given:
                findings.error(
                    step.place,
                    "missing-parameter",
                    f"Step {step.step_id!r} gives no value for {name!r} in {operation.path}.",
                )
        for key, declared in operation.parameters.items():
            if not findings.takes_warnings:
                return
            if declared.location != "path" and declared.required and key not in given:
                findings.warn(
                    step.place,
                    "missing-parameter",
                    f"{operation.method} {operation.path} requires the {declared.location} "
                    f"parameter {declared.name!r}; step {step.step_id!r} does not give it.",
                )
