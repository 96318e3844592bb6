"""The lives of methods, integrations and their responses."""

from __future__ import annotations

from tests.support.patches import patch, replace

from .terraform import Life, Step

ON_PETS = {"restApiId": "<api>", "resourceId": "<pets>"}
PAGE, TRACE = "method.request.querystring.page", "method.request.header.X-Trace"

METHOD = Life(
    "method",
    {**ON_PETS, "httpMethod": "POST"},
    {
        "apiKeyRequired": False,
        "authorizationType": "NONE",
        "operationName": "addPet",
        "requestModels": {"application/json": "Empty"},
        "requestParameters": {PAGE: True, "method.request.header.Old": False},
        "requestValidatorId": "<validator>",
    },
    (
        "apiKeyRequired",
        "authorizationType",
        "authorizationScopes",
        "authorizerId",
        "operationName",
        "requestModels",
        "requestParameters",
        "requestValidatorId",
    ),
    (
        Step(
            {
                "requestModels": {"application/json": "Empty", "text/xml": "Error"},
                "requestParameters": {PAGE: False, TRACE: True},
                "authorizationType": "CUSTOM",
                "authorizerId": "<authorizer>",
                "apiKeyRequired": True,
            },
            [
                *replace("/requestModels/application~1json", "Empty"),
                patch("add", "/requestModels/text~1xml", "Error"),
                *replace(f"/requestParameters/{PAGE}", "false"),
                patch("remove", "/requestParameters/method.request.header.Old"),
                patch("add", f"/requestParameters/{TRACE}", "true"),
                *replace("/authorizationType", "CUSTOM"),
                *replace("/authorizerId", "<authorizer>"),
                *replace("/apiKeyRequired", "true"),
            ],
        ),
        Step(
            {
                "authorizationType": "COGNITO_USER_POOLS",
                "authorizerId": "<pool>",
                "authorizationScopes": ["pets/read", "pets/write"],
            },
            [
                *replace("/authorizationType", "COGNITO_USER_POOLS"),
                *replace("/authorizerId", "<pool>"),
                patch("add", "/authorizationScopes", "pets/write"),
                patch("add", "/authorizationScopes", "pets/read"),
            ],
        ),
        Step(
            {
                "authorizationType": "NONE",
                "authorizerId": None,
                "authorizationScopes": None,
                "operationName": None,
                "requestModels": None,
                "requestValidatorId": None,
            },
            [
                patch("remove", "/requestModels/application~1json"),
                patch("remove", "/requestModels/text~1xml"),
                *replace("/authorizationType", "NONE"),
                *replace("/authorizerId", ""),
                patch("remove", "/authorizationScopes", "pets/read"),
                patch("remove", "/authorizationScopes", "pets/write"),
                *replace("/requestValidatorId"),
                *replace("/operationName"),
            ],
        ),
    ),
    create="put",
)

METHOD_RESPONSE = Life(
    "method_response",
    {**ON_PETS, "httpMethod": "GET", "statusCode": "201"},
    {
        "responseModels": {"application/json": "Empty"},
        "responseParameters": {"method.response.header.Location": True},
    },
    ("responseModels", "responseParameters"),
    (
        Step(
            {
                "responseModels": {"application/json": "Error"},
                "responseParameters": {
                    "method.response.header.Location": False,
                    "method.response.header.X-Trace": True,
                },
            },
            [
                *replace("/responseModels/application~1json", "Error"),
                *replace("/responseParameters/method.response.header.Location", "false"),
                patch("add", "/responseParameters/method.response.header.X-Trace", "true"),
            ],
        ),
        Step(
            {"responseModels": None, "responseParameters": {"method.response.header.X-Trace": True}},
            [
                patch("remove", "/responseModels/application~1json"),
                patch("remove", "/responseParameters/method.response.header.Location"),
            ],
        ),
    ),
    create="put",
)

INTEGRATION = Life(
    "integration",
    {**ON_PETS, "httpMethod": "PUT"},
    {
        "type": "HTTP",
        "uri": "http://127.0.0.1:9/pets",
        "integrationHttpMethod": "POST",
        "cacheKeyParameters": [PAGE],
        "cacheNamespace": "<pets>",
        "connectionType": "INTERNET",
        "contentHandling": "CONVERT_TO_TEXT",
        "passthroughBehavior": "WHEN_NO_TEMPLATES",
        "requestParameters": {"integration.request.querystring.page": PAGE},
        "requestTemplates": {"application/json": "{}"},
        "timeoutInMillis": 29000,
    },
    (
        "type",
        "uri",
        "integrationHttpMethod",
        "cacheKeyParameters",
        "cacheNamespace",
        "connectionId",
        "contentHandling",
        "credentials",
        "passthroughBehavior",
        "requestParameters",
        "requestTemplates",
        "timeoutInMillis",
        "tlsConfig",
    ),
    (
        Step(
            {
                "requestTemplates": {"application/json": "[]", "text/xml": "<x/>"},
                "requestParameters": {
                    "integration.request.querystring.page": PAGE,
                    "integration.request.header.X-Trace": TRACE,
                },
                "cacheKeyParameters": [PAGE, TRACE],
                "uri": "http://127.0.0.1:9/cats",
                "timeoutInMillis": 5000,
                "tlsConfig": {"insecureSkipVerification": True},
            },
            [
                *replace("/requestTemplates/application~1json", "[]"),
                patch("add", "/requestTemplates/text~1xml", "<x/>"),
                *replace("/requestParameters/integration.request.querystring.page", PAGE),
                patch("add", "/requestParameters/integration.request.header.X-Trace", TRACE),
                patch("add", f"/cacheKeyParameters/{TRACE}", ""),
                *replace("/uri", "http://127.0.0.1:9/cats"),
                *replace("/timeoutInMillis", "5000"),
                *replace("/tlsConfig/insecureSkipVerification", "true"),
            ],
        ),
        Step(
            {
                "requestTemplates": {"text/xml": "<x/>"},
                "requestParameters": {"integration.request.header.X-Trace": TRACE},
                "cacheKeyParameters": [TRACE],
                "contentHandling": None,
            },
            [
                patch("remove", "/requestTemplates/application~1json"),
                *replace("/requestTemplates/text~1xml", "<x/>"),
                patch("remove", "/requestParameters/integration.request.querystring.page"),
                *replace("/requestParameters/integration.request.header.X-Trace", TRACE),
                patch("remove", f"/cacheKeyParameters/{PAGE}", ""),
                *replace("/contentHandling", ""),
            ],
        ),
    ),
    create="put",
)

INTEGRATION_RESPONSE = Life(
    "integration_response",
    {**ON_PETS, "httpMethod": "GET", "statusCode": "200"},
    {
        "contentHandling": "CONVERT_TO_BINARY",
        "responseParameters": {"method.response.header.X-Trace": "'t'"},
        "responseTemplates": {"application/json": "[]"},
        "selectionPattern": "2\\d\\d",
    },
    ("contentHandling", "responseParameters", "responseTemplates", "selectionPattern"),
    (
        Step({"selectionPattern": "20.", "responseTemplates": {"application/json": "[]", "text/xml": ""}}),
        Step(
            {
                "contentHandling": None,
                "selectionPattern": None,
                "responseParameters": {},
                "responseTemplates": {},
            }
        ),
    ),
    create="put",
)

LIVES = (METHOD, METHOD_RESPONSE, INTEGRATION, INTEGRATION_RESPONSE)
