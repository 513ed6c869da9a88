import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct PeerConnectionMediaTests {
    @Test("an offered audio track is announced and its packets arrive decrypted under its section")
    func audioArrives() throws {
        let pair = try PeerPair()
        let audio = pair.left.connection.addTransceiver(
            .audio, direction: .sendonly, track: LocalTrack(streamID: "PA_a|TR_b", trackID: "TR_b"))
        try pair.negotiate()
        let up = pair.run(for: .seconds(3)) { $0.areConnected }
        #expect(up)
        #expect(pair.right.tracks.isEmpty == false)
        for number in UInt16(65_530)..<65_535 {
            let sent = pair.left.connection.sendRTP(.opus(number), on: audio, at: pair.now)
            #expect(sent)
        }
        pair.run(for: .milliseconds(100))
        let track = try #require(pair.right.tracks.first)
        #expect(track.trackID == "TR_b" && track.streamID == "PA_a|TR_b" && track.kind == .audio)
        #expect(pair.right.packets.map(\.packet.header.sequenceNumber) == Array(65_530..<65_535))
        #expect(pair.right.packets.allSatisfy { $0.mid == track.mid && $0.codec.isNamed("opus") })
        #expect(pair.right.packets.first.map { String(buffer: $0.packet.payload) } == "opus 65530")
    }

    @Test("each SRTP engine carries media to the other", arguments: SRTPEngineKind.allCases, SRTPEngineKind.allCases)
    func enginesUnderstandEachOther(left: SRTPEngineKind, right: SRTPEngineKind) throws {
        var engines = [left, right]
        let (pair, audio) = try PeerPair.speaking { $0.srtpEngine = engines.removeFirst() }
        pair.speak(1...60, on: audio)
        pair.run(for: .seconds(2))
        #expect(pair.right.packets.count == 60)
        #expect(pair.right.packets.last.map { String(buffer: $0.packet.payload) } == "opus 60")
        // Reports crossed, under SRTCP.
        let reported = pair.left.connection.media.senders.values.first?.statistics.remoteReport
        #expect(reported != nil)
        #expect(pair.right.connection.statistics.rejectedPackets == 0)
    }

    @Test("nothing is sent for a section that the other side does not take")
    func inactiveSectionSendsNothing() throws {
        let pair = try PeerPair()
        let audio = pair.left.connection.addTransceiver(
            .audio, direction: .recvonly, track: LocalTrack(streamID: "s", trackID: "t"))
        try pair.negotiate()
        let isUp = pair.run(for: .seconds(3)) { $0.areConnected }
        try #require(isUp)
        let isRefused = !pair.left.connection.sendRTP(.opus(1), on: audio, at: pair.now)
        #expect(isRefused)
        // The same connection, section and track, once we want to send and the other side takes it.
        try pair.left.connection.setTrack(
            LocalTrack(streamID: "s", trackID: "t"), direction: .sendonly, on: audio)
        try pair.negotiate()
        let isSent = pair.left.connection.sendRTP(.opus(2), on: audio, at: pair.now)
        #expect(isSent)
        pair.run(for: .milliseconds(100))
        #expect(pair.right.packets.map(\.packet.header.sequenceNumber) == [2])
    }

    @Test("a payload type that comes to mean another codec means it from the next packet on")
    func payloadTypeChangesMeaning() throws {
        let (pair, audio) = try PeerPair.speaking()
        pair.speak(1...3, on: audio)
        let offer = try pair.left.connection.createOffer(at: pair.now)
        let exchanged = offer.replacing(":111 ", with: ":x ").replacing(":63 ", with: ":111 ")
            .replacing(":x ", with: ":63 ").replacing("111/111", with: "63/63")
        try pair.right.connection.setRemoteOffer(exchanged, at: pair.now)
        _ = try pair.right.connection.createAnswer(at: pair.now)
        pair.left.connection.sendRTP(.opus(4), on: audio, at: pair.now)
        pair.run(for: .milliseconds(20))
        #expect(pair.right.packets.map(\.codec.name) == ["opus", "opus", "opus", "red"])
    }

    @Test("a section is used again for another track under another source")
    func sectionIsReused() throws {
        let (pair, audio) = try PeerPair.speaking(track: "first")
        try pair.left.connection.setTrack(nil, direction: .inactive, on: audio)
        try pair.negotiate()
        try pair.left.connection.setTrack(LocalTrack(streamID: "s", trackID: "second"), direction: .sendonly, on: audio)
        try pair.negotiate()
        pair.left.connection.sendRTP(.opus(7), on: audio, at: pair.now)
        pair.run(for: .milliseconds(100))
        let tracks = pair.right.tracks
        #expect(tracks.map(\.trackID) == ["first", "second"])
        #expect(Set(tracks.map(\.mid)).count == 1)
        #expect(Set(tracks.compactMap(\.ssrc)).count == 2)
        #expect(pair.right.packets.last?.packet.header.ssrc == tracks.last?.ssrc)
        let removed = pair.right.events.filter { if case .trackRemoved = $0 { true } else { false } }
        #expect(removed.count == 1)
    }

    @Test(
        "connects with 30 % loss both ways, and lost packets are asked for and sent again",
        arguments: [3, 4, 5] as [UInt64])
    func connectsUnderLoss(seed: UInt64) throws {
        let (pair, audio) = try PeerPair.speaking(.lossy(0.3), seed: seed, within: .seconds(20))
        pair.speak(0..<200, on: audio)
        pair.run(for: .seconds(2))
        let numbers = Set(pair.right.packets.map(\.packet.header.sequenceNumber))
        #expect(numbers.count >= 190, "seed \(seed): \(numbers.count) of 200")
        #expect(pair.left.connection.statistics.sentAgain > 0)
    }

    @Test("reports go both ways and measure the round trip")
    func reportsMeasureRoundTrip() throws {
        var conditions = LinkConditions()
        conditions.delay = .milliseconds(40)
        let (pair, audio) = try PeerPair.speaking(conditions)
        pair.speak(0..<250, on: audio)
        let sender = try #require(pair.left.connection.media.senders.values.first)
        let roundTrip = try #require(sender.statistics.roundTrip)
        #expect(roundTrip > .milliseconds(75) && roundTrip < .milliseconds(90), "\(roundTrip)")
        let clocks = pair.right.events.filter { if case .senderReport = $0 { true } else { false } }
        #expect(clocks.count >= 2)
    }

    @Test("reports speak of sources that are heard, not of those that fell silent")
    func silentSourcesAreNotReported() throws {
        let (pair, audio) = try PeerPair.speaking()
        pair.speak(0..<100, on: audio)
        pair.run(for: .seconds(2))
        let sender = try #require(pair.left.connection.media.senders.values.first)
        #expect(sender.statistics.remoteReport != nil)
        pair.run(for: .seconds(10))
        let silent = pair.backward.sent
        pair.run(for: .seconds(30))
        // What is left are consent checks both ways, every two seconds or so.
        #expect(pair.backward.sent - silent < 45, "\(pair.backward.sent - silent)")
    }

    @Test("requests for a lost packet are a round trip apart, as far as it is known")
    func requestsFollowTheRoundTrip() throws {
        var conditions = LinkConditions()
        conditions.delay = .milliseconds(250)
        let (pair, audio) = try PeerPair.speaking(conditions, within: .seconds(5))
        // On a path this long the first consent check is the first thing that measures it.
        pair.run(for: .seconds(4))
        pair.speak(0..<150, on: audio, losing: [50])
        pair.run(for: .seconds(1))
        #expect(pair.right.packets.contains { $0.packet.header.sequenceNumber == 50 })
        let requests = pair.right.connection.statistics.requestedAgain
        #expect((1...2).contains(requests), "\(requests)")
    }

    @Test("a lone odd sequence number is left out, and what is lost after it is asked for")
    func loneOddNumbersAreLeftOut() throws {
        let (pair, audio) = try PeerPair.speaking()
        // Further off SRTP would take it for a replay, or what follows.
        pair.speak(Array(1_001...1_020) + [500] + Array(1_021...1_040), on: audio, losing: [1_030])
        pair.run(for: .seconds(1))
        #expect(Set(pair.right.packets.map(\.packet.header.sequenceNumber)) == Set(1_001...1_040))
        #expect(Set(pair.right.packets.map(\.index)).count == 40)
        #expect(pair.left.connection.statistics.sentAgain == 1)
    }

    @Test("a source that begins its numbers anew loses no packet, and goes on a run further")
    func aNewRunIsComplete() throws {
        let (pair, audio) = try PeerPair.speaking()
        pair.speak(Array(1...10) + Array(30_000...30_010), on: audio)
        let indices = pair.right.packets.map(\.index)
        #expect(pair.right.packets.map(\.packet.header.sequenceNumber) == Array(1...10) + Array(30_000...30_010))
        #expect(indices == indices.sorted() && Set(indices).count == 21)
        #expect(indices[10] - indices[9] >= SequenceIndexer.runDistance)
    }

    @Test("a source that was forgotten and comes back goes on beyond the indices it had")
    func forgottenSourcesGoOn() throws {
        let pair = try PeerPair { $0.maximumSources = 1 }
        let tracks = ["a", "b"].map {
            pair.left.connection.addTransceiver(
                .audio, direction: .sendonly, track: LocalTrack(streamID: "s", trackID: $0))
        }
        try pair.negotiate()
        let isUp = pair.run(for: .seconds(3)) { $0.areConnected }
        try #require(isUp)
        func send(_ numbers: ClosedRange<Int>, on track: TransceiverID) {
            pair.speak(numbers.map { UInt16(truncatingIfNeeded: $0) }, on: track)
        }
        // One source displaces the other; the first has come round by then.
        send(65_530...65_545, on: tracks[0])
        send(1...3, on: tracks[1])
        send(65_546...65_550, on: tracks[0])
        let packets = pair.right.packets
        let ssrc = try #require(packets.first?.packet.header.ssrc)
        let indices = packets.filter { $0.packet.header.ssrc == ssrc }.map(\.index)
        #expect(packets.count == 24 && indices.count == 21)
        #expect(indices == indices.sorted() && Set(indices).count == 21)
        #expect(indices[16] - indices[15] >= SequenceIndexer.runDistance)
    }

    @Test("a packet of padding alone is told with its number, and is no loss")
    func paddingIsTold() throws {
        let (pair, audio) = try PeerPair.speaking()
        for number in 1...10 as ClosedRange<UInt16> {
            var packet = OutgoingRTP.opus(number)
            if number == 5 { packet.payload = ByteBuffer() }
            pair.speak(packet, on: audio)
        }
        let told = pair.right.events.compactMap { if case .padding(let told) = $0 { told } else { nil } }
        let track = try #require(pair.right.tracks.first)
        #expect(told.map(\.index) == [SequenceIndexer.runDistance + 5] && told.first?.ssrc == track.ssrc)
        #expect(told.first?.mid == track.mid && pair.right.packets.count == 9)
        #expect(pair.right.connection.statistics.probes == 1 && pair.right.connection.statistics.requestedAgain == 0)
    }

    @Test("packets that never come, or are too many to ask for, are told to be given up")
    func givenUpPacketsAreTold() throws {
        let (pair, audio) = try PeerPair.speaking()
        func send(_ number: UInt16) {
            pair.left.connection.sendRTP(.opus(number), on: audio, at: pair.now)
            pair.run(for: .milliseconds(5))
        }
        func given() -> [GivenUpPackets] {
            pair.right.events.compactMap { if case .packetsGivenUp(let told) = $0 { told } else { nil } }
        }
        // The number stands in the clear in the packet: this one is lost as often as it is sent.
        pair.losesForward = { _, packet in
            packet.getInteger(at: packet.readerIndex, as: UInt8.self) == 0x80
                && packet.getInteger(at: packet.readerIndex + 2, as: UInt16.self) == 5
        }
        for number in 1...10 as ClosedRange<UInt16> { send(number) }
        #expect(given().isEmpty)
        pair.run(for: .seconds(3))
        let track = try #require(pair.right.tracks.first)
        let ssrc = try #require(track.ssrc)
        #expect(
            given() == [
                GivenUpPackets(
                    ssrc: ssrc, mid: track.mid, kind: .audio, count: 1, highestIndex: SequenceIndexer.runDistance + 5)
            ])
        send(711)
        pair.run(for: .milliseconds(100))
        #expect(given().map(\.count) == [1, 700])
        #expect(given().last?.highestIndex == SequenceIndexer.runDistance + 710)
        #expect(pair.right.connection.statistics.givenUp == 701)
    }

    @Test("garbage of every kind changes nothing")
    func garbageIsIgnored() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        try pair.negotiate()
        pair.run(for: .seconds(3)) { $0.areConnected }
        var random = SplitMix64(seed: 77)
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let datagram = Datagram(
                local: .udp(PeerPair.leftAddress), remote: PeerPair.rightAddress, payload: ByteBuffer(bytes: bytes))
            pair.left.connection.receive(datagram, at: pair.now)
        }
        pair.run(for: .seconds(5))
        #expect(pair.areConnected)
        #expect(pair.left.packets.isEmpty)
    }
}
