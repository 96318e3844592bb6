"""Where each kind of document stands in the catalog: the kind first, so that a listing is one prefix.

Documents are in the AWS wire shape. A method's document carries its `methodResponses` and its
`methodIntegration` (with `integrationResponses`) inside, as GetMethod returns them.
"""

from __future__ import annotations

import hashlib

from gatewright.catalog.api import Partition

# Callers that sign stand in a partition of their own: they are of any account, and of no region.
CALLERS = Partition("aws", "global")
# What all nodes share and no account owns.
NODES = Partition("gatewright", "global")
PRINCIPALS = "principal/"
ACCESS_KEYS = "accesskey/"

# What nodes that share a catalog have in common.
NODES = Partition("aws", "nodes")

ACCOUNT = "account"
REST_APIS = "restapi/"
API_KEYS = "apikey/"
USAGE_PLANS = "usageplan/"
FUNCTIONS = "function/"
STAGES = "stage/"
CLIENT_CERTIFICATES = "clientcertificate/"
VPC_LINKS = "vpclink/"

CACHE_KEYS = "cachekeys"
"""What cached responses are encrypted with, in `NODES`, the newest last:
`{"keys": [{"id": 16 hex digits, "key": 32 bytes in base64, "createdDate": …}]}`."""

VARIABLE = "{}"

# Everything an API owns besides its own document; each is listed below `{kind}/{api}/`.
API_KINDS = (
    "resource",
    "child",
    "method",
    "model",
    "requestvalidator",
    "authorizer",
    "authorizerflush",
    "defaultendpoint",
    "gatewayresponse",
    "documentationpart",
    "documentationversion",
    "documentationsnapshot",
    "deployment",
    "snapshot",
    "stage",
    "canaryverdict",
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


def authorizer(api: str, authorizer_id: str) -> str:
    return f"authorizer/{api}/{authorizer_id}"


def authorizer_flush(api: str, stage: str) -> str:
    """`{"generation": n}`: what authorizers said of a stage under an older generation counts no more.

    There is none (generation 0) until the stage is flushed; it outlives the stage, so that a stage made anew
    under its name does not find the old one's.
    """
    return f"authorizerflush/{api}/{stage}"


def default_endpoint(api: str) -> str:
    """`{"disabled": …}`: of the execute-api endpoint, as the API said when one of its stages last changed.

    There may be none for APIs whose stages are older than this key; then each deployment's snapshot says so.
    """
    return f"defaultendpoint/{api}/state"


def gateway_response(api: str, response_type: str) -> str:
    return f"gatewayresponse/{api}/{response_type}"


def documentation_part(api: str, part: str) -> str:
    """`{"id": …, "location": {"type": …, "path": …, …}, "properties": a JSON text}`."""
    return f"documentationpart/{api}/{part}"


def documentation_version(api: str, version: str) -> str:
    return f"documentationversion/{api}/{version}"


def documentation_snapshot(api: str, version: str) -> str:
    """What a documentation version froze: `{"parts": [documentation part, …]}`."""
    return f"documentationsnapshot/{api}/{version}"


def deployment(api: str, deployment_id: str) -> str:
    return f"deployment/{api}/{deployment_id}"


def snapshot(api: str, deployment_id: str) -> str:
    """What a deployment froze: `{"restApi": …, "resources": [{…, "resourceMethods": {verb: method}}],
    "models": […], "requestValidators": […], "authorizers": […], "gatewayResponses": […]}`."""
    return f"snapshot/{api}/{deployment_id}"


def stage(api: str, name: str) -> str:
    return f"stage/{api}/{name}"


def canary_verdict(api: str, stage: str, when: str) -> str:
    """What a judge found of a canary of the stage, the oldest first: see `control.canaries.sentence`."""
    return f"canaryverdict/{api}/{stage}/{when}"


def api_key(key_id: str) -> str:
    return f"apikey/{key_id}"


def api_key_lookup(value: str) -> str:
    """What a request with this key value may do: `{"id": …, "enabled": …, "usagePlanIds": […]}`.

    The value stands there by its SHA-256, so that no secret is in a key, nor in the change feed. Whatever
    matters to requests with the value changes this document: the key itself and its plans.
    """
    return f"apikeylookup/{hashlib.sha256(value.encode()).hexdigest()}"


def usage_plan(plan: str) -> str:
    return f"usageplan/{plan}"


def usage_plan_key(plan: str, key_id: str) -> str:
    """That an API key is in a plan: `{"id": …, "type": "API_KEY", "createdDate": when it was added}`."""
    return f"usageplankey/{plan}/{key_id}"


def usage_plan_stage(api: str, stage: str, plan: str) -> str:
    """What a plan says of one stage: `{"usagePlanId": …, "throttle": …, "quota": …, "methodThrottle": …}`.

    The last three are there when the plan has them. Whatever a plan enforces on a stage changes this
    document, so that the change feed names the API and the stage.
    """
    return f"usageplanstage/{api}/{stage}/{plan}"


def client_certificate(certificate: str) -> str:
    return f"clientcertificate/{certificate}"


def client_certificate_key(certificate: str) -> str:
    """The private key of a client certificate, `{"privateKey": PEM}`: for the data plane only."""
    return f"clientcertificatekey/{certificate}"


def vpc_link(link: str) -> str:
    """`{"id": …, "name": …, "targetArns": [one], "description": …, "tags": {…}}`; the last two at need.

    Its status is the settings' to say, so that it is not kept.
    """
    return f"vpclink/{link}"


def principal(arn: str) -> str:
    """A user or a role, in `CALLERS`: `{"arn": …, "id": …, "policies": {name: policy}, "boundary": policy,
    "tags": {…}, "organization": …, "createdDate": …}`; boundary, tags and organization may be missing."""
    return f"principal/{arn}"


def access_key(access_key_id: str) -> str:
    """A secret and whose it is, in `CALLERS`: `{"id": …, "secret": …, "principal": ARN, "createdDate": …}`.

    Of a role's session also `sessionName`, `sessionToken`, `expiration` and perhaps its `policy`.
    """
    return f"accesskey/{access_key_id}"


def node_file(name: str) -> str:
    """A file that each node keeps a copy of, in `NODES`: `{"text": …}`; with secrets."""
    return f"nodefile/{name}"


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
