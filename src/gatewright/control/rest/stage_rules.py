"""What a stage's document holds from its creation, and what its name, variables and logs may say."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gatewright.aws.errors import BadRequest, NotFound
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest.common import epoch

CACHE_SIZES = ("0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237")
MOST_VARIABLES = 100  # API Gateway's quota for one stage
REQUEST_IDS = ("$context.requestId", "$context.extendedRequestId")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_VARIABLE_NAME = re.compile(r"\w{1,64}", re.ASCII)
# Both the measured and the documented alphabet.
_VARIABLE_VALUE = re.compile(r"[A-Za-z0-9 ._:/?&=,~#-]{0,512}")
_LOG_GROUP_NAME = re.compile(r"[A-Za-z0-9_./#-]+")
_LOG_GROUP = re.compile(r"arn:[^:]+:logs:[^:]+:[^:]+:log-group:(?P<name>.+)")
_FIREHOSE = re.compile(r"arn:[^:]+:firehose:[^:]+:[^:]+:deliverystream/(?P<name>.+)")


def new_stage(call: Call, name: str, deployment: str, params: Params) -> Document:
    """A stage as it is created; `params` are those members of CreateStage or CreateDeployment both know."""
    check_name(name)
    now = epoch(call)
    stage: Document = {
        "stageName": name,
        "deploymentId": deployment,
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": False,
        "createdDate": now,
        "lastUpdatedDate": now,
    }
    apply_settings(stage, params)
    return stage


def apply_settings(stage: Document, params: Params) -> None:
    """Set what the request gave; what it left out stays as it is."""
    if params.get("cacheClusterSize"):
        check_cache_size(params["cacheClusterSize"])
    for member in ("cacheClusterSize", "tracingEnabled", "description"):
        if params.get(member) not in (None, ""):
            stage[member] = params[member]
    if params.get("cacheClusterEnabled") is not None:
        set_cache_cluster(stage, params["cacheClusterEnabled"])
    if params.get("variables"):
        check_variables(params["variables"])
        stage["variables"] = params["variables"]


def set_cache_cluster(stage: Document, enabled: bool) -> None:
    """The cluster is there at once: the status never passes through CREATE_IN_PROGRESS."""
    stage["cacheClusterEnabled"] = enabled
    stage["cacheClusterStatus"] = "AVAILABLE" if enabled else "NOT_AVAILABLE"
    if enabled:
        stage.setdefault("cacheClusterSize", CACHE_SIZES[0])


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadRequest("Stage name only allows a-zA-Z0-9_")


def check_variables(variables: Mapping[str, str | None]) -> None:
    if len(variables) > MOST_VARIABLES:
        raise BadRequest(
            f"Too many stage variables: {len(variables)}. A stage can have {MOST_VARIABLES} at most."
        )
    for name, value in variables.items():
        check_variable(name, value)


def check_variable(name: str, value: str | None) -> None:
    if not _VARIABLE_NAME.fullmatch(name):
        raise BadRequest(f"Invalid stage variable name: {name}. Please use names with only word characters.")
    if value is None or not _VARIABLE_VALUE.fullmatch(value):
        raise BadRequest(
            f"Invalid stage variable value of key {name}.  Please use values with alphanumeric characters "
            "and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
        )


def check_deployment_id(call: Call, api: str, deployment: str) -> None:
    if call.tx.get(keys.deployment(api, deployment)) is None:
        raise NotFound("Invalid Deployment identifier specified")


def check_documentation_version(call: Call, api: str, version: str) -> None:
    if call.tx.get(keys.documentation_version(api, version)) is None:
        raise BadRequest("Invalid Documentation version specified")


def check_client_certificate(call: Call, certificate: str) -> None:
    if call.tx.get(keys.client_certificate(certificate)) is None:
        raise BadRequest("Invalid Client Certificate identifier specified")


def check_cache_size(size: str) -> None:
    if size not in CACHE_SIZES:
        raise BadRequest(f"Invalid cache cluster size '{size}', must be one of: [{', '.join(CACHE_SIZES)}]")


def check_access_log(member: str, value: str) -> None:
    """The two members of `accessLogSettings`."""
    if not value:
        raise BadRequest("Access Log value must not be empty")
    if member == "destinationArn":
        _check_log_destination(value)
    elif not any(request_id in value for request_id in REQUEST_IDS):
        raise BadRequest("Access Log format must include either " + " or ".join(REQUEST_IDS))


def _check_log_destination(arn: str) -> None:
    if match := _FIREHOSE.fullmatch(arn):
        if not match["name"].startswith("amazon-apigateway-"):
            raise BadRequest(
                "Kinesis Firehose delivery stream name must begin with the characters 'amazon-apigateway-'"
            )
    elif match := _LOG_GROUP.fullmatch(arn):
        if not _LOG_GROUP_NAME.fullmatch(match["name"]):
            raise BadRequest(
                "Access log destination must only contain characters a-z, A-Z, 0-9, '_', '-', '/', '.': "
                f"'{match['name']}'"
            )
    else:
        raise BadRequest(
            "The ARN must be a valid CloudWatch Logs log group or Kinesis Data Firehose delivery stream"
        )
