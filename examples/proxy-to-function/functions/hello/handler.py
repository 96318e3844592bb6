"""Greets the caller by what a request can carry: path, query string, header and body."""

import json


def handler(event, context):
    city = (event["pathParameters"] or {}).get("proxy", "World")
    time = (event["queryStringParameters"] or {}).get("time", "day")
    # Names come in the case in which the client wrote them.
    day = {name.lower(): value for name, value in (event["headers"] or {}).items()}.get("day")
    try:
        name = json.loads(event["body"] or "{}").get("callerName", "you")
    except (json.JSONDecodeError, AttributeError):
        return answer(400, {"message": "The body must be a JSON object"})
    greeting = f"Good {time}, {name} of {city}." + (f" Happy {day}!" if day else "")
    return answer(200, {"message": greeting})


def answer(status, document):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(document) + "\n",
    }
