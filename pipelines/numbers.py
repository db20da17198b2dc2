"""Numbers, dates and sizes as French and English readers write them, alone or in a sentence.

Belongs here: formats. Not here: rounding (published values are rounded already; none is rounded
further than it was published, but for ratios on their page).
"""

import datetime as dt
import re
from decimal import ROUND_HALF_EVEN, Decimal

from phare_data.texts import is_singular
from pipelines.texts import Lang

THIN, NO_BREAK = "\u202f", "\u00a0"
UNITS = re.compile(r"(?<=\d) (?=%|points?\b)")
SIGNS = re.compile(r" (?=[:;?!](?:\s|$)|»)|(?<=«) ")  # French has a space before them
MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}


def number(value: Decimal | float | None, decimals: int, lang: Lang) -> str:
    """Return a number: 1 234,5 in French, 1,234.5 in English; an em dash for none."""
    if value is None:
        return "—"
    places = Decimal(1).scaleb(-decimals)
    plain = f"{Decimal(str(value)).quantize(places, ROUND_HALF_EVEN):,f}".replace("-", "\u2212")
    return plain if lang == "en" else plain.translate({ord(","): THIN, ord("."): ","})


def percent(share: Decimal | float | None, decimals: int, lang: Lang) -> str:
    """Return a share as a percentage: 18,4 % in French, 18.4% in English."""
    if share is None:
        return "—"
    shown = number(Decimal(str(share)) * 100, decimals, lang)
    return f"{shown}{NO_BREAK}%" if lang == "fr" else f"{shown}%"


def points(difference: Decimal | float | None, decimals: int, lang: Lang) -> str:
    """Return a difference of shares in points, with its sign: +4 pts, +1 pt."""
    if difference is None:
        return "—"
    shown = round(Decimal(str(difference)) * 100, decimals)
    unit = "pt" if is_singular(shown, lang) else "pts"
    return f"{signed(shown, decimals, lang)}{NO_BREAK}{unit}"


def signed(value: Decimal | float, decimals: int, lang: Lang) -> str:
    """Return a number with its sign, plus or minus; zero has none."""
    return ("+" if value > 0 else "") + number(value, decimals, lang)


def places(value: Decimal | float | None) -> int:
    """Return the decimals that a number needs, at least 0; 0 for none."""
    exponent = 0 if value is None else Decimal(str(value)).normalize().as_tuple().exponent
    return max(-int(exponent), 0)


def unbroken(text: str) -> str:
    """Return a text whose figures stay with their unit and whose words with their punctuation.

    No line breaks in '95 %', before ' ;' or inside a French quotation mark.
    """
    return SIGNS.sub(NO_BREAK, UNITS.sub(NO_BREAK, text))


def date(day: dt.date, lang: Lang) -> str:
    """Return a date in words: 24 novembre 2026, 24 November 2026."""
    month = MONTHS[lang].split()[day.month - 1]
    first = "er" if lang == "fr" and day.day == 1 else ""
    return f"{day.day}{first}{NO_BREAK}{month} {day.year}"


def size(count: int, lang: Lang) -> str:
    """Return a file size: 39 ko in French, 39 kB in English."""
    unit = {"fr": ("octets", "ko", "Mo", "Go"), "en": ("bytes", "kB", "MB", "GB")}[lang]
    scaled, power = float(count), 0
    while scaled >= 1000 and power < 3:
        scaled, power = scaled / 1000, power + 1
    return f"{number(scaled, 1 if power > 1 else 0, lang)}{NO_BREAK}{unit[power]}"
