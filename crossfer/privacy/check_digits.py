"""Check digits of account numbers and national identity numbers."""

import re
from collections.abc import Sequence
from datetime import date

CHINESE_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
POLISH_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
POLISH_CENTURIES = {80: 1800, 0: 1900, 20: 2000, 40: 2100, 60: 2200}  # the century is added to the month of birth


def _digits(number: str) -> list[int]:
    return [int(character) for character in number if character.isdigit()]


def _weighted_sum(digits: Sequence[int], weights: Sequence[int]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))


def is_luhn(number: str) -> bool:
    """Check the check digit of a payment card (Luhn, ISO/IEC 7812)."""
    digits = _digits(number)
    doubled_digits = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(doubled_digits) + sum(digits[-1::-2])) % 10 == 0


def is_mod_97(iban: str) -> bool:
    """Check the check digits of an IBAN without spaces (ISO 13616)."""
    rearranged = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in rearranged)) % 97 == 1


def is_isbn_10(number: str) -> bool:
    """Check the check digit of a book number with ten digits."""
    values = [10 if character in "Xx" else int(character) for character in number if character not in " -"]
    return len(values) == 10 and _weighted_sum(values, range(10, 0, -1)) % 11 == 0


def is_german_tax_number(number: str) -> bool:
    """Check the check digit of a German Steuer-ID (ISO 7064, MOD 11,10)."""
    digits, product = _digits(number), 10
    for digit in digits[:10]:
        product = 2 * ((digit + product) % 10 or 10) % 11
    return len(digits) == 11 and (11 - product) % 10 == digits[10]


def is_german_card_number(number: str) -> bool:
    """Check the check digit of a German identity card or passport (ICAO 9303)."""
    values = [int(character, 36) for character in number[:-1]]
    return _weighted_sum(values, (7, 3, 1) * 3) % 10 == int(number[-1])


def is_cpf(number: str) -> bool:
    """Check both check digits of a Brazilian CPF."""
    digits = _digits(number)
    first, second = (_weighted_sum(digits[:size], range(size + 1, 1, -1)) * 10 % 11 % 10 for size in (9, 10))
    return len(digits) == 11 and len(set(digits)) > 1 and [first, second] == digits[9:]


def is_bsn(number: str) -> bool:
    """Check a Dutch citizen service number (BSN, eleven test)."""
    digits = _digits(number)
    return len(digits) == 9 and any(digits) and _weighted_sum(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def is_pesel(number: str) -> bool:
    """Check the check digit and the date of birth of a Polish PESEL."""
    digits = _digits(number)
    month = int(number[2:4])
    century = POLISH_CENTURIES[month // 20 * 20]
    return _weighted_sum(digits, POLISH_WEIGHTS) % 10 == 0 and _is_date(
        century + int(number[:2]), month % 20, number[4:6]
    )


def is_french_number(number: str) -> bool:
    """Check the key of a social security number (NIR).

    The key is 97 minus the remainder of the number modulo 97.
    """
    digits = number.replace(" ", "").upper().replace("2A", "19").replace("2B", "18")
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def is_spanish_number(number: str) -> bool:
    """Check the letter of a NIF or NIE, which encodes the number modulo 23."""
    compact_number = re.sub(r"[ .-]", "", number).upper()
    digits = compact_number[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == compact_number[-1]


def is_chinese_number(number: str) -> bool:
    """Check an identity card's check digit (ISO 7064, MOD 11-2) and date of birth."""
    total = _weighted_sum([int(digit) for digit in number[:17]], CHINESE_WEIGHTS)
    is_born = _is_date(int(number[6:10]), int(number[10:12]), number[12:14])
    return is_born and "10X98765432"[total % 11] == number[-1].upper()


def _is_date(year: int, month: int, day: str) -> bool:
    try:
        date(year, month, int(day))
    except ValueError:
        return False
    return True
