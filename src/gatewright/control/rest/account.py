"""Account: what holds for all APIs of an account in a region."""

from __future__ import annotations

import re

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.context import Limits
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Patch, Rule

USAGE_PLANS = "UsagePlans"

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")


def get_account(call: Call, params: Params) -> Document:
    return {
        **_throttle_settings(call.services.limits),
        "features": [USAGE_PLANS],
        "apiKeyVersion": "4",
        **(call.tx.get(keys.ACCOUNT) or {}),
    }


def update_account(call: Call, params: Params) -> Document:
    account = call.tx.get(keys.ACCOUNT) or {}
    patch.apply(account, params, _RULES)
    call.tx.put(keys.ACCOUNT, account)
    return get_account(call, params)


def _throttle_settings(limits: Limits) -> Document:
    """The throttle in force; there is none unless the owner sets one."""
    if limits.account_burst_limit is None or limits.account_rate_limit is None:
        return {}
    return {
        "throttleSettings": {
            "burstLimit": limits.account_burst_limit,
            "rateLimit": limits.account_rate_limit,
        }
    }


def _change_role(account: Document, operation: Patch) -> None:
    if operation.value and not _ROLE.fullmatch(operation.value):
        raise BadRequest(
            "The role ARN does not have required permissions configured. Please grant trust permission for "
            "API Gateway and add the required role policy."
        )
    patch.text("cloudwatchRoleArn")(account, operation)


def _add_feature(_account: Document, operation: Patch) -> None:
    """Usage plans, the one feature there is, are always on."""
    if operation.value != USAGE_PLANS:
        raise BadRequest(f"Invalid feature specified. Valid options are {USAGE_PLANS}")


def _remove_feature(_account: Document, _operation: Patch) -> None:
    raise BadRequest(f"The feature {USAGE_PLANS} cannot be removed")


_RULES = (
    Rule("/cloudwatchRoleArn", {"replace": _change_role}),
    Rule("/features", {"add": _add_feature, "remove": _remove_feature}),
)
