"""The names of the models."""

from enum import Enum


class ForecastModel(Enum):
    """How a forecast is made."""

    SEASONAL_NAIVE = "SEASONAL_NAIVE"
    PERSISTENCE = "PERSISTENCE"
    LOCAL_TREND = "LOCAL_TREND"
    AUTOREGRESSION = "AUTOREGRESSION"
    ARIMA = "ARIMA"
    SIMILAR_DAYS = "SIMILAR_DAYS"
