"""Money: exact in integers while it is worked out, and rounded once, when it is shown."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact

from twinql.errors import InvalidInputError

PLACES = 9
"""Decimal places that prices, rates and limits of blocks may have, so that each is a whole number of billionths."""

NO_CURRENCY = "XXX"
"""What ISO 4217 writes where no currency is meant."""

# Wide enough for whatever a century of absurd readings costs; Inexact is an error, so nothing is rounded unseen.
EXACT = Context(prec=200, rounding=ROUND_HALF_UP, traps=[Inexact])
_ROUNDING = Context(prec=200, rounding=ROUND_HALF_UP)

_WITHOUT_MINOR = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_TEN_THOUSANDTHS = "CLF UYW"
_HUNDREDTHS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO
NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS
TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_MINOR_DIGITS = {
    code: digits
    for digits, codes in ((0, _WITHOUT_MINOR), (2, _HUNDREDTHS), (3, _THOUSANDTHS), (4, _TEN_THOUSANDTHS))
    for code in codes.split()
}


def check_currency(currency: str) -> None:
    """Check that ISO 4217 knows a currency.

    Raises:
        InvalidInputError: It does not.
    """
    if currency not in _MINOR_DIGITS:
        message = f"{currency!r} is no currency of ISO 4217; write three capital letters, such as EUR, GBP or USD."
        raise InvalidInputError(message, path=("currency",))


def minor_digits(currency: str) -> int:
    """Return how many decimal places the minor unit of a currency has (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD.

    Where no currency is known, 2.
    """
    return _MINOR_DIGITS.get(currency, 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round an amount half up, away from zero, to the currency's minor unit: once, when it is shown.

    What rounds to nothing has no sign.
    """
    return _ROUNDING.plus(amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), context=_ROUNDING))


def billionths(number: Decimal) -> int:
    """Return a number of at most nine decimal places as billionths.

    Raises:
        Inexact: It has more places.
    """
    return int(number.scaleb(PLACES, context=EXACT).to_integral_exact(context=EXACT))


def decimal_of(parts: int, places: int) -> Decimal:
    """Return parts · 10^-places as a number without needless zeros."""
    found = Decimal(parts).scaleb(-places, context=EXACT).normalize(context=EXACT)
    exponent = found.as_tuple().exponent
    return found.quantize(Decimal(1), context=EXACT) if isinstance(exponent, int) and exponent > 0 else found


def exact_product(*factors: Decimal) -> Decimal:
    """Multiply without rounding; nothing has no sign, which `Decimal` would give it where a factor is below zero."""
    product = Decimal(1)
    for factor in factors:
        product = EXACT.multiply(product, factor)
    return EXACT.plus(product)


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Add up amounts without rounding, which `sum` would do beyond 28 digits."""
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total
