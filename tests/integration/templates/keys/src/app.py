from typing import Any


def whoami(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 200, "body": event["requestContext"]["authorizer"]["principalId"]}
