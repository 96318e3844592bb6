"""AWS's REST-JSON protocol, driven by botocore's service models: routes, parsing, checks, serialising."""
