import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite("what descriptions say after the first ones")
struct PeerConnectionOfferTests {
    private static func parsed(_ text: String) throws -> SessionDescription { try SessionDescription(parsing: text) }

    /// The sections' candidates, a list a section.
    private static func candidates(_ text: String) throws -> [Int] { try parsed(text).media.map(\.candidates.count) }

    @Test("a data section that the offer rejects is rejected in the answer")
    func rejectedDataStaysRejected() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .sendonly)
        _ = try pair.left.connection.openDataChannel(label: "data", at: pair.now)
        let offer = try pair.left.connection.createOffer(at: pair.now)
            .replacing("m=application 9 ", with: "m=application 0 ")
        try pair.right.connection.setRemoteOffer(offer, at: pair.now)
        let answer = try Self.parsed(try pair.right.connection.createAnswer(at: pair.now))
        #expect(answer.media.map(\.isRejected) == [false, true])
        #expect(answer.media[1].port == 0)
    }

    @Test("candidates stand in the first section that is not rejected, in answers and offers")
    func candidatesAreNotInARejectedSection() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .sendonly)
        _ = pair.left.connection.addTransceiver(.video, direction: .sendonly)
        let offer = try pair.left.connection.createOffer(at: pair.now)
        #expect(try Self.candidates(offer) == [1, 0])
        // A kind of section that nobody here speaks comes first.
        let odd = offer.replacing("m=audio 9 UDP/TLS/RTP/SAVPF", with: "m=text 9 UDP/TLS/RTP/SAVPF")
        try pair.right.connection.setRemoteOffer(odd, at: pair.now)
        let answer = try pair.right.connection.createAnswer(at: pair.now)
        #expect(try Self.parsed(answer).media.map(\.isRejected) == [true, false])
        #expect(try Self.candidates(answer) == [0, 1])
        #expect(try Self.candidates(try pair.right.connection.createOffer(at: pair.now)) == [0, 1])
    }

    @Test("a later offer lists the agreed codecs first, and again those that the peer did not take")
    func laterOffersListAllCodecs() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.video, direction: .sendonly)
        let offer = try pair.left.connection.createOffer(at: pair.now)
        let first = try Self.parsed(offer).media[0].codecs
        #expect(first == MediaCapabilities.video.codecs)
        // The peer prefers VP9, and takes neither VP8 nor H.264.
        let line = first.map { String($0.payloadType) }.joined(separator: " ")
        let fewer = offer.replacing("SAVPF \(line)", with: "SAVPF 98 99")
        try pair.right.connection.setRemoteOffer(fewer, at: pair.now)
        let answer = try pair.right.connection.createAnswer(at: pair.now)
        #expect(try Self.parsed(answer).media[0].codecs.map(\.payloadType) == [98, 99])
        try pair.left.connection.setRemoteAnswer(answer, at: pair.now)
        let second = try Self.parsed(try pair.left.connection.createOffer(at: pair.now)).media[0].codecs
        #expect(second.prefix(2).map(\.payloadType) == [98, 99])
        #expect(Set(second) == Set(first))
    }

    @Test("codecs whose payload types the peer uses for others get free ones, and so do those that refer to them")
    func payloadTypesAreFreed() {
        let vp9 = Codec(payloadType: 96, name: "VP9", clockRate: 90000, parameters: "profile-id=0")
        let agreed = [vp9, MediaCapabilities.retransmission(97, of: 96)]
        let offered = Negotiation.offeredCodecs(available: MediaCapabilities.video.codecs, agreed: agreed)
        #expect(Array(offered.prefix(2)) == agreed)
        #expect(Set(offered.map(\.payloadType)).count == offered.count && offered.count == 8)
        let vp8 = offered.first { $0.isNamed("VP8") }
        #expect(vp8.map { $0.payloadType != 96 } == true)
        #expect(offered.filter { $0.isRetransmission && $0.associatedPayloadType == vp8?.payloadType }.count == 1)

        let opus = Codec(payloadType: 63, name: "opus", clockRate: 48000, channels: 2)
        let audio = Negotiation.offeredCodecs(available: MediaCapabilities.audio.codecs, agreed: [opus])
        #expect(audio.count == 2 && audio[0] == opus)
        #expect(audio[1].isRedundancy && audio[1].payloadType != 63 && audio[1].redundantPayloadTypes == [63, 63])
    }

    @Test("where no payload type is free, what is left of the codecs is left out")
    func thereMayBeNoFreePayloadType() {
        let agreed =
            (UInt8(35)...63).map { Codec(payloadType: $0, name: "x\($0)", clockRate: 90000) }
            + (UInt8(96)...127).map { Codec(payloadType: $0, name: "x\($0)", clockRate: 90000) }
        let offered = Negotiation.offeredCodecs(available: MediaCapabilities.video.codecs, agreed: agreed)
        #expect(offered == agreed)
    }

    @Test("a lite server that says so in its offer is checked and controlled, and the connection comes up over it")
    func liteServersAreControlled() throws {
        for isOfferer in [true, false] {
            let pair = try PeerPair()
            _ = pair.left.connection.addTransceiver(.audio, direction: .sendonly)
            let offer = try pair.left.connection.createOffer(at: pair.now)
            let lite = { (text: String) in text.replacing("t=0 0\r\n", with: "t=0 0\r\na=ice-lite\r\n") }
            try pair.right.connection.setRemoteOffer(isOfferer ? lite(offer) : offer, at: pair.now)
            let answer = try pair.right.connection.createAnswer(at: pair.now)
            try pair.left.connection.setRemoteAnswer(isOfferer ? answer : lite(answer), at: pair.now)
            let full = isOfferer ? pair.right.connection.ice : pair.left.connection.ice
            #expect(full.role == .controlling)
            #expect(full.current.remote?.isLite == true)
        }
    }

    @Test("a lite server that only answers is nominated")
    func liteServersAreNominated() throws {
        var server = LitePeer(at: PeerPair.rightAddress)
        let pair = try PeerPair()
        _ = pair.right.connection.addTransceiver(.audio, direction: .recvonly)
        var offer = try pair.right.connection.createOffer(at: pair.now)
        let own = pair.right.connection.ice.localCredentials
        offer = offer.replacing(own.ufrag, with: server.credentials.ufrag)
            .replacing(own.password, with: "a password of a lite server".replacing(" ", with: "+"))
            .replacing("t=0 0\r\n", with: "t=0 0\r\na=ice-lite\r\n")
        server.credentials.password = "a+password+of+a+lite+server"
        try pair.left.connection.setRemoteOffer(offer, at: pair.now)
        _ = try pair.left.connection.createAnswer(at: pair.now)
        let end = pair.now + .seconds(2)
        while pair.left.connection.selectedPair == nil, pair.now < end {
            while let output = pair.left.connection.pollOutput() {
                guard case .transmit(let datagram) = output else { continue }
                server.receive(
                    datagram.turned, at: pair.now)
            }
            while let answer = server.pollTransmit(at: pair.now) {
                pair.left.connection.receive(
                    answer.turned, at: pair.now)
            }
            pair.now = pair.now + .milliseconds(10)
            pair.left.connection.timeout(at: pair.now)
        }
        #expect(pair.left.connection.selectedPair?.remote == PeerPair.rightAddress)
        #expect(server.requests.contains { $0.message.useCandidate })
    }
}
