import Foundation
import NIOCore
import SansIO
import Simulation
import Synchronization
import Testing

@testable import RTCCore

/// The SCTP between a client (aiortc) and a real livekit-server, on two peer connections.
@Suite struct SCTPCaptureTests {
    struct Line: Decodable {
        var t: Double
        var ch: String
        var dir: String
        var b64: String
        var note: String

        var bytes: ByteBuffer { ByteBuffer(bytes: Data(base64Encoded: b64) ?? Data()) }
        var connection: String { String(note.prefix(3)) }
        var fields: [String: String] {
            Dictionary(
                note.split(separator: " ").compactMap { word in
                    let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                    return parts.count == 2 ? (parts[0], parts[1]) : nil
                }, uniquingKeysWith: { first, _ in first })
        }
        var stream: UInt16 { fields["stream"].flatMap(UInt16.init) ?? .max }
        var ppid: UInt32 { fields["ppid"].flatMap(UInt32.init) ?? .max }
        var at: Instant { Instant(nanoseconds: 1_000_000_000 + Int64(t * 1e9)) }
    }

    static func load() throws -> [Line] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "../../Fixtures/sctp.jsonl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
    }

    @Test func everyPacketParsesAndIsWrittenBackAsItWas() throws {
        let packets = try Self.load().filter { $0.ch == "sctp" }
        #expect(packets.count == 105)
        for line in packets {
            let packet = try SCTPPacket(parsing: line.bytes)
            #expect(packet.serialized() == line.bytes, "\(line.t) \(line.dir)")
            #expect(!packet.chunks.contains { if case .unknown = $0 { true } else { false } })
        }
    }

    @Test(arguments: ["pub", "sub"], ["in", "out"])
    func theFollowerSeesEveryMessage(connection: String, direction: String) throws {
        let lines = try Self.load().filter { $0.connection == connection && $0.dir == direction }
        var receiver: SCTPReceiver?
        var seen: [(stream: UInt16, ppid: UInt32, payload: ByteBuffer)] = []
        for line in lines where line.ch == "sctp" {
            for chunk in try SCTPPacket(parsing: line.bytes).chunks {
                switch chunk {
                case .initiation(let chunk):
                    receiver = SCTPReceiver(initialTSN: chunk.initialTSN, options: SCTPOptions())
                case .data(let chunk): _ = try receiver?.receive(chunk)
                default: break
                }
            }
            while let message = receiver?.popMessage() { seen.append((message.stream, message.ppid, message.payload)) }
        }
        let expected = lines.filter { $0.ch == "data" }
        #expect(!expected.isEmpty && seen.count == expected.count)
        for (message, line) in zip(seen, expected) {
            #expect(message.stream == line.stream && message.ppid == line.ppid && message.payload == line.bytes)
        }
    }

    /// Gives the recorded client's tag and TSN first, so that the server's recorded packets are meant for us.
    private static func random(_ tag: UInt32, _ tsn: UInt32) -> RandomSource {
        let drawn = Mutex(0)
        let rest = Mutex(SplitMix64(seed: 1))
        return RandomSource {
            let index = drawn.withLock { count in
                defer { count += 1 }
                return count
            }
            return index == 0 ? UInt64(tag) : index == 1 ? UInt64(tsn) : rest.withLock { $0.next() }
        }
    }

    @Test(arguments: ["pub", "sub"])
    func dataChannelsStandInForTheRecordedClient(connection: String) throws {
        let lines = try Self.load().filter { $0.connection == connection }
        let first = try #require(lines.first { $0.ch == "sctp" && $0.dir == "out" })
        guard case .initiation(let initiation)? = try SCTPPacket(parsing: first.bytes).chunks.first else {
            Issue.record("the recording does not begin with INIT")
            return
        }
        // On the publisher connection the client opened 1, 3, 5; on the other one the server did.
        var channels = DataChannels(
            isDTLSClient: connection == "sub",
            random: Self.random(initiation.initiateTag, initiation.initialTSN.rawValue))
        var ids: [String: DataChannelID] = [:]
        var events: [DataChannelEvent] = []
        func poll(_ channels: inout DataChannels) {
            while let output = channels.pollOutput() {
                if case .event(let event) = output { events.append(event) }
            }
        }
        channels.connect(at: first.at)
        if connection == "pub" {
            for (label, ordered) in [("_reliable", true), ("_lossy", false), ("_data_track", false)] {
                ids[label] = try channels.open(
                    label: label, ordered: ordered, reliability: ordered ? .reliable : .maxRetransmits(0), at: first.at)
            }
        }
        poll(&channels)
        for line in lines {
            if let deadline = channels.deadline, deadline < line.at { channels.timeout(at: line.at) }
            if line.ch == "sctp", line.dir == "in" { channels.receive(line.bytes, at: line.at) }
            if line.ch == "data", line.dir == "out", line.ppid == 53 {
                let id = try #require(ids[line.fields["label"] ?? ""])
                try channels.send(line.bytes, isBinary: true, on: id, at: line.at)
            }
            poll(&channels)
        }
        try check(events, lines: lines, connection: connection)
        #expect(channels.statistics.discardedPackets <= 1, "only the COOKIE ECHO with the recorded client's cookie")
    }

    private func check(_ events: [DataChannelEvent], lines: [Line], connection: String) throws {
        let opened = events.compactMap {
            if case .channelOpened(_, let parameters, let remote) = $0 { (parameters, remote) } else { nil }
        }
        #expect(opened.map(\.0.label) == ["_reliable", "_lossy", "_data_track"])
        #expect(opened.map(\.0.ordered) == [true, false, false])
        #expect(opened.map(\.0.reliability) == [.reliable, .maxRetransmits(0), .maxRetransmits(0)])
        #expect(opened.allSatisfy { $0.1 == (connection == "sub") })
        let received = events.compactMap {
            if case .message(_, isBinary: true, let payload) = $0 { payload } else { nil }
        }
        let expected = lines.filter { $0.ch == "data" && $0.dir == "in" && $0.ppid == 53 }
        #expect(received == expected.map(\.bytes))
        #expect(received.count == (connection == "sub" ? 13 : 0))
        let closed = events.count { if case .channelClosed = $0 { true } else { false } }
        #expect(closed == 3)
        if connection == "pub" {
            guard case .failed(.abortedByPeer(codes: [12], reason: ""))? = events.last else {
                Issue.record("\(String(describing: events.last))")
                return
            }
        }
    }
}
