"""Lambda's bounds on tags."""

from __future__ import annotations

from gatewright.functions.names import InvalidParameterValue

TAGS = 50
KEY_CHARACTERS = 128
VALUE_CHARACTERS = 256


def check_tags(tags: dict[str, str]) -> None:
    if len(tags) > TAGS:
        raise InvalidParameterValue("Number of tags exceeds function tag limit.")
    for key, value in tags.items():
        if not 0 < len(key) <= KEY_CHARACTERS or key.lower().startswith("aws:"):
            raise InvalidParameterValue(
                f"Tag key '{key[:KEY_CHARACTERS]}' must have 1 to {KEY_CHARACTERS} characters and must not "
                "start with 'aws:'"
            )
        if len(value or "") > VALUE_CHARACTERS:
            raise InvalidParameterValue(
                f"The value of tag '{key}' has {len(value)} characters; {VALUE_CHARACTERS} are the most"
            )
