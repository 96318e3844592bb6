import os
from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 201, "body": f"{os.environ['GREETING']} {event['body']}"}
