"""Says what became of an imported file, and writes down what was refused."""

import argparse
import sys
from pathlib import Path

from twinql.domain.readings import Outcome
from twinql.files.importing import Imported, instant_text
from twinql.files.parse import ParsedFile
from twinql.files.planning import Plan
from twinql.files.rejected import write_conflicts, write_rejected

_SHOWN = 3


def announce(options: argparse.Namespace, parsed: ParsedFile, plan: Plan) -> None:
    """Print what was assumed and where every series goes, before the first reading is written."""
    rows = len(parsed.line) + len(parsed.rejected)
    print(f"{_source(options).name}: {rows:,} rows, {len(plan.names):,} series{_span(plan)}.")
    for line in (*plan.targets, *_notes(parsed, plan)):
        print(f"  - {line}")
    sys.stdout.flush()


def report(options: argparse.Namespace, imported: Imported, *, elapsed_s: float) -> None:
    """Print the outcomes, and where the refused rows are; a dry run writes no file either."""
    source = _source(options)
    if options.dry_run:
        print("This was a dry run: nothing was changed. The file would give")
    for outcome in Outcome:
        print(f"  {outcome.name:<10}{imported.counts[outcome]:>12,}")
    if imported.rejected:
        _print_some([f"line {row.line}: {row.message}" for row in imported.rejected])
        path = Path(options.rejected) if options.rejected else source.with_name(f"{source.name}.rejected.csv")
        if options.dry_run:
            print(f"Refused rows, with line and reason, would be written to {path}.")
        else:
            print(f"Refused rows, with line and reason, are in {write_rejected(path, imported.rejected)}.")
    if imported.conflicts:
        found = [
            f"line {row.line}: {row.reference} at {row.time} is {row.value!r} here, and {row.kept!r} is kept"
            for row in imported.conflicts
        ]
        _print_some(found)
        path = source.with_name(f"{source.name}.conflicts.csv")
        if options.dry_run:
            print(f"Conflicting rows, with what is kept instead, would be written to {path}.")
        else:
            print(f"Conflicting rows, with what is kept instead, are in {write_conflicts(path, imported.conflicts)}.")
    print(f"Done in {elapsed_s:.1f} s.")


def _source(options: argparse.Namespace) -> Path:
    return Path(options.file or options.from_table.replace('"', ""))


def _span(plan: Plan) -> str:
    observed = plan.batch.observed_us
    if not len(observed):
        return ""
    return f", {instant_text(int(observed.min()))} to {instant_text(int(observed.max()))}"


def _notes(parsed: ParsedFile, plan: Plan) -> list[str]:
    notes = [*parsed.notes, *plan.notes]
    if parsed.repeated:
        notes.append(
            f"{parsed.repeated:,} times lie in an hour that happened twice: by their order "
            f"{parsed.repeated - parsed.second:,} are of the first pass and {parsed.second:,} of the second."
        )
    if parsed.empty_cells:
        notes.append(f"{parsed.empty_cells:,} cells hold no value and were passed over.")
    return notes


def _print_some(sentences: list[str]) -> None:
    for sentence in sentences[:_SHOWN]:
        print(f"    {sentence}")
    if len(sentences) > _SHOWN:
        print(f"    … and {len(sentences) - _SHOWN:,} more.")
