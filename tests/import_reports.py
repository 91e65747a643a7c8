"""Reads what `twinql import` prints."""

import re


def counts_in(report):
    """Rows by outcome, as the report prints them; outcomes without rows are left out."""
    found = re.findall(r"^  ([A-Z]+) +([\d,]+)$", report, re.MULTILINE)
    return {name: int(count.replace(",", "")) for name, count in found if count != "0"}
