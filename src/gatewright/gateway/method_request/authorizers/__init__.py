"""Authorizers: AWS_IAM, Lambda (CUSTOM), Cognito user pools, JWT."""
