"""Kinds of personal data in the order of the search: a match of one kind is final."""

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
