import NIOCore
import SansIO
import Testing

@testable import RTCCore

@Suite struct PeerConnectionMediaAtOnceTests {
    /// What a receiver makes of a track whose numbers jump, that loses packets and pads.
    private static func play(atOnce: Bool) throws -> (told: [String], direct: Int, statistics: PeerConnectionStatistics)
    {
        let (pair, audio) = try PeerPair.speaking()
        pair.takesMediaAtOnce = atOnce
        for number in Array(1_001...1_020) + [500] + Array(1_021...1_060) + Array(30_000...30_020) as [UInt16] {
            var packet = OutgoingRTP.opus(number)
            packet.marker = number == 1_035
            if number == 1_040 { packet.payload = ByteBuffer() }
            pair.speak(packet, on: audio, isLost: [1_030, 1_031, 30_005].contains(number))
        }
        pair.run(for: .seconds(1))
        let told = pair.right.events.compactMap { event -> String? in
            switch event {
            case .rtp(let received):
                let header = received.packet.header
                return """
                    \(header.ssrc == pair.left.connection.transceivers[0].ssrc) \(header.payloadType) \(header.marker) \
                    \(header.sequenceNumber) \(header.timestamp) \(received.index) \(received.arrival) \(received.mid) \
                    \(String(buffer: received.packet.payload))
                    """
            case .padding(let padding): return "padding \(padding.index)"
            default: return nil
            }
        }
        return (told, pair.takenAtOnce, pair.right.connection.statistics)
    }

    @Test("media that is taken at once is what events tell, in their order")
    func takenAtOnce() throws {
        let (told, none, statistics) = try Self.play(atOnce: false)
        let (same, direct, others) = try Self.play(atOnce: true)
        #expect(none == 0 && direct > 60)
        #expect(told.count > 75)
        #expect(same == told)
        #expect(others.packetsReceived == statistics.packetsReceived)
    }

    @Test("a packet that is not genuine is not returned, nor is one where events wait")
    func whatIsNotReturned() throws {
        let (pair, audio) = try PeerPair.speaking()
        func next(_ number: UInt16) throws -> Datagram {
            pair.left.connection.sendRTP(.opus(number), on: audio, at: pair.now)
            while let output = pair.left.connection.pollOutput() {
                if case .transmit(let datagram) = output, datagram.isMedia {
                    return Datagram(
                        local: .udp(datagram.remote), remote: datagram.local.address, payload: datagram.payload)
                }
            }
            throw CancellationError()
        }
        func take(_ datagram: Datagram) -> String? {
            var datagram = datagram
            let media = pair.right.connection.receiveMedia(&datagram, at: pair.now)
            return media.map { "\($0.index & 0xFFFF) \(String(buffer: datagram.payload))" }
        }
        // The first one is an event, and until that is taken so are those after it.
        #expect(take(try next(1)) == nil)
        #expect(take(try next(2)) == nil)
        var told: [UInt16] = []
        while let output = pair.right.connection.pollOutput() {
            if case .event(.rtp(let received)) = output { told.append(received.packet.header.sequenceNumber) }
        }
        #expect(told == [1, 2])
        let third = try next(3)
        #expect(take(third) == "3 opus 3")
        #expect(take(third) == nil, "a replay")
        var forged = try next(4)
        forged.payload.setInteger(UInt8(0xFF), at: forged.payload.writerIndex - 1)
        #expect(take(forged) == nil)
        #expect(pair.right.connection.statistics.rejectedPackets == 2)
        #expect(take(try next(5)) == nil, "one is missing before it, which is to be told of")
    }
}
