"""The lives of what an API has besides its methods, and of the API itself."""

from __future__ import annotations

from tests.support.patches import patch, replace

from .terraform import Life, Step

ON_API = {"restApiId": "<api>"}

REST_API = Life(
    "rest_api",
    {},
    {
        "name": "tf",
        "description": "Managed by Terraform",
        "apiKeySource": "HEADER",
        "binaryMediaTypes": ["image/png", "application/zip"],
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "minimumCompressionSize": 1024,
        "tags": {"env": "dev"},
    },
    (
        "name",
        "description",
        "apiKeySource",
        "binaryMediaTypes",
        "disableExecuteApiEndpoint",
        "endpointConfiguration",
        "minimumCompressionSize",
        "policy",
        "tags",
    ),
    (
        Step(
            {
                "apiKeySource": "AUTHORIZER",
                "binaryMediaTypes": ["application/zip", "a~b/c"],
                "disableExecuteApiEndpoint": True,
                "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "dualstack"},
                "minimumCompressionSize": 2048,
                "name": "tf2",
            },
            [
                *replace("/apiKeySource", "AUTHORIZER"),
                patch("remove", "/binaryMediaTypes/image~1png"),
                patch("remove", "/binaryMediaTypes/application~1zip"),
                patch("add", "/binaryMediaTypes/application~1zip"),
                patch("add", "/binaryMediaTypes/a~0b~1c"),
                *replace("/disableExecuteApiEndpoint", "true"),
                *replace("/endpointConfiguration/types/0", "REGIONAL"),
                *replace("/endpointConfiguration/ipAddressType", "dualstack"),
                *replace("/minimumCompressionSize", "2048"),
                *replace("/name", "tf2"),
            ],
        ),
        Step(
            {"description": None, "disableExecuteApiEndpoint": None, "minimumCompressionSize": None},
            [
                *replace("/description", ""),
                *replace("/disableExecuteApiEndpoint", "false"),
                *replace("/minimumCompressionSize"),
            ],
        ),
    ),
    own=("restApiId", "id"),
)

RESOURCE = Life(
    "resource",
    ON_API,
    {"parentId": "<pets>", "pathPart": "{id}"},
    ("parentId", "pathPart"),
    (
        Step({"pathPart": "{name}"}, replace("/pathPart", "{name}")),
        Step(
            {"pathPart": "names", "parentId": "<root>"},
            [*replace("/pathPart", "names"), *replace("/parentId", "<root>")],
        ),
    ),
    own=("resourceId", "id"),
)

MODEL = Life(
    "model",
    ON_API,
    {"name": "Pet", "contentType": "application/json", "schema": '{"type":"object"}', "description": "d"},
    ("contentType", "schema", "description"),
    (
        Step({"schema": '{"type":"array"}'}, replace("/schema", '{"type":"array"}')),
        Step({"description": None}, replace("/description", "")),
    ),
    own=("modelName", "name"),
)

REQUEST_VALIDATOR = Life(
    "request_validator",
    ON_API,
    {"name": "body", "validateRequestBody": True, "validateRequestParameters": False},
    ("name", "validateRequestBody", "validateRequestParameters"),
    (
        Step(
            {"name": "parameters", "validateRequestBody": False, "validateRequestParameters": True},
            [
                *replace("/name", "parameters"),
                *replace("/validateRequestBody", "false"),
                *replace("/validateRequestParameters", "true"),
            ],
        ),
    ),
    own=("requestValidatorId", "id"),
)

# A type that is not customised any more is read as Amazon's default.
GATEWAY_RESPONSE = Life(
    "gateway_response",
    {**ON_API, "responseType": "UNAUTHORIZED"},
    {
        "statusCode": "401",
        "responseTemplates": {"application/xml": "<no/>"},
        "responseParameters": {"gatewayresponse.header.Authorization": "'Basic'"},
    },
    ("responseType", "statusCode", "responseTemplates", "responseParameters"),
    (
        Step({"statusCode": "477", "responseTemplates": {"application/json": "$context.error.message"}}),
        Step({"responseParameters": None}),
    ),
    create="put",
    gone=("delete",),
)

