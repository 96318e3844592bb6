"""What `gatewright --help` begins with."""

EXAMPLES = """Amazon API Gateway on your own machines.

[bold]Try it[/bold]: one process, any credentials, everything on port 4566

  $ gatewright dev examples/pets
  $ aws --endpoint-url http://127.0.0.1:4566 apigateway get-rest-apis

[bold]Develop[/bold]: deploys a project, and again at each save; a look over what is there

  $ gatewright dev openapi.yaml
  $ gatewright doctor

[bold]Run it[/bold]: APIs on port 8080, management on 127.0.0.1:8081, access key in DIR/credentials

  $ gatewright serve --data-dir /var/lib/gatewright
  $ export AWS_SHARED_CREDENTIALS_FILE=/var/lib/gatewright/credentials
  $ aws --endpoint-url http://127.0.0.1:8081 apigateway create-rest-api --name pets

[bold]See why[/bold]: the story of each request; what a template comes to

  $ gatewright explain a1b2c3d4e5
  $ gatewright vtl render order.vtl --event event.json --trace

[bold]Let callers in[/bold]: users and keys for AWS_IAM; what policies decide

  $ gatewright principals create-user ann --policy read.json
  $ gatewright policy simulate a1b2c3d4e5 prod --source-ip 203.0.113.7

[bold]Call as somebody[/bold]: tokens that Cognito and JWT authorizers take in development

  $ curl -H "Authorization: $(gatewright token --sub alice)" http://127.0.0.1:4566/…

[bold]Settings[/bold]: a flag wins over a variable, a variable over gatewright.toml

  $ gatewright serve --workers 4
  $ GATEWRIGHT_WORKERS=4 gatewright serve
  $ echo 'workers = 4' >> gatewright.toml && gatewright serve

[bold]Replace every process without a refused connection[/bold], settings read again

  $ kill -HUP $(cat /var/lib/gatewright/run/pid)
"""
