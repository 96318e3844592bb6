"""Resources that other services would make: what they can be named by, and a note that this is all."""

from __future__ import annotations

from collections.abc import Callable

from gatewright.projects.cloudformation.patches import replace
from gatewright.projects.cloudformation.properties import Declared, Params
from gatewright.projects.cloudformation.resources.kinds import APIS, FUNCTIONS, Kind
from gatewright.projects.cloudformation.stack import Physical, Stack

_NO_IAM = (
    "there is no IAM here: functions run with this machine's rights, and its policies are not enforced; "
    "a role that an API's credentials name is made with `gatewright principals create-role`"
)


def _role(stack: Stack, declared: Declared) -> Physical:
    name = str(declared.properties.get("RoleName") or f"{stack.name}-{declared.logical_id}")
    path = str(declared.properties.get("Path") or "/")
    arn = f"arn:aws:iam::{stack.node.account}:role{path}{name}"
    return Physical(name, {"Arn": arn, "RoleId": f"AROA{declared.logical_id.upper()}"})


def _policy(stack: Stack, declared: Declared) -> Physical:
    name = str(declared.properties.get("PolicyName") or f"{stack.name}-{declared.logical_id}")
    return Physical(name, {"Id": name})


def _managed_policy(stack: Stack, declared: Declared) -> Physical:
    name = declared.properties.get("ManagedPolicyName") or f"{stack.name}-{declared.logical_id}"
    arn = f"arn:aws:iam::{stack.node.account}:policy/{name}"
    return Physical(arn, {"PolicyArn": arn})


def _log_group(stack: Stack, declared: Declared) -> Physical:
    name = str(declared.properties.get("LogGroupName") or f"{stack.name}-{declared.logical_id}")
    arn = f"arn:aws:logs:{stack.node.region}:{stack.node.account}:log-group:{name}:*"
    return Physical(name, {"Arn": arn})


def _metadata(stack: Stack, declared: Declared) -> Physical:
    return Physical(declared.logical_id)


def _noted(make: Callable[[Stack, Declared], Physical], note: str, *attributes: str) -> Kind:
    def apply(stack: Stack, declared: Declared, params: Params) -> Physical:
        stack.accepted[f"({declared.type}): {note}"].append(declared.logical_id)
        return make(stack, declared)

    return Kind(lambda declared: {}, apply, frozenset(attributes), FUNCTIONS)


ROLE = _noted(_role, _NO_IAM, "Arn", "RoleId")
POLICY = _noted(_policy, _NO_IAM, "Id")
MANAGED_POLICY = _noted(_managed_policy, _NO_IAM, "PolicyArn")
LOG_GROUP = _noted(_log_group, "there are no log groups here; functions log to files of bounded size", "Arn")
CDK_METADATA = _noted(_metadata, "says nothing that could be deployed")


# ---- the account ------------------------------------------------------------------------------------------


def _prepare_account(declared: Declared) -> Params:
    declared.only("CloudWatchRoleArn")
    return {"role": str(declared.properties.get("CloudWatchRoleArn", ""))}


def _apply_account(stack: Stack, declared: Declared, params: Params) -> Physical:
    stack.apigateway.update_account(patchOperations=[replace("/cloudwatchRoleArn", params["role"])])
    return Physical(declared.logical_id, {"Id": declared.logical_id})


ACCOUNT = Kind(_prepare_account, _apply_account, frozenset({"Id"}), APIS)
