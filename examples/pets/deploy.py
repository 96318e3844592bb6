"""Deploys the pets: an API with a static answer, a proxied backend and a Lambda function.

Only AWS's own calls are made, so that the same script deploys to Amazon: leave out --endpoint, and give
--backend a public address and --role a role that exists. Running it again changes what is there instead of
adding to it.
"""

from __future__ import annotations

import argparse
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

API, STAGE, FUNCTION = "pets", "dev", "create-pet"
CODE = Path(__file__).resolve().parent / "functions" / "create_pet"
PETS = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bruno"}, {"id": 3, "name": "Coral"}]

Client = Any  # botocore makes its clients at run time


def main() -> None:
    options = read_options()
    session = botocore.session.get_session()
    apigateway: Client = session.create_client(
        "apigateway", region_name=options.region, endpoint_url=options.endpoint
    )
    functions: Client = session.create_client(
        "lambda", region_name=options.region, endpoint_url=options.endpoint
    )

    print(f"Function {FUNCTION}")
    function = put_function(functions, options.role, hot_reload=options.endpoint is not None)
    print(f"API {API}")
    api = find_api(apigateway) or create_api(apigateway)
    build(apigateway, api, options.backend, function, functions.meta.region_name)
    allow(functions, api, function)
    print(f"Stage {STAGE}")
    apigateway.create_deployment(restApiId=api, stageName=STAGE)
    show(api, options)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--endpoint", help="the management API's URL; Amazon's own without it")
    parser.add_argument("--data", help="the URL that serves the API; the same as --endpoint without it")
    parser.add_argument("--backend", default="http://127.0.0.1:9000", help="where backend.py listens")
    parser.add_argument("--region", help="the region, if neither environment nor profile name one")
    parser.add_argument("--role", default="arn:aws:iam::000000000000:role/pets", help="the function's role")
    return parser.parse_args()


def put_function(functions: Client, role: str, *, hot_reload: bool) -> str:
    """The function's ARN. Gatewright runs it from its directory, so that an edit is served at once."""
    code = {"S3Bucket": "hot-reload", "S3Key": str(CODE)} if hot_reload else {"ZipFile": zipped()}
    try:
        configuration = functions.create_function(
            FunctionName=FUNCTION,
            Runtime="python3.12",
            Handler="handler.handler",
            Role=role,
            Code=code,
            Timeout=10,
        )
    except functions.exceptions.ResourceConflictException:
        configuration = functions.update_function_code(FunctionName=FUNCTION, **code)
    functions.get_waiter("function_active_v2").wait(FunctionName=FUNCTION)
    return str(configuration["FunctionArn"])


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.write(CODE / "handler.py", "handler.py")
    return content.getvalue()


def find_api(apigateway: Client) -> str | None:
    pages = apigateway.get_paginator("get_rest_apis").paginate()
    return next((api["id"] for page in pages for api in page["items"] if api["name"] == API), None)


def create_api(apigateway: Client) -> str:
    """Gatewright gives the API the id its `_custom_id_` tag asks for; to Amazon it is any tag."""
    api = apigateway.create_rest_api(name=API, description="A pet shop", tags={"_custom_id_": API})
    return str(api["id"])


def build(apigateway: Client, api: str, backend: str, function: str, region: str) -> None:
    """Three methods on two resources."""
    pages = apigateway.get_paginator("get_resources").paginate(restApiId=api)
    resources = {resource["path"]: resource["id"] for page in pages for resource in page["items"]}
    pets = resources.get("/pets") or create_resource(apigateway, api, resources["/"], "pets")
    pet = resources.get("/pets/{petId}") or create_resource(apigateway, api, pets, "{petId}")

    put_static(apigateway, api, pets)
    put_method(apigateway, api, pet, "GET", requestParameters={"method.request.path.petId": True})
    apigateway.put_integration(
        restApiId=api,
        resourceId=pet,
        httpMethod="GET",
        type="HTTP_PROXY",
        integrationHttpMethod="GET",
        uri=f"{backend}/pets/{{petId}}",
        requestParameters={"integration.request.path.petId": "method.request.path.petId"},
    )
    put_method(apigateway, api, pets, "POST")
    apigateway.put_integration(
        restApiId=api,
        resourceId=pets,
        httpMethod="POST",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations",
    )


def create_resource(apigateway: Client, api: str, parent: str, part: str) -> str:
    return str(apigateway.create_resource(restApiId=api, parentId=parent, pathPart=part)["id"])


def put_static(apigateway: Client, api: str, resource: str) -> None:
    """`GET /pets` answers a fixed list, without a backend."""
    put_method(apigateway, api, resource, "GET")
    method = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
    apigateway.put_method_response(**method, statusCode="200")
    apigateway.put_integration(
        **method, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    apigateway.put_integration_response(
        **method, statusCode="200", responseTemplates={"application/json": json.dumps(PETS)}
    )


def put_method(apigateway: Client, api: str, resource: str, verb: str, **settings: Any) -> None:
    """A method that is there is replaced, with all it has."""
    try:
        apigateway.delete_method(restApiId=api, resourceId=resource, httpMethod=verb)
    except apigateway.exceptions.NotFoundException:
        pass
    apigateway.put_method(
        restApiId=api, resourceId=resource, httpMethod=verb, authorizationType="NONE", **settings
    )


def allow(functions: Client, api: str, function: str) -> None:
    """Let this API, and no other, invoke the function."""
    region, account = function.split(":")[3:5]
    try:
        functions.add_permission(
            FunctionName=FUNCTION,
            StatementId=f"api-{api}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{region}:{account}:{api}/*/POST/pets",
        )
    except functions.exceptions.ResourceConflictException:
        pass


def show(api: str, options: argparse.Namespace) -> None:
    if options.endpoint is None:
        print(f"\nDeployed: https://{api}.execute-api.<region>.amazonaws.com/{STAGE}/pets")
        return
    url = f"{options.data or options.endpoint}/restapis/{api}/{STAGE}/_user_request_"
    print(
        f"\nThe pets are served at {url}. Try:\n\n"
        f"  curl {url}/pets          # MOCK: a static answer\n"
        f"  curl {url}/pets/1        # HTTP_PROXY: from {options.backend}\n"
        f'  curl {url}/pets -d \'{{"name": "Dotty"}}\'   # AWS_PROXY: from {CODE}/handler.py\n',
        flush=True,
    )


if __name__ == "__main__":
    try:
        main()
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"Not deployed: {error}") from None
