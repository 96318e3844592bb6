"""OpenAPI documents of APIs that can be deployed, for tests that hold of any such document."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]
Draw = st.DrawFn

EXTENSION = "x-amazon-apigateway-"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:f"
INVOKE = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
POOL = "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_abc"
ISSUER = {"issuer": "https://issuer.example", "audiences": ["a"]}

NAMES = st.sampled_from(["Pet", "Dog", "List1"])
TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=8)
CONTENT_TYPES = st.sampled_from(["application/json", "text/plain", "application/xml"])
PATHS = ["/", "/pets", "/pets/{id}", "/pets/{id}/x-y", "/files/{proxy+}"]
VERBS = ["get", "put", "post", "delete", "patch", "head", "options"]
VALIDATORS = ["body", "all of it"]

AUTHORIZERS: Document = {
    "token": {"authorizerUri": INVOKE, "identityValidationExpression": "a.*", "type": "token"},
    "request": {
        "authorizerUri": INVOKE,
        "identitySource": "method.request.header.a,context.path",
        "authorizerResultTtlInSeconds": 0,
        "type": "request",
    },
    "pool": {"providerARNs": [POOL], "type": "cognito_user_pools"},
    "jwt": {"jwtConfiguration": {"issuers": [ISSUER], "defaultAlgorithms": ["RS256"]}, "type": "jwt"},
}
SCHEMES: Document = {
    **{
        name: {"type": "apiKey", "name": "Auth", "in": "header", f"{EXTENSION}authorizer": authorizer}
        for name, authorizer in AUTHORIZERS.items()
    },
    "iam": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        f"{EXTENSION}authtype": "awsSigv4",
    },
    "key": {"type": "apiKey", "name": "X-API-KEY", "in": "header"},
}


@st.composite
def documents(draw: Draw, kind: str) -> Document:
    """A document of `kind`, `swagger` or `oas30`."""
    models = draw(st.dictionaries(NAMES, schemas(kind), max_size=3))
    models = {name: _known(schema, kind, models) for name, schema in models.items()}
    paths = draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3, unique=True))
    document: Document = {
        "info": draw(
            st.fixed_dictionaries({"title": TEXTS}, optional={"version": TEXTS, "description": TEXTS})
        ),
        "paths": {path: draw(path_items(kind, path, sorted(models))) for path in paths},
        f"{EXTENSION}request-validators": {
            name: {
                "validateRequestBody": draw(st.booleans()),
                "validateRequestParameters": draw(st.booleans()),
            }
            for name in VALIDATORS
        },
        **draw(root_extensions()),
    }
    schemes = {name: SCHEMES[name] for name in draw(st.permutations(sorted(SCHEMES)))}
    if kind == "swagger":
        return {"swagger": "2.0", **document, "definitions": models, "securityDefinitions": schemes}
    return {"openapi": "3.0.1", **document, "components": {"schemas": models, "securitySchemes": schemes}}


def schemas(kind: str) -> st.SearchStrategy[Any]:
    place = _place(kind)
    leaves = st.sampled_from([{"type": "string"}, {"type": "integer", "minimum": 1}, {"enum": ["a", "b"]}])
    references = st.builds(lambda name: {"$ref": place + name}, NAMES)
    inner = st.recursive(
        leaves | references,
        lambda below: (
            st.builds(lambda items: {"type": "array", "items": items}, below)
            | st.builds(
                lambda properties: {"type": "object", "properties": properties},
                st.dictionaries(st.sampled_from(["a", "b", "$ref x"]), below, max_size=2),
            )
        ),
        max_leaves=3,
    )
    return st.fixed_dictionaries(
        {
            "type": st.just("object"),
            "properties": st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
        },
        optional={"description": TEXTS, "title": TEXTS},
    )


def _known(schema: Any, kind: str, models: Document) -> Any:
    """The schema without references to models that are not there."""
    if isinstance(schema, dict):
        if "$ref" in schema and schema["$ref"].removeprefix(_place(kind)) not in models:
            return {"type": "string"}
        return {name: _known(value, kind, models) for name, value in schema.items()}
    return schema


def _place(kind: str) -> str:
    return "#/definitions/" if kind == "swagger" else "#/components/schemas/"


@st.composite
def path_items(draw: Draw, kind: str, path: str, models: list[str]) -> Document:
    verbs: list[str] = draw(st.lists(st.sampled_from(VERBS), max_size=2, unique=True))
    item = {verb: draw(operations(kind, path, models)) for verb in verbs}
    if not item or draw(st.booleans()):
        item[f"{EXTENSION}any-method"] = draw(operations(kind, path, models))
    return item


@st.composite
def operations(draw: Draw, kind: str, path: str, models: list[str]) -> Document:
    statuses: list[str] = draw(
        st.lists(st.sampled_from(["200", "201", "404", "500"]), max_size=2, unique=True)
    )
    operation: Document = {
        "responses": {status: draw(responses(kind, models)) for status in statuses},
        f"{EXTENSION}integration": draw(integrations(path, statuses)),
        "security": draw(securities()),
        "parameters": draw(parameters(kind, path)),
    }
    if draw(st.booleans()):
        operation["operationId"] = draw(st.sampled_from(["getPet", "x"]))
    if draw(st.booleans()):
        operation[f"{EXTENSION}request-validator"] = draw(st.sampled_from(VALIDATORS))
    if draw(st.booleans()) and models:
        schema = {"$ref": _place(kind) + draw(st.sampled_from(models))}
        if kind == "swagger":
            operation["parameters"].append({"in": "body", "name": "body", "schema": schema})
            operation["consumes"] = draw(st.lists(CONTENT_TYPES, max_size=2, unique=True))
            operation["produces"] = draw(st.lists(CONTENT_TYPES, max_size=2, unique=True))
        else:
            operation["requestBody"] = {"content": {draw(CONTENT_TYPES): {"schema": schema}}}
    return operation


@st.composite
def parameters(draw: Draw, kind: str, path: str) -> list[Document]:
    told = {"type": "string"} if kind == "swagger" else {"schema": {"type": "string"}}
    names = draw(st.lists(st.sampled_from([("q", "query"), ("x-h", "header")]), max_size=2, unique=True))
    found = [{"name": name, "in": place, "required": draw(st.booleans()), **told} for name, place in names]
    if "{proxy+}" in path:  # declared, so that the integration may map it
        found.append({"name": "proxy", "in": "path", "required": True, **told})
    return found


@st.composite
def responses(draw: Draw, kind: str, models: list[str]) -> Document:
    response: Document = {"description": draw(TEXTS)}
    if draw(st.booleans()) and models:
        schema = {"$ref": _place(kind) + draw(st.sampled_from(models))}
        told = (
            {"schema": schema}
            if kind == "swagger"
            else {"content": {draw(CONTENT_TYPES): {"schema": schema}}}
        )
        response.update(told)
    response["headers"] = {"x-told": {"type": "string"}}
    return response


@st.composite
def integrations(draw: Draw, path: str, statuses: list[str]) -> Document:
    integration: Document = draw(
        st.sampled_from(
            [
                {"type": "mock"},
                {"type": "HTTP", "httpMethod": "post", "uri": "http://a.example/${stageVariables.x}"},
                {"type": "http_proxy", "httpMethod": "ANY", "uri": "https://a.example/"},
                {"type": "aws_proxy", "httpMethod": "POST", "uri": INVOKE},
                {"type": "aws", "httpMethod": "POST", "uri": INVOKE},
            ]
        )
    )
    integration = {**integration, **draw(settings_of_integrations())}
    if integration["type"] in ("mock", "HTTP", "aws"):
        patterns = ["default", "4..", ".*x.*"]
        integration["responses"] = {
            pattern: draw(integration_responses(status))
            for pattern, status in zip(patterns, statuses, strict=False)
        }
    if integration["type"] in ("HTTP", "http_proxy") and "proxy+" in path:
        integration["uri"] = "http://a.example/{proxy}"
        integration["requestParameters"] = {
            "integration.request.path.proxy": "method.request.path.proxy",
            "integration.request.header.z": "'1'",
        }
    return integration


def settings_of_integrations() -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(
        {},
        optional={
            "timeoutInMillis": st.sampled_from([50, 29000]),
            "passthroughBehavior": st.sampled_from(["NEVER", "when_no_match", "when_no_templates"]),
            "contentHandling": st.sampled_from(["CONVERT_TO_TEXT", "CONVERT_TO_BINARY"]),
            "requestTemplates": st.dictionaries(CONTENT_TYPES, st.sampled_from(['{"statusCode": 200}', "x"])),
        },
    )


def integration_responses(status: str) -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(
        {"statusCode": st.sampled_from([status, int(status)])},
        optional={
            "responseParameters": st.just({"method.response.header.x-told": "'1'"}),
            "responseTemplates": st.dictionaries(CONTENT_TYPES, st.sampled_from(["", "$input.body", "é\n"])),
        },
    )


@st.composite
def securities(draw: Draw) -> list[Document]:
    names: list[str] = draw(st.lists(st.sampled_from(sorted(SCHEMES)), max_size=1))
    found: list[Document] = [{name: []} for name in names]
    if names == ["pool"] and draw(st.booleans()):
        found = [{"pool": ["a/read", "b"]}]
    if names != ["key"] and draw(st.booleans()):
        found.append({"key": []})
    return found


def root_extensions() -> st.SearchStrategy[Document]:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": "execute-api:/*",
    }
    return st.fixed_dictionaries(
        {},
        optional={
            f"{EXTENSION}binary-media-types": st.just(["image/png", "*/*"]),
            f"{EXTENSION}minimum-compression-size": st.sampled_from([0, 100]),
            f"{EXTENSION}api-key-source": st.sampled_from(["HEADER", "authorizer"]),
            f"{EXTENSION}policy": st.just({"Version": "2012-10-17", "Statement": [statement]}),
            f"{EXTENSION}gateway-responses": st.just(
                {
                    "DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.a": "'b'"}},
                    "THROTTLED": {"statusCode": 420, "responseTemplates": {"text/plain": "slow"}},
                }
            ),
            f"{EXTENSION}documentation": st.just(
                {
                    "version": "1",
                    "documentationParts": [
                        {"location": {"type": "API"}, "properties": {"info": {"description": "é"}, "x": 1}},
                        {"location": {"type": "METHOD", "path": "/pets"}, "properties": {"summary": "s"}},
                        {
                            "location": {"type": "RESPONSE", "statusCode": 200},
                            "properties": {"description": "fine"},
                        },
                        {
                            "location": {"type": "MODEL", "name": "Pet"},
                            "properties": {"description": "beast"},
                        },
                        {"location": {"type": "RESOURCE", "path": "/pets"}, "properties": {"summary": "all"}},
                    ],
                }
            ),
        },
    )
