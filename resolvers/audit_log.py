"""Questions about who changed what."""

from typing import Annotated

import strawberry

from schema.audit_entry import AuditLogFilter, audit_log_asked
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, listed
from schema.lists import AuditEntryConnection
from schema.organisation import OWNERS_ONLY
from twinql.domain.membership import Role

Which = Annotated[AuditLogFilter | None, strawberry.argument(name="filter", description="Which of them.")]


@strawberry.type
class AuditLogQuery:
    """Root fields about the audit log."""

    @listed(
        graphql_type=AuditEntryConnection | None,
        description=f"Every mutation that somebody tried for your organisation, newest first. {OWNERS_ONLY}",
        needs=Role.OWNER,
    )
    def audit_log(
        filter_: Which = None, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Asked:
        """Ask for a page of them."""
        return audit_log_asked(filter_, page_of(first, after, last, before))
