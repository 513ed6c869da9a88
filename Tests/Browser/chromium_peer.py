#!/usr/bin/env python3
"""A candidate in Chromium (Playwright, Debian's browser) on LiveKit's own client for browsers, driven by tests.

The client is the one that the Python SDK of Tests/Interop/requirements.txt carries in its page for notebooks: neither
Debian nor PyPI has another. The camera is a film (YUV4MPEG2) that Chromium plays as a device, without end. Prints one JSON
object a line: connected, filmed, data, sent (what the camera's encoders do, every second), error, done.
"""
import argparse
import asyncio
import json
import re
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from livekit import api, rtc
from playwright.async_api import async_playwright

BROWSER = "/usr/bin/chromium"
NOTEBOOK_PAGE = Path(rtc.__file__).parent / "resources/jupyter-html/index.html"

PAGE = """<!doctype html><meta charset="utf-8"><title>candidate</title><div id="root"></div>
<script type="module" src="/client.js"></script>"""

JOIN = """async ({url, token, publishing}) => {
  const room = new LiveKitRoom({adaptiveStream: false, dynacast: true});
  const tell = (event, fields) => window.tell(JSON.stringify({event, ...fields}));
  room.on("dataReceived", (payload, sender, kind, topic) =>
    tell("data", {topic, text: new TextDecoder().decode(payload)}));
  room.on("disconnected", reason => tell("disconnected", {reason}));
  await room.connect(url, token);
  tell("connected", {});
  const media = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
  await room.localParticipant.publishTrack(media.getAudioTracks()[0], {source: "microphone"});
  const camera = await room.localParticipant.publishTrack(media.getVideoTracks()[0], {source: "camera", ...publishing});
  tell("filmed", {sid: camera.trackSid, ...media.getVideoTracks()[0].getSettings()});
  setInterval(async () => {
    const senders = room.engine.pcManager.publisher.getTransceivers().map(t => t.sender).filter(s => s.track?.kind == "video");
    for (const sender of senders) {
      const stats = [...(await sender.getStats()).values()];
      const codecs = Object.fromEntries(stats.filter(s => s.type == "codec").map(s => [s.id, s.mimeType]));
      const layers = stats.filter(s => s.type == "outbound-rtp" && s.framesEncoded).map(s =>
        ({rid: s.rid, codec: codecs[s.codecId], width: s.frameWidth, height: s.frameHeight, frames: s.framesEncoded,
          mode: s.scalabilityMode, encoder: s.encoderImplementation}));
      if (layers.length) tell("sent", {layers});
    }
  }, 1000);
}"""


def client():
    """The notebook page's script, with its room class made known outside: its name is a letter or two."""
    page = NOTEBOOK_PAGE.read_text(encoding="utf-8")
    script = re.search(r'<script type="module"[^>]*>(.*?)</script>', page, re.DOTALL).group(1)
    before = script[:script.index("static getLocalDevices(")]
    name = re.findall(r"class ([\w$]+) extends [\w$.]+\{constructor", before)[-1]
    return f"{script};globalThis.LiveKitRoom={name};"


class Pages(BaseHTTPRequestHandler):
    def __init__(self, files, *rest):
        self.files = files
        super().__init__(*rest)

    def do_GET(self):
        kind, body = self.files.get(self.path, ("text/plain", ""))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def serve():
    files = {"/": ("text/html", PAGE), "/client.js": ("text/javascript", client())}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, files))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def token(o):
    grants = api.VideoGrants(room_join=True, room=o.room)
    return api.AccessToken(o.key, o.secret).with_identity(o.identity).with_name(o.identity).with_grants(grants).to_jwt()


class Tab:
    def __init__(self):
        self.began = time.monotonic()
        self.hints = 0

    def report(self, event, **fields):
        fields = {"event": event, "t": round(time.monotonic() - self.began, 3), "wall": round(time.time(), 3), **fields}
        print(json.dumps(fields), flush=True)

    def told(self, text):
        fields = json.loads(text)
        self.hints += fields.get("topic") == "jask.hint"
        self.report(fields.pop("event"), **fields)


async def main(o):
    tab, page_url = Tab(), serve()
    publishing = {"videoCodec": o.codec, "simulcast": o.simulcast, "backupCodec": o.backup}
    if o.scalability:
        publishing["scalabilityMode"] = o.scalability
    flags = [
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--no-sandbox",
        f"--use-file-for-fake-video-capture={o.film}", "--autoplay-policy=no-user-gesture-required",
        # Loopback is an address like others here.
        "--disable-features=WebRtcHideLocalIpsWithMdns", "--allow-loopback-in-peer-connection",
    ]
    async with async_playwright() as playwright:
        with tempfile.TemporaryDirectory() as profile:
            context = await playwright.chromium.launch_persistent_context(
                profile, executable_path=BROWSER, headless=True, args=flags)
            page = await context.new_page()
            page.on("pageerror", lambda error: tab.report("error", text=str(error)))
            page.on("console", lambda m: m.type == "error" and tab.report("error", text=m.text[:400]))
            await page.expose_function("tell", tab.told)
            await page.goto(page_url)
            await page.wait_for_function("!!globalThis.LiveKitRoom")
            await page.evaluate(JOIN, {"url": o.url, "token": token(o), "publishing": publishing})
            end = time.monotonic() + o.seconds
            while time.monotonic() < end and not (o.until_hints and tab.hints >= o.until_hints):
                await asyncio.sleep(0.05)
            await context.close()
    tab.report("done", hints=tab.hints)
    return tab.hints >= o.until_hints


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--url", required=True)
    p.add_argument("--key", default="devkey")
    p.add_argument("--secret", default="secret")
    p.add_argument("--room", required=True)
    p.add_argument("--identity", default="candidate")
    p.add_argument("--film", required=True)
    p.add_argument("--codec", default="vp8", choices=["vp8", "vp9", "h264", "av1", "h265"])
    p.add_argument("--simulcast", action="store_true")
    p.add_argument("--scalability", help="such as L3T3_KEY, for VP9 and AV1")
    p.add_argument("--backup", action="store_true", help="publish another codec where it is asked for")
    p.add_argument("--seconds", type=float, default=30)
    p.add_argument("--until-hints", type=int, default=0, help="stop early once this many hints came; exit 1 if fewer")
    return p.parse_args()


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main(arguments())) else 1)
