"""CloudFormation and SAM templates, deployed to a node: what cannot be honoured is refused by logical id."""
