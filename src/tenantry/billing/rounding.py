"""The one way to round money: to whole minor units, halves away from nothing."""

from fractions import Fraction

WHOLE = 1_000_000


def rounded(exact: Fraction) -> int:
    """Minor units; one half goes up for what is owed and down for what is given back."""
    up = abs(exact) + Fraction(1, 2)
    amount = up.numerator // up.denominator
    return amount if exact >= 0 else -amount


def share(amount: int, millionths: int) -> int:
    """A rate of an amount, as tax is: 190000 millionths are 19 %."""
    return rounded(Fraction(amount * millionths, WHOLE))
