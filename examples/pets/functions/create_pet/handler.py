"""`POST /pets`: checks a pet and answers it with an id."""

import json
import uuid


def handler(event, context):
    try:
        pet = json.loads(event["body"] or "null")
    except json.JSONDecodeError:
        return answer(400, {"message": "The body is not JSON"})
    if not isinstance(pet, dict) or not pet.get("name"):
        return answer(400, {"message": "A pet needs a name"})
    print(f"A pet named {pet['name']} was created")
    return answer(201, {"id": str(uuid.uuid4()), **pet})


def answer(status, document):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(document) + "\n",
    }
