"""Deploys a JSON API in front of the book catalogue's SOAP service.

Only AWS's own calls are made, so that the same script deploys to Amazon: leave out --endpoint and give
--backend a public address. Running it again changes what is there instead of adding to it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

API, STAGE = "soap-shim", "dev"
TEMPLATES = Path(__file__).resolve().parent / "templates"
NEW_BOOK = """{
  "$schema": "http://json-schema.org/draft-04/schema#",
  "type": "object",
  "required": ["isbn", "title", "author"],
  "additionalProperties": false,
  "properties": {
    "isbn": {"type": "string"},
    "title": {"type": "string"},
    "author": {"type": "string"},
    "pages": {"type": "integer"}
  }
}"""

Client = Any  # botocore makes its clients at run time


@dataclass(frozen=True)
class Operation:
    """One method and the SOAP operation behind it. `answer` and `request` are files in templates/."""

    path: str
    verb: str
    name: str
    request: str
    answer: str
    status: str
    parameters: dict[str, bool]


OPERATIONS = (
    Operation(
        path="/books",
        verb="GET",
        name="FindBooks",
        request="find_books.request.vtl",
        answer="books.response.vtl",
        status="200",
        parameters={"method.request.querystring.title": False, "method.request.querystring.author": False},
    ),
    Operation(
        path="/books",
        verb="POST",
        name="AddBook",
        request="add_book.request.vtl",
        answer="book.response.vtl",
        status="201",
        parameters={},
    ),
    Operation(
        path="/books/{isbn}",
        verb="GET",
        name="GetBook",
        request="get_book.request.vtl",
        answer="book.response.vtl",
        status="200",
        parameters={"method.request.path.isbn": True},
    ),
)


def main() -> None:
    options = read_options()
    apigateway: Client = botocore.session.get_session().create_client(
        "apigateway", region_name=options.region, endpoint_url=options.endpoint
    )
    print(f"API {API}")
    api = find_api(apigateway) or create_api(apigateway)
    resources = make_resources(apigateway, api)
    for operation in OPERATIONS:
        put_operation(apigateway, api, resources[operation.path], operation, options.backend)
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
    return parser.parse_args()


def find_api(apigateway: Client) -> str | None:
    pages = apigateway.get_paginator("get_rest_apis").paginate()
    return next((api["id"] for page in pages for api in page["items"] if api["name"] == API), None)


def create_api(apigateway: Client) -> str:
    """Gatewright gives the API the id its `_custom_id_` tag asks for; to Amazon it is any tag."""
    made = apigateway.create_rest_api(name=API, description="JSON over SOAP", tags={"_custom_id_": API})
    api = str(made["id"])
    apigateway.create_model(restApiId=api, name="NewBook", contentType="application/json", schema=NEW_BOOK)
    apigateway.create_request_validator(restApiId=api, name="body", validateRequestBody=True)
    return api


def make_resources(apigateway: Client, api: str) -> dict[str, str]:
    """Resource ids by path, those that are missing made."""
    pages = apigateway.get_paginator("get_resources").paginate(restApiId=api)
    resources = {resource["path"]: resource["id"] for page in pages for resource in page["items"]}
    for parent, path in (("/", "/books"), ("/books", "/books/{isbn}")):
        if path not in resources:
            made = apigateway.create_resource(
                restApiId=api, parentId=resources[parent], pathPart=path.rpartition("/")[2]
            )
            resources[path] = made["id"]
    return resources


def put_operation(apigateway: Client, api: str, resource: str, operation: Operation, backend: str) -> None:
    method = {"restApiId": api, "resourceId": resource, "httpMethod": operation.verb}
    put_method(apigateway, method, operation)
    apigateway.put_integration(
        **method,
        type="HTTP",
        integrationHttpMethod="POST",
        uri=f"{backend}/",
        passthroughBehavior="NEVER",
        requestParameters={
            "integration.request.header.Content-Type": "'text/xml; charset=utf-8'",
            "integration.request.header.SOAPAction": f"'\"urn:example:books#{operation.name}\"'",
        },
        requestTemplates={"application/json": template(operation.request)},
    )
    put_response(apigateway, method, operation.status, "", operation.answer)
    # All faults of SOAP 1.1 have status 500. The template overrides 502 where the fault's code says more.
    put_response(apigateway, method, "502", r"[45]\d\d", "fault.response.vtl")


def put_method(apigateway: Client, method: dict[str, str], operation: Operation) -> None:
    """A method that is there is replaced, with all it has."""
    try:
        apigateway.delete_method(**method)
    except apigateway.exceptions.NotFoundException:
        pass
    settings: dict[str, Any] = {"requestParameters": operation.parameters}
    if operation.verb == "POST":
        validators = apigateway.get_request_validators(restApiId=method["restApiId"])["items"]
        settings["requestValidatorId"] = validators[0]["id"]
        settings["requestModels"] = {"application/json": "NewBook"}
    apigateway.put_method(**method, authorizationType="NONE", **settings)


def put_response(apigateway: Client, method: dict[str, str], status: str, pattern: str, file: str) -> None:
    apigateway.put_method_response(**method, statusCode=status)
    apigateway.put_integration_response(
        **method,
        statusCode=status,
        selectionPattern=pattern,
        responseTemplates={"application/json": template(file)},
    )


def template(file: str) -> str:
    return (TEMPLATES / file).read_text(encoding="utf-8")


def show(api: str, options: argparse.Namespace) -> None:
    if options.endpoint is None:
        print(f"\nDeployed: https://{api}.execute-api.<region>.amazonaws.com/{STAGE}/books")
        return
    url = f"{options.data or options.endpoint}/restapis/{api}/{STAGE}/_user_request_"
    print(
        f"\nThe books are served at {url}. Try:\n\n"
        f"  curl '{url}/books?author=gamma'\n"
        f"  curl {url}/books/9780262510875\n"
        f"  curl {url}/books/none\n"
        f"  curl {url}/books -H 'Content-Type: application/json' \\\n"
        f'    -d \'{{"isbn": "9780131103627", "title": "C <1>", "author": "K & R"}}\'\n',
        flush=True,
    )


if __name__ == "__main__":
    try:
        main()
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"Not deployed: {error}") from None
