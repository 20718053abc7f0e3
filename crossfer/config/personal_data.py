"""Types of personal data in the order of the search: a match of one type is final."""

PERSONAL_DATA_TYPES = (
    "url",
    "secret",
    "email",
    "handle",
    "wallet",
    "iban",
    "mac",
    "ip",
    "coordinates",
    "national_id",
    "card",
    "phone",
)
