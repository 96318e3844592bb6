"""CreateRestApi's cloneFrom."""

from __future__ import annotations

import json
from typing import Any

from tests.support.management import PARTITION
from tests.support.patches import shown

from .conftest import Refused


def test_a_clone_has_all_but_stages(client: Any) -> None:
    source = client.create_rest_api(name="old", binaryMediaTypes=["a/b"], minimumCompressionSize=0)
    api, root = source["id"], source["rootResourceId"]
    pets = client.create_resource(restApiId=api, parentId=root, pathPart="pets")["id"]
    reference = f"https://apigateway.amazonaws.com/restapis/{api}/models/Empty"
    schema = json.dumps({"items": {"$ref": reference}})
    client.create_model(restApiId=api, name="Pets", contentType="application/json", schema=schema)
    validator = client.create_request_validator(restApiId=api, name="v")["id"]
    pool = f"arn:aws:cognito-idp:us-east-1:{PARTITION.account}:userpool/us-east-1_a"
    header = "method.request.header.Authorization"
    authorizer = client.create_authorizer(
        restApiId=api, name="who", type="COGNITO_USER_POOLS", providerARNs=[pool], identitySource=header
    )["id"]
    client.put_gateway_response(restApiId=api, responseType="THROTTLED", statusCode="503")
    method = {"restApiId": api, "resourceId": pets, "httpMethod": "GET"}
    client.put_method(
        **method,
        authorizationType="COGNITO_USER_POOLS",
        authorizerId=authorizer,
        requestValidatorId=validator,
    )
    client.put_integration(**method, type="MOCK")

    clone = client.create_rest_api(name="new", cloneFrom=api, minimumCompressionSize=7)

    new = clone["id"]
    assert (clone["binaryMediaTypes"], clone["minimumCompressionSize"]) == (["a/b"], 7)
    resources = {
        item["path"]: item for item in client.get_resources(restApiId=new, embed=["methods"])["items"]
    }
    assert resources.keys() == {"/", "/pets"}
    assert resources["/"]["id"] == clone["rootResourceId"] == resources["/pets"]["parentId"] != root
    copied = resources["/pets"]["resourceMethods"]["GET"]
    assert copied["methodIntegration"]["cacheNamespace"] == resources["/pets"]["id"] != pets
    (copied_validator,) = client.get_request_validators(restApiId=new)["items"]
    assert copied["requestValidatorId"] == copied_validator["id"] != validator
    (copied_authorizer,) = client.get_authorizers(restApiId=new)["items"]
    assert copied["authorizerId"] == copied_authorizer["id"] != authorizer
    assert copied_authorizer["providerARNs"] == [pool]
    model = client.get_model(restApiId=new, modelName="Pets")
    assert json.loads(model["schema"]) == {"items": {"$ref": reference.replace(api, new)}}
    throttled = client.get_gateway_response(restApiId=new, responseType="THROTTLED")
    assert (throttled["statusCode"], throttled["defaultResponse"]) == ("503", False)
    assert shown(client.get_resource(restApiId=api, resourceId=pets))["path"] == "/pets"


def test_an_unknown_source(client: Any, refused: Refused) -> None:
    answer = refused(client.create_rest_api, name="new", cloneFrom="unknown")
    assert answer == ("NotFoundException", f"Invalid API identifier specified {PARTITION.account}:unknown")
