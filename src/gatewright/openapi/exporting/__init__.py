"""From what a deployment froze to a Swagger 2.0 or OpenAPI 3.0.1 document, and on to its text."""
