import RTCCore
import SansIO
import Simulation

extension FuzzTarget {
    /// Session descriptions, on their own and as offer and answer to a connection.
    static let sdp = FuzzTarget(
        name: "sdp", recordings: { $0.descriptions.map { Array($0.utf8) } }, largestInput: 16_384,
        run: { input in
            let text = String(decoding: input, as: UTF8.self)
            guard let description = try? SessionDescription(parsing: text) else { return }
            try FuzzFailure.check(description) { try SessionDescription(parsing: description.text) }
            let now = Instant(nanoseconds: 1_000_000_000)
            var answerer = try connection(seed: 1)
            if (try? answerer.setRemoteOffer(text, at: now)) != nil {
                let answer = try answerer.createAnswer(at: now)
                let parsed = try SessionDescription(parsing: answer)
                guard parsed.media.count == description.media.count else {
                    throw FuzzFailure("\(parsed.media.count) sections answer \(description.media.count)")
                }
            }
            var offerer = try connection(seed: 2)
            for section in description.media.prefix(32) {
                if section.isDataChannel {
                    _ = try? offerer.openDataChannel(label: "x", at: now)
                } else {
                    _ = offerer.addTransceiver(section.mediaKind ?? .audio, direction: .sendrecv)
                }
            }
            _ = try offerer.createOffer(at: now)
            try? offerer.setRemoteAnswer(text, at: now)
            offerer.timeout(at: now + .seconds(1))
        })

    private static let identity = try? DTLSIdentity.generate()

    private static func connection(seed: UInt64) throws -> PeerConnection {
        guard let identity else { throw FuzzFailure("no certificate could be made") }
        return PeerConnection(configuration: .init(identity: identity), random: .seeded(seed))
    }
}
