from typing import Any


def whoami(event: dict[str, Any], context: object) -> dict[str, Any]:
    authorizer = event["requestContext"].get("authorizer") or {"principalId": "anybody"}
    return {"statusCode": 200, "body": authorizer["principalId"]}
