"""The variables that stand for who imports a document, and where."""

from __future__ import annotations


def replace_variables(text: bytes, account: str, region: str) -> bytes:
    """The document's text with `${AWS::AccountId}`, `${AWS::Partition}` and `${AWS::Region}` replaced.

    None of the values has a character that JSON or YAML would read as anything but itself.
    """
    values = {"AccountId": account, "Partition": partition_of_region(region), "Region": region}
    for name, value in values.items():
        text = text.replace(f"${{AWS::{name}}}".encode(), value.encode())
    return text


def partition_of_region(region: str) -> str:
    """The first part of the region's ARNs after `arn:`."""
    for beginning, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
        if region.startswith(beginning):
            return partition
    return "aws"
