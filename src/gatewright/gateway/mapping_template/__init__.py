"""Mapping templates: what API Gateway puts around the Velocity language. `$input`, `$util`, `$context`,
`$stageVariables`, and the overrides that a template makes."""
