"""The canary judge: compares a canary with its stage, promotes it or rolls it back. Beyond Amazon's API."""
