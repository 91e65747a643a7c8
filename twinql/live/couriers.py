"""The ways in which people are told of alarms, as they are set up on this server."""

from dataclasses import dataclass, field
from typing import Self

from twinql.delivery.webhook import Webhooks
from twinql.live.mail import MailServer
from twinql.settings import Settings


@dataclass(frozen=True, slots=True)
class Couriers:
    """Ways to tell people.

    Attributes:
        webhooks: By webhook.
        mail: By e-mail; None where nobody set it up.
    """

    webhooks: Webhooks = field(default_factory=Webhooks)
    mail: MailServer | None = None

    @property
    def private(self) -> bool:
        """Whether webhooks may be in networks that are not public."""
        return self.webhooks.private

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Set them up as the settings say.

        Raises:
            InvalidInputError: SMTP_URL and SMTP_FROM do not fit.
        """
        mail = None if settings.smtp_url is None else MailServer.of(settings.smtp_url, settings.smtp_from)
        return cls(Webhooks(private=settings.alarm_webhooks_private), mail)
