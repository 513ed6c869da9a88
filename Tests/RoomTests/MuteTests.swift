import DevServer
import NIOCore
import NIOPosix
import RTCCore
import RTCNetwork
import SansIO
import Synchronization
import Testing
import VirtualCandidate

@testable import LiveKit

/// Mute, in and out, over the development server, which treats it as the real one does.
@Suite(.serialized) struct MuteTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    /// One RTP packet of the listener's.
    private struct Packet: Sendable {
        var number: UInt16
        var time: UInt32
        var payload: [UInt8]
        var arrival: Instant

        /// Redundant audio with one block: the code for silence, padded.
        var isBlank: Bool { payload == [payload.first ?? 0, 0xF8, 0xFF, 0xFE] + Array(repeating: 0, count: 77) }
    }

    /// Keeps what comes in by the connection that media comes by.
    private func record(_ probe: RoomProbe, into packets: Packets) async throws {
        _ = try await probe.room.perform { engine in
            let driver = engine.transports?.subscriber ?? engine.transports?.publisher
            // What is not taken at once is an event.
            driver?.onMedia = { _, payload in payload }
            let before = driver?.onEvent
            driver?.onEvent = { event in
                if case .rtp(let received) = event {
                    let header = received.packet.header
                    packets.append(
                        Packet(
                            number: header.sequenceNumber, time: header.timestamp,
                            payload: Array(received.packet.payload.readableBytesView), arrival: received.arrival))
                }
                before?(event)
            }
        }
    }

    private final class Packets: Sendable {
        private let all = Mutex<[Packet]>([])

        func append(_ packet: Packet) { all.withLock { $0.append(packet) } }

        var value: [Packet] { all.withLock { $0 } }
        var blanks: Int { value.count(where: \.isBlank) }
    }

    /// Publishes noise until cancelled, whatever is muted.
    private func publish(_ probe: RoomProbe) async throws -> Task<Void, Never> {
        _ = try await probe.room.perform { $0.publishAudio() }
        let noise = (0..<960).map { _ in Int16.random(in: -8000...8000) }
        let room = probe.room
        return Task {
            while !Task.isCancelled {
                _ = try? await room.perform { try $0.sendAudio(noise) }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func mutes(_ events: [RoomEvent]) -> [Bool] {
        events.compactMap { if case .trackMuted(let track) = $0 { track.track.isMuted } else { nil } }
    }

    private func pair(
        over version: SignalVersion = .v1,
        _ body: (_ speaker: RoomProbe, _ listener: RoomProbe, _ packets: Packets) async throws -> Void
    ) async throws {
        let server = try await startDevServer()
        let listener = try RoomProbe(
            server: server, room: "r", identity: "bot", hidden: true, over: version, group: group)
        let speaker = try RoomProbe(server: server, room: "r", identity: "speaker", over: version, group: group)
        try #require(try await listener.waitUntilReady(), "\(listener.summary)")
        try #require(try await speaker.waitUntilReady(), "\(speaker.summary)")
        let packets = Packets()
        try await record(listener, into: packets)
        let microphone = try await publish(speaker)
        let heard = try await listener.wait { _ in listener.loudness.seconds > 0.5 ? true : nil }
        try #require(heard == true, "\(listener.summary)")
        try await body(speaker, listener, packets)
        microphone.cancel()
        await listener.leave()
        await speaker.leave()
        await server.stop()
    }

    @Test(
        "a muted track, whatever it sends, becomes a second of silence, then nothing; then it goes on",
        arguments: [SignalVersion.v1, .v0])
    func muting(version: SignalVersion) async throws {
        try await pair(over: version) { speaker, listener, packets in
            // The signal alone: the client goes on sending.
            try await signalMute(true, of: speaker)
            _ = try await listener.wait { _ in packets.blanks >= 50 ? true : nil }
            #expect(mutes(listener.events) == [true])
            try await Task.sleep(for: .milliseconds(500))
            let muted = packets.value
            let blanks = muted.drop { !$0.isBlank }
            #expect(blanks.count == 50 && blanks.allSatisfy(\.isBlank), "\(blanks.count)")
            let (first, last) = (try #require(blanks.first), try #require(blanks.last))
            // Paced as sound is, not all at once; on a busy machine the first are seen late.
            #expect((last.arrival - first.arrival).inSeconds > 0.5 && last.time &- first.time == 49 * 960)
            try await signalMute(false, of: speaker)
            let again = try await listener.wait { _ in packets.value.count > muted.count + 10 ? true : nil }
            #expect(again == true, "\(listener.summary)")
            #expect(mutes(listener.events) == [true, false])
            let numbers = packets.value.map(\.number)
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 &+ 1 }, "a gap is taken for loss")
        }
    }

    private func signalMute(_ isMuted: Bool, of speaker: RoomProbe) async throws {
        _ = try await speaker.room.perform { engine in
            guard let sid = engine.publication?.sid else { return }
            engine.signal.send(
                .with {
                    $0.mute.sid = sid
                    $0.mute.muted = isMuted
                })
        }
    }

    @Test("a client that mutes itself is seen to be muted and sends nothing")
    func mutingOneself() async throws {
        try await pair { speaker, listener, packets in
            _ = try await speaker.room.perform { $0.setMuted(true) }
            _ = try await listener.wait { mutes($0) == [true] ? true : nil }
            #expect(mutes(listener.events) == [true], "\(listener.summary)")
            _ = try await speaker.room.perform { $0.setMuted(false) }
            let count = packets.value.count
            _ = try await listener.wait { _ in packets.value.count > count + 10 ? true : nil }
            #expect(mutes(listener.events) == [true, false] && packets.value.last?.isBlank == false)
        }
    }

    @Test(
        "a subscription that ends is sent a fifth of a second of silence first",
        arguments: [SignalVersion.v1, .v0])
    func unsubscribing(version: SignalVersion) async throws {
        try await pair(over: version) { _, listener, packets in
            let subscribed = listener.events.lazy.compactMap {
                if case .trackSubscribed(let track) = $0 { track.track.sid } else { nil }
            }.first
            let sid = try #require(subscribed)
            _ = try await listener.room.perform { engine in
                engine.signal.send(
                    .with {
                        $0.subscription.trackSids = [sid]
                        $0.subscription.subscribe = false
                    })
            }
            let ended = try await listener.wait { events in
                events.contains { if case .trackUnsubscribed = $0 { true } else { false } } ? true : nil
            }
            #expect(ended == true && packets.value.suffix(10).allSatisfy(\.isBlank) && packets.blanks == 10)
        }
    }

    @Test("a track that is muted before the server gave it a sid is muted all the same")
    func earlyMute() async throws {
        let server = try await startDevServer()
        let observer = try RoomProbe(server: server, room: "r", identity: "observer", group: group)
        let speaker = try RoomProbe(server: server, room: "r", identity: "speaker", group: group)
        try #require(try await observer.waitUntilReady(), "\(observer.summary)")
        try #require(try await speaker.waitUntilReady(), "\(speaker.summary)")
        _ = try await speaker.room.perform { engine in
            engine.publishAudio()
            engine.setMuted(true)
        }
        let muted = try await observer.wait(5) { events in
            events.lazy.compactMap { event -> Bool? in
                switch event {
                case .participantJoined(let who), .participantUpdated(let who):
                    who.identity == "speaker" ? who.tracks.first?.isMuted : nil
                default: nil
                }
            }.first
        }
        #expect(muted == true, "\(observer.summary)")
        await observer.leave()
        await speaker.leave()
        await server.stop()
    }
}
