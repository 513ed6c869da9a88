#!/usr/bin/env python3
"""A candidate on a real LiveKit client (PyPI `livekit`: libwebrtc through LiveKit's Rust SDK), driven by tests.

Joins a room, plays a 16-bit WAV as its microphone, may send a file as code, and prints one JSON object a line for
whatever it sees: connected, published, filmed, reel (the film begins, anew), participant, data, text, track, heard, seen, reconnecting, reconnected, participants,
disconnected, done. `t` counts seconds from the moment the room was joined, `wall` is Unix time.
"""
import argparse
import asyncio
import json
import sys
import threading
import time
import wave
from datetime import datetime, timezone
from fractions import Fraction

import numpy as np
from livekit import api, rtc
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto import ffi_pb2


def bar_pictures(width, height):
    """Grey bars that move, without end, as planar YUV."""
    step = 0
    while True:
        bars = ((np.arange(width) + width // 40 * step) // (width // 8) % 2 * 200 + 20).astype(np.uint8)
        yield np.tile(bars, height).tobytes() + bytes([128]) * (2 * ((width + 1) // 2) * ((height + 1) // 2))
        step += 1


def film_rate(path):
    """Pictures a second of a film file."""
    import av

    with av.open(path) as film:
        return float(film.streams.video[0].average_rate)


def film_frames(path, width, height, begins):
    """The pictures of a film file in a size, from its beginning again after its end; `begins` is called at each beginning."""
    import av

    while True:
        with av.open(path) as film:
            for number, frame in enumerate(film.decode(video=0)):
                picture = frame.reformat(width=width, height=height, format="yuv420p")
                if number == 0:
                    begins()
                yield picture


class PictureWriter:
    """Makes JPEG files of pictures."""

    def __init__(self, width, height):
        import av

        self.encoder = av.CodecContext.create("mjpeg", "w")
        self.encoder.width, self.encoder.height, self.encoder.pix_fmt = width, height, "yuvj420p"
        self.encoder.time_base = Fraction(1, 1000)
        self.encoder.options = {"huffman": "default", "qmin": "2", "qmax": "5"}
        self.number = 0

    def write(self, picture):
        picture = picture.reformat(format="yuvj420p")
        self.number += 1
        picture.pts = self.number
        return b"".join(bytes(packet) for packet in self.encoder.encode(picture))


class Player:
    """Feeds a WAV to an AudioSource in real time, then silence, until told to stop; silence also until `cue` is set."""

    def __init__(self, path, loop, cue, report):
        with wave.open(path) as source:
            if source.getsampwidth() != 2 or source.getnchannels() != 1:
                raise SystemExit(f"{path}: wanted 16-bit mono")
            self.rate = source.getframerate()
            self.samples = np.frombuffer(source.readframes(source.getnframes()), np.int16)
        self.loop, self.cue, self.report = loop, cue, report
        self.source = rtc.AudioSource(self.rate, 1)

    async def run(self, stopped):
        step, position, began, sent = self.rate // 100, None, time.monotonic(), 0
        while not stopped.is_set():
            if position is None and self.cue.is_set():
                position = 0
                self.report("speaking")
            piece = self.samples[:0]
            if position is not None:
                piece = self.samples[position:position + step]
                position += step
                if position - step < len(self.samples) <= position:
                    self.report("silent")
                    position = 0 if self.loop else position
            piece = np.pad(piece, (0, step - len(piece)))
            await self.source.capture_frame(rtc.AudioFrame(piece.tobytes(), self.rate, 1, step))
            sent += 1
            await asyncio.sleep(max(0.0, began + sent / 100 - 0.04 - time.monotonic()))


class Candidate:
    def __init__(self, options):
        self.options = options
        self.room = rtc.Room()
        self.stopped = asyncio.Event()
        self.cue = asyncio.Event()
        if not options.await_notice:
            self.cue.set()
        self.joined_at = None
        self.hints = 0
        self.tasks = set()
        self.listen()

    def report(self, event, **fields):
        since = None if self.joined_at is None else round(time.monotonic() - self.joined_at, 3)
        print(json.dumps({"event": event, "t": since, "wall": round(time.time(), 3), **fields}), flush=True)

    def spawn(self, work):
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def listen(self):
        room = self.room
        room.on("data_received", self.data)
        room.on("participant_connected", lambda p: self.report("participant", identity=p.identity, kind=int(p.kind)))
        room.on("participant_disconnected", lambda p: self.report("participant_left", identity=p.identity))
        room.on("reconnecting", lambda: self.report("reconnecting"))
        room.on("reconnected", lambda: self.report("reconnected"))
        room.on("disconnected", self.gone)
        room.on("track_subscribed", self.track)
        for topic in ("lk.chat", "lk.transcription", "jask.notice", *self.options.text_topic):
            room.register_text_stream_handler(topic, lambda reader, sender: self.spawn(self.text(reader, sender)))

    def gone(self, reason):
        self.report("disconnected", reason=str(reason))
        self.stopped.set()

    def data(self, packet):
        self.hints += packet.topic == "jask.hint"
        sender = packet.participant.identity if packet.participant else None
        text = packet.data.decode("utf-8", "replace")
        if packet.topic == "jask.notice":
            self.cue.set()
        self.report("data", topic=packet.topic, sender=sender, size=len(packet.data), text=text)
        if self.options.acknowledge and packet.topic == "jask.hint":
            self.spawn(self.acknowledge(json.loads(text)["id"]))

    async def acknowledge(self, hint):
        body = json.dumps({"type": "jask.ack", "version": 1, "id": hint, "status": "seen"})
        await self.room.local_participant.publish_data(body.encode(), reliable=True, topic="jask.ack")

    async def text(self, reader, sender):
        body = await reader.read_all()
        self.report("text", topic=reader.info.topic, sender=sender, attributes=dict(reader.info.attributes or {}), text=body)

    def track(self, track, publication, participant):
        self.report("track", kind=int(track.kind), identity=participant.identity)
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self.spawn(self.hear(track, participant.identity))
        else:
            self.spawn(self.see(track, participant.identity))

    async def see(self, track, identity):
        """Says every ten pictures how large they are and how much light and dark differ in the last of them."""
        count = 0
        async for event in rtc.VideoStream(track, format=rtc.VideoBufferType.RGBA):
            count += 1
            if count % 10 == 0:
                frame = event.frame
                shade = np.frombuffer(frame.data, np.uint8)[::4]
                self.report("seen", identity=identity, size=[frame.width, frame.height], contrast=round(float(shade.std()), 1))

    async def hear(self, track, identity):
        """Says once a second how loud the track was, so that a test can tell sound from silence."""
        power, count = 0.0, 0
        async for event in rtc.AudioStream(track, sample_rate=16000, num_channels=1):
            samples = np.frombuffer(event.frame.data, np.int16).astype(np.float64)
            power, count = power + float((samples ** 2).sum()), count + len(samples)
            if count >= 16000:
                self.report("heard", identity=identity, rms=round((power / count) ** 0.5, 1))
                power, count = 0.0, 0

    def token(self):
        o = self.options
        grants = api.VideoGrants(room_join=True, room=o.room, can_update_own_metadata=o.update_metadata)
        token = api.AccessToken(o.key, o.secret).with_identity(o.identity).with_name(o.identity).with_grants(grants)
        if o.attributes:
            token = token.with_attributes(json.loads(o.attributes))
        return token.to_jwt()

    async def publish(self):
        player = Player(self.options.wav, self.options.loop, self.cue, self.report)
        microphone = rtc.LocalAudioTrack.create_audio_track("microphone", player.source)
        settings = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=self.options.dtx, red=self.options.red)
        publication = await self.room.local_participant.publish_track(microphone, settings)
        self.report("published", sid=publication.sid)
        self.spawn(player.run(self.stopped))
        if self.options.swap_microphone is not None:
            self.spawn(self.swap(publication, microphone, player, settings))

    async def film(self):
        """Publishes a camera: a film that is played again and again, or grey bars that move."""
        o = self.options
        width, height = (int(side) for side in o.size.split("x"))
        source = rtc.VideoSource(width, height)
        track = self.camera = rtc.LocalVideoTrack.create_video_track("camera", source)
        settings = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA, simulcast=o.simulcast,
            video_codec=getattr(rtc.VideoCodec, o.codec.upper()))
        publication = await self.room.local_participant.publish_track(track, settings)
        self.report("filmed", sid=publication.sid)
        pictures = self.pictures(width, height) if o.film else bar_pictures(width, height)
        self.spawn(self.move(source, width, height, pictures))

    def pictures(self, width, height):
        """The film's, as planar YUV."""
        for frame in film_frames(self.options.film, width, height, lambda: self.report("reel")):
            yield frame.to_ndarray().tobytes()

    async def move(self, source, width, height, pictures):
        rate = self.options.rate or film_rate(self.options.film)
        for _ in range(int(self.options.film_after * 10)):
            # A grey wall: whoever looks can begin before the film does.
            source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, bytes([128]) * (width * height * 3 // 2)))
            await asyncio.sleep(0.1)
        began = time.monotonic()
        for step, picture in enumerate(pictures):
            if self.stopped.is_set():
                return
            source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, picture))
            await asyncio.sleep(max(0.0, began + (step + 1) / rate - time.monotonic()))

    async def send_pictures(self):
        """Sends the film as JPEG files in byte streams, so many a second, as it is at that time."""
        o = self.options
        width, height = (int(side) for side in o.size.split("x"))
        writer, film = PictureWriter(width, height), film_rate(o.film)
        frames = film_frames(o.film, width, height, lambda: self.report("reel"))
        began, shown = time.monotonic(), 0
        for step in range(1 << 30):
            while shown <= step / o.pictures * film:
                picture, shown = next(frames), shown + 1
            await self.send_bytes(writer.write(picture), "image/jpeg", step)
            await asyncio.sleep(max(0.0, began + (step + 1) / o.pictures - time.monotonic()))
            if self.stopped.is_set():
                return

    async def send_bytes(self, body, kind, sequence):
        """A byte stream on `jask.frame`: as one packet where all who may hear it can (streams v2), or in chunks (v1)."""
        me, taken = self.room.local_participant, datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        attributes = {"captured_at": taken, "sequence": str(sequence)}
        if self.options.chunks:
            stream = await me.stream_bytes("picture", mime_type=kind, attributes=attributes, topic="jask.frame")
            await stream.write(body)
            await stream.aclose()
        else:
            await me.send_bytes(body, mime_type=kind, attributes=attributes, topic="jask.frame")

    def obey(self):
        """Takes lines from standard input on a thread that ends with the process.

        `quality N` asks for a layer, 0 to 2; `camera off` and `camera on` mute the camera and unmute it; `packet TOPIC=BODY`
        sends a user packet, `bytes TYPE FILE` a byte stream on `jask.frame`.
        """
        loop = asyncio.get_running_loop()

        def read():
            for line in sys.stdin:
                word, _, value = line.partition(" ")
                if word == "quality":
                    loop.call_soon_threadsafe(self.choose, int(value))
                if word == "camera":
                    loop.call_soon_threadsafe(self.turn, value.strip() == "on")
                if word == "bytes":
                    loop.call_soon_threadsafe(lambda words=value.split(): self.spawn(self.send_file(*words)))
                if word == "packet":
                    loop.call_soon_threadsafe(lambda body=value.strip(): self.spawn(self.send_packet(body)))

        threading.Thread(target=read, daemon=True).start()

    def turn(self, on):
        """Mutes the camera, or unmutes it."""
        self.camera.unmute() if on else self.camera.mute()
        self.report("turned", on=on)

    async def send_file(self, kind, path):
        with open(path, "rb") as source:
            body = source.read()
        # After whatever was sent before.
        await self.send_bytes(body, kind, int(time.time() * 1000))
        self.report("bytes_sent", size=len(body))

    async def send_packet(self, packet):
        topic, _, body = packet.partition("=")
        await self.room.local_participant.publish_data(body.encode(), reliable=True, topic=topic)
        self.report("packet_sent", topic=topic)

    def choose(self, quality):
        """Asks for a layer of all pictures that are received: the SDK for Python has no method for it, its library has."""
        for participant in self.room.remote_participants.values():
            for publication in participant.track_publications.values():
                if publication.kind == rtc.TrackKind.KIND_VIDEO:
                    request = ffi_pb2.FfiRequest()
                    chosen = request.set_remote_track_publication_quality
                    chosen.track_publication_handle = publication._ffi_handle.handle
                    chosen.quality = quality
                    FfiClient.instance.request(request)

    async def swap(self, first, track, player, settings):
        """Publishes the microphone anew and takes the first track back after that, as clients do that switch devices."""
        await asyncio.sleep(self.options.swap_microphone)
        again = rtc.LocalAudioTrack.create_audio_track("microphone", player.source)
        publication = await self.room.local_participant.publish_track(again, settings)
        await asyncio.sleep(0.5)
        await self.room.local_participant.unpublish_track(first.sid)
        self.report("swapped", sid=publication.sid)

    async def send(self):
        o = self.options
        await asyncio.sleep(o.send_after)
        if o.code:
            with open(o.code, encoding="utf-8") as source:
                attributes = dict(pair.split("=", 1) for pair in o.code_attribute)
                await self.room.local_participant.send_text(source.read(), topic="jask.code", attributes=attributes)
            self.report("code_sent")
        for packet in o.packet:
            await self.send_packet(packet)

    async def run(self):
        o, began = self.options, time.monotonic()
        settings = rtc.RoomOptions(auto_subscribe=True, single_peer_connection=not o.two_connections)
        if o.encrypted:
            settings.encryption = rtc.E2EEOptions(rtc.KeyProviderOptions(shared_key=b"nobody else has it"))
        await self.room.connect(o.url, self.token(), settings)
        self.joined_at = time.monotonic()
        others = [p.identity for p in self.room.remote_participants.values()]
        self.report("connected", took=round(self.joined_at - began, 3), sid=await self.room.sid, others=others)
        if o.wav:
            await self.publish()
        if o.camera:
            await self.film()
        if o.pictures:
            self.spawn(self.send_pictures())
        self.spawn(self.send())
        self.obey()
        end = time.monotonic() + o.seconds
        while time.monotonic() < end and not self.stopped.is_set() and not (o.until_hints and self.hints >= o.until_hints):
            await asyncio.sleep(0.05)
        await asyncio.sleep(o.linger)
        self.stopped.set()
        self.report("participants", others=[p.identity for p in self.room.remote_participants.values()])
        await self.room.disconnect()
        self.report("done", hints=self.hints)
        return self.hints >= o.until_hints


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--url", required=True)
    p.add_argument("--key", default="devkey")
    p.add_argument("--secret", default="secret")
    p.add_argument("--room", required=True)
    p.add_argument("--identity", default="candidate")
    p.add_argument("--attributes", help="a JSON object for the token")
    p.add_argument("--update-metadata", action="store_true", help="may change its own attributes")
    p.add_argument("--two-connections", action="store_true", help="join over signalling v0")
    p.add_argument("--wav")
    p.add_argument("--camera", action="store_true", help="publish a moving picture")
    p.add_argument("--film", help="a file whose pictures the camera shows, without end")
    p.add_argument("--film-after", type=float, default=0, metavar="SECONDS", help="show a grey wall until then")
    p.add_argument("--size", default="320x180", help="of the camera")
    p.add_argument("--rate", type=float, default=10, help="pictures a second; 0 for the film's own")
    p.add_argument("--pictures", type=float, metavar="RATE", help="send the film as JPEG by data, so many a second")
    p.add_argument("--chunks", action="store_true", help="send pictures in chunks, also where one packet would do")
    p.add_argument("--codec", default="vp8", choices=["vp8", "vp9", "h264", "av1", "h265"])
    p.add_argument("--simulcast", action="store_true", help="publish the camera in layers")
    p.add_argument("--encrypted", action="store_true", help="end-to-end, with a key that nobody else has")
    p.add_argument("--loop", action="store_true")
    p.add_argument("--await-notice", action="store_true", help="speak only after a jask.notice")
    p.add_argument(
        "--swap-microphone", type=float, metavar="SECONDS", help="replace the microphone's track so long after publishing")
    p.add_argument("--dtx", action=argparse.BooleanOptionalAction, default=True)
    p.add_argument("--red", action=argparse.BooleanOptionalAction, default=True)
    p.add_argument("--code", help="a file to send on jask.code as a text stream")
    p.add_argument("--code-attribute", nargs="*", default=["language=python", "path=solution.py", "revision=1"])
    p.add_argument("--packet", nargs="*", default=[], help="TOPIC=BODY user packets to send")
    p.add_argument("--send-after", type=float, default=1.0, help="seconds from joining to the code and packets")
    p.add_argument("--text-topic", nargs="*", default=[])
    p.add_argument("--acknowledge", action="store_true", help="answer every hint with jask.ack")
    p.add_argument("--seconds", type=float, default=30)
    p.add_argument("--until-hints", type=int, default=0, help="stop early once this many hints came; exit 1 if fewer")
    p.add_argument("--linger", type=float, default=0.3, help="seconds to go on after that")
    return p.parse_args()


async def main():
    # The room binds itself to the running event loop, so it is made inside it.
    return await Candidate(arguments()).run()


if __name__ == "__main__":
    raise SystemExit(0 if asyncio.run(main()) else 1)
