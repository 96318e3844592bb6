"""Where each kind of document stands in the catalog: the kind first, so that a listing is one prefix.

Documents are in the AWS wire shape. A method's document carries its `methodResponses` and its
`methodIntegration` (with `integrationResponses`) inside, as GetMethod returns them.
"""

from __future__ import annotations

ACCOUNT = "account"
REST_APIS = "restapi/"
FUNCTIONS = "function/"

VARIABLE = "{}"

# Everything an API owns besides its own document; each is listed below `{kind}/{api}/`.
API_KINDS = (
    "resource",
    "child",
    "method",
    "model",
    "requestvalidator",
    "gatewayresponse",
    "deployment",
    "snapshot",
    "stage",
)


def rest_api(api: str) -> str:
    return f"restapi/{api}"


def resource(api: str, resource_id: str) -> str:
    return f"resource/{api}/{resource_id}"


def child(api: str, parent_id: str, part: str) -> str:
    """Which resource stands below a parent under a path part: `{"id": …, "pathPart": …}`.

    All variables of a parent share one key, for only one of them may stand there.
    """
    return f"child/{api}/{parent_id}/{VARIABLE if part.startswith('{') else part}"


def method(api: str, resource_id: str, verb: str) -> str:
    return f"method/{api}/{resource_id}/{verb}"


def model(api: str, name: str) -> str:
    return f"model/{api}/{name}"


def request_validator(api: str, validator_id: str) -> str:
    return f"requestvalidator/{api}/{validator_id}"


def gateway_response(api: str, response_type: str) -> str:
    return f"gatewayresponse/{api}/{response_type}"


def deployment(api: str, deployment_id: str) -> str:
    return f"deployment/{api}/{deployment_id}"


def snapshot(api: str, deployment_id: str) -> str:
    """What a deployment froze: `{"restApi": …, "resources": [{…, "resourceMethods": {verb: method}}],
    "models": […], "requestValidators": […], "gatewayResponses": […]}`."""
    return f"snapshot/{api}/{deployment_id}"


def stage(api: str, name: str) -> str:
    return f"stage/{api}/{name}"


def below(kind: str, *owners: str) -> str:
    """The prefix that lists every document of `kind` owned by `owners`, e.g. `below("resource", api)`."""
    return "/".join((kind, *owners)) + "/"


def function(name: str) -> str:
    """A function's `$LATEST` configuration, code digest, tags and policy."""
    return f"function/{name}"


def function_version(name: str, version: str) -> str:
    return f"functionversion/{name}/{version}"


def function_alias(name: str, alias: str) -> str:
    return f"functionalias/{name}/{alias}"


def code_use(digest: str, name: str, version: str) -> str:
    """That a function's version has this code. Anybody's uses are `below("code", digest)`."""
    return f"code/{digest}/{name}/{version}"
