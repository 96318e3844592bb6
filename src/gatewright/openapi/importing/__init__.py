"""From the bytes of a Swagger 2.0 or OpenAPI 3 document to the entities of an API, in AWS's shapes."""
