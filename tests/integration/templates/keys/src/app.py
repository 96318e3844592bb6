def whoami(event, context):
    return {"statusCode": 200, "body": event["requestContext"]["authorizer"]["principalId"]}
