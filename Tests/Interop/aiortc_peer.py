#!/usr/bin/env python3
"""A WebRTC peer on aiortc that tests talk to, one JSON object a line on both ways.

In:  {"do": "offer"}                      make an offer; the reply is {"event": "offer", "sdp": …}
     {"do": "answer", "sdp": …}           take the answer to it
     {"do": "accept", "sdp": …}           answer an offer; the reply is {"event": "answer", "sdp": …}
     {"do": "load", "messages": n, "size": s}   send n messages of s bytes on the channel "load"
     {"do": "close"}                      end
Out: also {"event": "state"}, {"event": "open", "label"}, {"event": "received", "messages", "wrong"} once as many
     messages as --expect came on "load", {"event": "heard", "frequency", "rms", "share"} after --listen seconds of
     sound, {"event": "rate", "megabits", "cpu"} at the end of a measured transfer.
What comes on the channel "echo" goes back as it is. With --tone a track with that frequency is sent.

Word k of message i of a load is i * 1000003 + k * 2654435761, modulo 2**32, big-endian: both sides know what must come.
Everything stays on 127.0.0.1, so that no network is needed.
"""
import argparse
import asyncio
import fractions
import json
import sys
import time

import aioice.ice
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from av import AudioFrame

aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
HIGH_WATER = 256 * 1024


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def message(number, size):
    words = (np.arange(size // 4, dtype=np.uint64) * 2654435761 + number * 1000003) & 0xFFFFFFFF
    return words.astype(">u4").tobytes()


class Tone(MediaStreamTrack):
    """A sine at 48 kHz in real time, 20 ms a frame."""

    kind = "audio"
    rate, step = 48000, 960

    def __init__(self, frequency):
        super().__init__()
        self.frequency, self.sent, self.began = frequency, 0, None

    async def recv(self):
        self.began = self.began or time.monotonic()
        await asyncio.sleep(max(0, self.began + self.sent / self.rate - time.monotonic()))
        at = np.arange(self.sent, self.sent + self.step)
        samples = (8000 * np.sin(2 * np.pi * self.frequency * at / self.rate)).astype(np.int16)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = self.rate, self.sent, fractions.Fraction(1, self.rate)
        self.sent += self.step
        return frame


def spectrum(samples, rate):
    """The strongest frequency, and the share of all power within 25 Hz of it."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
    peak = frequencies[int(power.argmax())]
    return float(peak), float(power[np.abs(frequencies - peak) <= 25].sum() / power.sum())


class Peer:
    def __init__(self, options):
        self.options = options
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channels, self.received, self.wrong, self.tasks = {}, 0, 0, []
        self.pc.on("connectionstatechange", lambda: say("state", state=self.pc.connectionState))
        self.pc.on("datachannel", self.adopt)
        self.pc.on("track", lambda track: self.spawn(self.listen(track)))
        if options.tone:
            self.pc.addTrack(Tone(options.tone))

    def spawn(self, work):
        self.tasks.append(asyncio.ensure_future(work))

    def adopt(self, channel):
        self.channels[channel.label] = channel
        if channel.label == "echo":
            channel.on("message", channel.send)
        else:
            channel.on("message", self.take)
        say("open", label=channel.label)

    def take(self, data):
        self.wrong += data != message(self.received, len(data))
        self.received += 1
        if self.received == self.options.expect:
            say("received", messages=self.received, wrong=self.wrong)

    async def load(self, messages, size):
        channel = self.channels["load"]
        for number in range(messages):
            while channel.bufferedAmount > HIGH_WATER:
                await asyncio.sleep(0.002)
            channel.send(message(number, size))

    async def listen(self, track):
        samples, rate = [], 48000
        while sum(map(len, samples)) < self.options.listen * rate:
            frame = await track.recv()
            rate = frame.sample_rate
            pcm = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
            samples.append(pcm[:, 0].astype(np.float64))
        # The first half second has the decoder's start and whatever was lost before it.
        sound = np.concatenate(samples)[rate // 2:]
        frequency, share = spectrum(sound, rate)
        say("heard", frequency=frequency, share=round(share, 4), rms=round(float(np.sqrt((sound ** 2).mean())), 1))
        while True:
            await track.recv()

    async def handle(self, command):
        match command["do"]:
            case "offer":
                for label in ("load", "echo"):
                    channel = self.pc.createDataChannel(label)
                    channel.on("open", lambda channel=channel: self.adopt(channel))
                await self.pc.setLocalDescription(await self.pc.createOffer())
                say("offer", sdp=self.pc.localDescription.sdp)
            case "answer":
                await self.pc.setRemoteDescription(RTCSessionDescription(command["sdp"], "answer"))
            case "accept":
                await self.pc.setRemoteDescription(RTCSessionDescription(command["sdp"], "offer"))
                await self.pc.setLocalDescription(await self.pc.createAnswer())
                say("answer", sdp=self.pc.localDescription.sdp)
            case "load":
                self.spawn(self.load(command["messages"], command["size"]))
            case other:
                raise SystemExit(f"unknown command {other!r}")

    async def run(self):
        reader = asyncio.StreamReader(limit=1 << 20)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            command = json.loads(line)
            if command["do"] == "close":
                break
            await self.handle(command)
        for task in self.tasks:
            task.cancel()
        await self.pc.close()


async def measure(seconds):
    """How fast one aiortc sends to another in this process: messages of 16 KiB for some seconds."""
    left, right = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    channel, taken, opened = left.createDataChannel("load"), [0], asyncio.Event()
    channel.on("open", opened.set)

    @right.on("datachannel")
    def adopt(other):
        @other.on("message")
        def take(data):
            taken[0] += len(data)

    await left.setLocalDescription(await left.createOffer())
    await right.setRemoteDescription(left.localDescription)
    await right.setLocalDescription(await right.createAnswer())
    await left.setRemoteDescription(right.localDescription)
    await opened.wait()
    body, began, cpu = bytes(16384), time.monotonic(), time.process_time()
    while time.monotonic() - began < seconds:
        while channel.bufferedAmount > HIGH_WATER:
            await asyncio.sleep(0)
        channel.send(body)
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    say("rate", megabits=round(taken[0] * 8 / took / 1e6, 2), cpu=round(cpu / took, 3))
    await asyncio.gather(left.close(), right.close())


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tone", type=float, default=0, help="Hz of the track to send; none without it")
    p.add_argument("--listen", type=float, default=3, help="seconds of sound to measure")
    p.add_argument("--expect", type=int, default=0, help="messages on the channel load to report after")
    p.add_argument("--measure", type=float, default=0, help="only measure aiortc against itself for this many seconds")
    return p.parse_args()


async def main():
    options = arguments()
    # Made inside the loop: aiortc's senders keep the loop that they are made in.
    await (measure(options.measure) if options.measure else Peer(options).run())


if __name__ == "__main__":
    asyncio.run(main())
