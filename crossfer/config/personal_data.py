"""The kinds of personal data, in the order in which they are searched: nothing found by one is searched by the next."""

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
