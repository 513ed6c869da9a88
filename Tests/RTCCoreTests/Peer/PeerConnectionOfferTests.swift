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
        var pair = try PeerPair()
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
        var pair = try PeerPair()
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
}
