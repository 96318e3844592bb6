"""The environment of a function process: Lambda's own variables, the user's, and nothing of the worker's."""

from __future__ import annotations

import os
from pathlib import Path

from gatewright.catalog.api import Document, Partition
from gatewright.functions.runtimes import BOOTSTRAPS


def environment(
    partition: Partition, configuration: Document, *, task_root: Path, runtime_api: str, log_stream: str
) -> dict[str, str]:
    """`runtime_api` is `host:port`. What describes the function cannot be overridden, the rest can."""
    user = (configuration.get("Environment") or {}).get("Variables") or {}
    return {
        **_defaults(partition),
        **user,
        **_reserved(configuration, task_root, runtime_api, log_stream),
    }


def _defaults(partition: Partition) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/tmp",  # the owner's own files, ~/.aws among them, are none of a function's business
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_REGION": partition.region,
        "AWS_DEFAULT_REGION": partition.region,
        # Credentials that mean this account to the management port, and nothing to AWS.
        "AWS_ACCESS_KEY_ID": partition.account,
        "AWS_SECRET_ACCESS_KEY": "gatewright",
    }


def _reserved(configuration: Document, task_root: Path, runtime_api: str, log_stream: str) -> dict[str, str]:
    name = configuration["FunctionName"]
    return {
        "_HANDLER": configuration.get("Handler") or "",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.get('Runtime') or 'provided.al2023'}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_size(configuration)),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": configuration["Version"],
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_RUNTIME_DIR": str(BOOTSTRAPS),
        "LAMBDA_TASK_ROOT": str(task_root),
    }


def memory_size(configuration: Document) -> int:
    """MemorySize in MB; 128 is Lambda's default."""
    return int(configuration.get("MemorySize") or 128)


def timeout(configuration: Document) -> int:
    """Timeout in seconds; 3 is Lambda's default."""
    return int(configuration.get("Timeout") or 3)