DEPLOYMENT = Life(
    "deployment",
    ON_API,
    {"description": "", "variables": {}},
    ("description",),
    (Step({"description": "first"}, replace("/description", "first")),),
    own=("deploymentId", "id"),
)

# Access logs and tracing are refused while they are not enforced. A size is sent while its cluster is on.
STAGE = Life(
    "stage",
    {**ON_API, "stageName": "live"},
    {
        "deploymentId": "<deployment>",
        "description": "Managed by Terraform",
        "documentationVersion": "<documentation>",
        "variables": {"colour": "red", "old": "1"},
        "cacheClusterEnabled": True,
        "cacheClusterSize": "0.5",
        "tags": {"env": "dev"},
    },
    (
        "deploymentId",
        "description",
        "documentationVersion",
        "variables",
        "tracingEnabled",
        "tags",
        "accessLogSettings",
        "cacheClusterEnabled",
        "cacheClusterSize",
        "canarySettings",
        "clientCertificateId",
        "webAclArn",
    ),
    (
        Step(
            {
                "deploymentId": "<later>",
                "description": None,
                "documentationVersion": None,
                "variables": {"colour": "blue", "size": "2"},
                "clientCertificateId": "<certificate>",
            },
            [
                *replace("/deploymentId", "<later>"),
                *replace("/description", ""),
                *replace("/documentationVersion", ""),
                patch("remove", "/variables/old"),
                *replace("/variables/colour", "blue"),
                *replace("/variables/size", "2"),
                *replace("/clientCertificateId", "<certificate>"),
            ],
        ),
        Step({"clientCertificateId": None}, replace("/clientCertificateId", "")),
        Step({"cacheClusterSize": "6.1"}, replace("/cacheClusterSize", "6.1")),
        Step({"cacheClusterEnabled": False}, replace("/cacheClusterEnabled", "false")),
        Step(
            {"cacheClusterEnabled": True, "cacheClusterSize": "1.6"},
            [*replace("/cacheClusterEnabled", "true"), *replace("/cacheClusterSize", "1.6")],
        ),
    ),
)

CLIENT_CERTIFICATE = Life(
    "client_certificate",
    {},
    {"description": "Managed by Terraform", "tags": {"env": "dev"}},
    ("description", "tags"),
    (
        Step({"description": "other"}, replace("/description", "other")),
        Step({"description": None}, replace("/description", "")),
    ),
    create="generate",
    own=("clientCertificateId", "clientCertificateId"),
)

VPC_LINK = Life(
    "vpc_link",
    {},
    {
        "name": "shop",
        "description": "Managed by Terraform",
        "targetArns": ["arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/net/shop/50dc6c49"],
        "tags": {"env": "dev"},
    },
    ("name", "description", "targetArns", "tags"),
    (
        Step({"name": "store"}, replace("/name", "store")),
        Step({"description": None}, replace("/description", "")),
    ),
    own=("vpcLinkId", "id"),
)

# The provider sends the fields of a location that are not configured as empty texts.
DOCUMENTATION_PART = Life(
    "documentation_part",
    ON_API,
    {
        "location": {"type": "METHOD", "path": "/pets", "method": "GET", "name": "", "statusCode": ""},
        "properties": '{"description":"first"}',
    },
    ("location", "properties"),
    (Step({"properties": '{"description":"d"}'}, replace("/properties", '{"description":"d"}')),),
    own=("documentationPartId", "id"),
)

DOCUMENTATION_VERSION = Life(
    "documentation_version",
    ON_API,
    {"documentationVersion": "2.0", "description": "Managed by Terraform"},
    ("description",),
    (Step({"description": None}, replace("/description", "")),),
    own=("documentationVersion", "version"),
)

LIVES = (
    REST_API,
    RESOURCE,
    MODEL,
    REQUEST_VALIDATOR,
    GATEWAY_RESPONSE,
    DEPLOYMENT,
    STAGE,
    DOCUMENTATION_PART,
    DOCUMENTATION_VERSION,
    CLIENT_CERTIFICATE,
    VPC_LINK,
)
