"""Structured logs: fixed sentences with fields, as text for people or as JSON for machines, always on stderr."""

import json
import logging
import sys
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import Processor

CUT_OFF = "ASGI callable returned without completing response."
QUIET = ("uvicorn.error", "uvicorn.access", "uvicorn.asgi", "websockets", "asyncio", "httpx", "aiokafka")


def configure_logs(*, level: str, style: str, stream: TextIO | None = None) -> None:
    """Send every log line, the libraries' included, through one formatter.

    Args:
        level: The least level that is written: debug, info, warning or error.
        style: text, json, or auto: text on a terminal, JSON elsewhere.
        stream: Where lines go; stderr by default, so that stdout holds what a command prints.
    """
    stream = stream or sys.stderr
    as_text = style == "text" or (style == "auto" and stream.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(as_text, stream)],
        )
    )
    # No line tells them, and there is one for each request.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.getLogger("uvicorn.error").addFilter(_is_ours)
    logging.getLogger("asyncpg.pool").addFilter(_in_one_line)


def _is_ours(record: logging.LogRecord) -> bool:
    """Leave out the traceback for a WebSocket frame that is no UTF-8: whoever sent it is told, and it is theirs.

    An answer that is not completed is one to a client that reads nothing, which the line of whoever cut it off tells.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError)) and record.msg != CUT_OFF


def _in_one_line(record: logging.LogRecord) -> bool:
    """Leave out the traceback where a pool tries to connect again: its task outlives the request that began it."""
    if record.exc_info and str(record.msg).startswith("Failed to restore"):
        record.exc_info = None
        structlog.contextvars.unbind_contextvars("request_id")
    return True


def _renderers(as_text: bool, stream: TextIO) -> list[Processor]:  # noqa: FBT001 - private
    if as_text:
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain, pad_event_to=40)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_json)]


def _json(line: object, **options: Any) -> str:
    try:
        return orjson.dumps(line, default=options["default"]).decode()
    except TypeError:  # of what is no UTF-8, or a number of more than 64 bits
        return json.dumps(line, **options)
