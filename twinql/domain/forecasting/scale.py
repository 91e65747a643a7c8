"""The scale on which a quantity swings as much around its low values as around its high ones."""

from dataclasses import dataclass

import numpy as np

from twinql.domain.forecasting.past import Floats


@dataclass(frozen=True, slots=True)
class Scale:
    """A monotone change of scale, and back.

    Attributes:
        is_root: Whether it is the square root, below zero 0; else values stay as they are.
    """

    is_root: bool

    @classmethod
    def of(cls, values: Floats) -> "Scale":
        """Choose the square root where nothing is negative, as of energy or counts; prices or °C stay as they are."""
        return cls(is_root=not bool((values < 0.0).any()))

    def there(self, values: Floats) -> Floats:
        """Return values of the channel on this scale."""
        return np.sqrt(np.maximum(values, 0.0)) if self.is_root else values

    def back(self, scaled: Floats) -> Floats:
        """Return what is on this scale in the unit of the channel."""
        return np.asarray(np.maximum(scaled, 0.0) ** 2) if self.is_root else scaled


PLAIN = Scale(is_root=False)
