import os


def handler(event, context):
    return {"statusCode": 201, "body": f"{os.environ['GREETING']} {event['body']}"}
