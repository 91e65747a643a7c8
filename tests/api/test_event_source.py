"""A browser's EventSource goes on by itself where it was cut off, through a page's own server that adds the token."""

import asyncio
import shutil
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.edge import bearer, open_edge, served

PATIENCE_S = 60.0
PAGE = """<!doctype html>
<script type="module">
  const query = "subscription { readingsRecorded(filter: {}) { readings { value } gap { reason } } }";
  const feed = new EventSource("/feed?" + new URLSearchParams({ query }));
  let said = Promise.resolve();
  const say = (what) => (said = said.then(() => fetch("/heard", { method: "POST", body: JSON.stringify(what) })));
  feed.addEventListener("open", () => say("open"));
  feed.addEventListener("next", ({ data }) => {
    const { data: told, errors } = JSON.parse(data);
    const values = told?.readingsRecorded.readings.map(({ value }) => value);
    if (errors || values.length) say(errors ?? values); // the past is told to be over in an event without readings
  });
  feed.addEventListener("complete", () => say("complete").then(() => feed.close()));
  feed.addEventListener("error", () => say(feed.readyState === EventSource.CONNECTING ? "cut off" : "refused"));
</script>
"""

needs_chromium = pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not here")


class PageServer:
    """Serves a page, passes its stream on with a token, and can cut it off."""

    def __init__(self, upstream, authorization):
        self._upstream, self._authorization = upstream, authorization
        self._passed = []
        self._begun = asyncio.Event()
        self._whole = asyncio.Event()
        self._whole.set()
        self.heard = asyncio.Queue()
        self.last_ids = []
        self.app = Starlette(
            routes=[
                Route("/", lambda _request: HTMLResponse(PAGE)),
                Route("/feed", self._feed),
                Route("/heard", self._hear, methods=["POST"]),
            ]
        )

    async def cut(self):
        await asyncio.wait_for(self._begun.wait(), PATIENCE_S)
        self._begun.clear()
        self._whole.clear()
        for each in self._passed:
            each.cancel()

    def mend(self):
        self._whole.set()

    async def hear(self):
        return await asyncio.wait_for(self.heard.get(), PATIENCE_S)

    async def _hear(self, request):
        self.heard.put_nowait(await request.json())
        return Response(status_code=204)

    async def _feed(self, request):
        await self._whole.wait()
        passed_on = {name: request.headers[name] for name in ("accept", "last-event-id") if name in request.headers}
        self.last_ids.append(passed_on.get("last-event-id"))
        headers = {**passed_on, "authorization": self._authorization}

        async def pieces():
            self._passed.append(asyncio.current_task())
            with suppress(asyncio.CancelledError):
                async with (
                    httpx.AsyncClient(timeout=None) as client,
                    client.stream("GET", self._upstream, params=request.query_params, headers=headers) as answer,
                ):
                    assert answer.headers["content-type"].startswith("text/event-stream")
                    async for piece in answer.aiter_raw():
                        yield piece
                        self._begun.set()  # it was sent

        return StreamingResponse(pieces(), media_type="text/event-stream")


@asynccontextmanager
async def browsing(address, folder):
    process = await asyncio.create_subprocess_exec(
        *("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *(f"--user-data-dir={folder}", address),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE_S)


@needs_chromium
async def test_a_browser_that_was_cut_off_goes_on_from_its_last_id(database_url, schema, tmp_path):
    async with open_edge(database_url, schema) as edge:
        page = PageServer(edge.streams, bearer("acme-viewer"))
        async with served(page.app) as port, browsing(f"http://127.0.0.1:{port}/", tmp_path / "chromium"):
            assert await page.hear() == "open"
            # Before anything happened there is a place to go on from too.
            for first in (1, 3):
                await page.cut()
                assert await page.hear() == "cut off"
                await edge.site.insert(first, first + 1)
                page.mend()
                assert await page.hear() == "open"
                assert await page.hear() == [first, first + 1]
            assert page.last_ids[0] is None
            assert len({*page.last_ids[1:]} - {None}) == 2
            await edge.sql("delete from memberships where subject = 'acme-viewer'")
            (error,) = await page.hear()
            assert error["extensions"]["code"] == "FORBIDDEN"
            assert await page.hear() == "complete"
