"""Kinds of personal data, in the order of the search: a later kind does not search what an earlier one matched."""

KINDS = (
    "url",
    "secret",
    "handle",
    "email",
    "wallet",
    "iban",
    "mac",
    "ip",
    "coordinates",
    "national_id",
    "card",
    "phone",
)
