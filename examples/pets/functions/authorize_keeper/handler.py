"""Lets the shop's keepers in: the token is `keeper-` and a name that the environment lists."""

import os


def handler(event, context):
    name = event["authorizationToken"].removeprefix("keeper-")
    effect = "Allow" if name in os.environ["KEEPERS"].split() else "Deny"
    # The answer is cached for all methods of the stage: it names them all, not only the one asked for.
    api, stage = event["methodArn"].split("/")[:2]
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": f"{api}/{stage}/*"}
    return {
        "principalId": name,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"shop": os.environ["SHOP"]},
    }
