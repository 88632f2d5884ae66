"""The API's description (OpenAPI 3.1), made from the table of routes and the records that they take and give."""

from __future__ import annotations

import re
import typing
from typing import Any

import msgspec

from fusion import __version__
from fusion.console.problems import ProblemDetail
from fusion.console.routes import HEAD, Route

REFUSALS = {
    303: "not logged in: the login page says why",
    400: "no JSON, or a query that is none",
    401: "not logged in",
    403: "not allowed, or not from a page of this console",
    404: "there is no such thing",
    409: "it cannot be done as things stand",
    412: "it is not what was read",
    413: "the body is too long",
    415: "the body is not application/json",
    422: "the body is not as expected",
    428: "If-Match is missing",
    429: "too many attempts",
    503: "the journal is away",
    504: "the service did not answer in time",
}


def description(routes: tuple[Route, ...], *, cookie: str) -> dict[str, Any]:
    """Give the whole description."""
    kinds = [ProblemDetail, *dict.fromkeys(kind for one in routes for kind in (one.gives, one.takes) if _is_record(kind))]
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    known = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in routes:
        paths.setdefault(HEAD + one.path, {})[one.method.lower()] = _operation(one, known)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Vigie's console",
            "version": __version__,
            "license": {"name": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": cookie},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: Route, known: dict[Any, Any]) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", route.path)
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for name in names
    ]
    parameters += _query(route.query)
    if route.if_match:
        parameters.append({"name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"}})
    empty = {"204": {"description": "done; there is nothing to tell"}} if route.empty else {}
    told: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z]+', '_', route.path)}".strip("_"),
        "summary": route.says,
        "parameters": parameters,
        "responses": {str(route.status): _given(route, known)} | empty | {str(code): _refusal(code) for code in _codes(route)},
        "security": [] if route.permission is None else [{"session": []}, {"token": []}],
    }
    if route.permission:
        told["description"] = f"Needs the permission `{route.permission}`."
    if route.takes is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": known[route.takes]}}}
    return told


def _codes(route: Route) -> list[int]:
    """List the refusals of a route."""
    codes = set(route.refuses) | {400, 503}
    if route.permission is not None:
        codes |= {401, 403}
    if route.method != "GET":
        codes |= {403}
    if route.takes is not None:
        codes |= {413, 415, 422}
    if "{" in route.path:
        codes |= {404}
    return sorted(codes)


def _given(route: Route, known: dict[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"description": route.says}
    if route.status in {204, 303}:
        return told
    schema = known[route.gives] if _is_record(route.gives) else {}
    media = (route.media,) if isinstance(route.media, str) else route.media
    return told | {"content": {kind: {"schema": schema} if schema else {} for kind in media}}


def _refusal(code: int) -> dict[str, Any]:
    if code == 303:
        return {"description": REFUSALS[code]}
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetail"}}}
    return {"description": REFUSALS[code], "content": content}


def _query(kind: Any) -> list[dict[str, Any]]:
    if kind is None:
        return []
    schema = msgspec.json.schema(kind)
    table = schema["$defs"][kind.__name__]
    return [
        {"name": name, "in": "query", "required": name in table.get("required", []), "schema": _plain(one)}
        for name, one in table["properties"].items()
    ]


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Give a parameter's schema without null, which no query can say."""
    kinds = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if name not in {"anyOf", "default"} or value is not None}
    rest.pop("anyOf", None)
    return rest | kinds[0] if kinds else rest


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct) and typing.get_origin(kind) is None
