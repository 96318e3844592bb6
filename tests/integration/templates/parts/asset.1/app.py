def handler(event: object, context: object) -> str:
    return "from a directory"
