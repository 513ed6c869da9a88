import Foundation
import NIOCore
import SwiftProtobuf
import Testing

@testable import LiveKit

struct CaptureMessageTests {
    @Test(arguments: Capture.fixtureNames)
    func everyFrameOfTheFixturesParsesAndReencodes(name: String) throws {
        let count = try check(Capture.lines(name))
        #expect(count > 10)
    }

    @Test(
        "every frame of all captures parses and re-encodes", .enabled(if: Capture.hasShared),
        arguments: Capture.sharedNames)
    func everySharedFrame(name: String) throws {
        let count = try check(Capture.lines(name, in: Capture.shared))
        #expect(count > 10)
    }

    /// Returns how many messages were looked at.
    private func check(_ lines: [Capture.Line]) throws -> Int {
        var count = 0
        for line in lines where !line.bytes.readableBytesView.isEmpty {
            let note = line.note ?? ""
            switch (line.ch, line.dir) {
            case ("signal", _) where note.hasPrefix("ws-"), ("agent", _) where note.hasPrefix("ws-"): continue
            case ("signal", "in"): try roundTrip(Livekit_SignalResponse.self, line) { $0.message != nil }
            case ("signal", "out"): try roundTrip(Livekit_SignalRequest.self, line) { $0.message != nil }
            case ("agent", "in"): try roundTrip(Livekit_ServerMessage.self, line) { $0.message != nil }
            case ("agent", "out"): try roundTrip(Livekit_WorkerMessage.self, line) { $0.message != nil }
            case ("data", _) where note.contains("ppid=53"):
                try roundTrip(Livekit_DataPacket.self, line) { $0.value != nil }
            default: continue
            }
            count += 1
        }
        return count
    }

    private func roundTrip<M: Message & Equatable>(
        _ type: M.Type, _ line: Capture.Line, isKnown: (M) -> Bool
    ) throws {
        let message = try M(parsing: line.bytes)
        #expect(isKnown(message), "no known kind: \(line.note ?? "") at \(line.t)")
        let encoded = message.encoded()
        #expect(encoded.readableBytes == line.bytes.readableBytes, "size changed: \(line.note ?? "") at \(line.t)")
        #expect(try M(parsing: encoded) == message)
    }

    @Test func framesCutAnywhereNeverTrap() throws {
        let lines = try Capture.lines("v1-single-pc").filter { $0.ch == "signal" && $0.isIncoming }
        var refused = 0
        for line in lines.prefix(6) {
            for size in 0..<min(line.bytes.readableBytes, 1200) {
                let part = try #require(line.bytes.getSlice(at: 0, length: size))
                do { _ = try Livekit_SignalResponse(parsing: part) } catch { refused += 1 }
            }
        }
        #expect(refused > 0)
    }
}
