"""A change that breaks callers must have been announced, with the day on which it comes."""

from datetime import date

from tools.schema_changes import unannounced, undated

TODAY = date(2027, 7, 1)
BEFORE = """
type Query {
  meter: Int
  old: Int @deprecated(reason: "Ask for meter. Goes on 2027-06-30.")
  later: Int @deprecated(reason: "Ask for meter. Goes on 2027-12-31.")
  list(size: Int @deprecated(reason: "Use first. Goes on 2027-06-30."), first: Int): Int
}
enum Unit { KWH WH @deprecated(reason: "Use KWH. Goes on 2027-06-30.") }
"""


def test_what_was_announced_may_go_once_its_day_has_come():
    after = "type Query { meter: Int  later: Int  list(first: Int): Int } enum Unit { KWH }"
    assert unannounced(BEFORE, after, today=TODAY) == []


def test_what_goes_too_early_or_unannounced_is_named():
    after = "type Query { old: Int  list(size: Int, first: Int): Int } enum Unit { KWH WH }"
    assert unannounced(BEFORE, after, today=TODAY) == [
        "Field Query.meter was removed.",
        "Field Query.later was removed.",
    ]


def test_a_changed_type_breaks_callers_whatever_was_announced():
    after = BEFORE.replace("old: Int", "old: String")
    assert unannounced(BEFORE, after, today=TODAY) == ["Field Query.old changed type from Int to String."]


def test_a_deprecation_needs_a_day():
    assert undated('type Query { a: Int  b: Int @deprecated(reason: "Use a.") }') == ["Query.b"]
