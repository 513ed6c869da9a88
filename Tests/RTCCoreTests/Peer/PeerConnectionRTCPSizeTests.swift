import NIOCore
import SansIO
import Testing

@testable import RTCCore

@Suite("RTCP packets stay within a datagram that every path takes")
struct PeerConnectionRTCPSizeTests {
    @Test("lost packets that are far apart are all asked for, in several datagrams")
    func sparseRequestsAreSplit() throws {
        let pair = try PeerPair()
        let audio = pair.left.connection.addTransceiver(
            .audio, direction: .sendonly, track: LocalTrack(streamID: "s", trackID: "t"))
        try pair.negotiate()
        let isUp = pair.run(for: .seconds(3)) { $0.areConnected }
        try #require(isUp)
        // 17 apart, no two of them fit one entry of a request.
        for number in 1...4_990 as ClosedRange<UInt16> where !number.isMultiple(of: 17) {
            let packet = OutgoingRTP(
                payloadType: 111, marker: false, sequenceNumber: number, timestamp: UInt32(number) * 960,
                payload: ByteBuffer(string: "x"))
            pair.left.connection.sendRTP(packet, on: audio, at: pair.now)
        }
        pair.run(for: .milliseconds(500))
        #expect(pair.right.connection.statistics.requestedAgain >= 293)
        #expect(pair.longestRTCP > 500 && pair.longestRTCP <= RTCPPacket.maximumDatagramLength, "\(pair.longestRTCP)")
    }

    @Test("64 sources are reported, in several datagrams")
    func manyReportsAreSplit() throws {
        let pair = try PeerPair()
        let tracks = (0..<64).map { index in
            pair.left.connection.addTransceiver(
                .audio, direction: .sendonly, track: LocalTrack(streamID: "s", trackID: "t\(index)"))
        }
        try pair.negotiate()
        let isUp = pair.run(for: .seconds(3)) { $0.areConnected }
        try #require(isUp)
        for number in 1...100 as ClosedRange<UInt16> {
            for track in tracks {
                let packet = OutgoingRTP(
                    payloadType: 111, marker: false, sequenceNumber: number, timestamp: UInt32(number) * 960,
                    payload: ByteBuffer(string: "x"))
                pair.left.connection.sendRTP(packet, on: track, at: pair.now)
            }
            pair.run(for: .milliseconds(20))
        }
        pair.run(for: .seconds(2))
        let reported = pair.left.connection.media.senders.values.count { $0.statistics.remoteReport != nil }
        #expect(reported == 64)
        let clocks = Set(
            pair.right.events.compactMap { if case .senderReport(let report) = $0 { report.ssrc } else { nil } })
        #expect(clocks.count == 64)
        #expect(pair.longestRTCP > 500 && pair.longestRTCP <= RTCPPacket.maximumDatagramLength, "\(pair.longestRTCP)")
    }
}
