import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

/// The server's recorded descriptions, given to a connection of ours.
@Suite struct CapturedNegotiationTests {
    private static let now = Instant(nanoseconds: 1_000_000_000)

    private static func connection() throws -> PeerConnection {
        PeerConnection(configuration: .init(identity: try DTLSIdentity.generate()), random: .seeded(1))
    }

    /// Answers an offer with a fresh connection and checks the answer section by section.
    private static func check(_ text: String, _ name: String) throws {
        var connection = try connection()
        try connection.setRemoteOffer(text, at: now)
        let offer = try SessionDescription(parsing: text)
        let answer = try SessionDescription(parsing: try connection.createAnswer(at: now))
        #expect(answer.media.count == offer.media.count, "\(name)")
        for (theirs, ours) in zip(offer.media, answer.media) {
            #expect(ours.kind == theirs.kind && ours.mid == theirs.mid, "\(name)")
            #expect(!ours.isRejected || theirs.isRejected, "\(name): section \(theirs.mid ?? "?") is rejected")
            #expect(answer.iceCredentials(of: ours) != nil && !answer.fingerprints(of: ours).isEmpty, "\(name)")
            #expect(answer.setup(of: ours) != .actpass, "\(name)")
            let offered = Set(theirs.codecs.map(\.payloadType))
            #expect(Set(ours.codecs.map(\.payloadType)).isSubset(of: offered), "\(name)")
            if theirs.mediaKind != nil { #expect(!ours.codecs.isEmpty, "\(name)") }
        }
        #expect(answer.bundle == offer.bundle, "\(name)")
        let announced = offer.media.filter { $0.mediaKind != nil && $0.direction.sends && $0.msid != nil }
        #expect(connection.takeEvents().tracks.map(\.mid) == announced.compactMap(\.mid), "\(name)")
    }

    @Test(
        "a recorded offer of the server is answered", arguments: SDPFixtures.names.filter { $0.hasSuffix("in-offer") })
    func offersOfTheFixtures(name: String) throws {
        try Self.check(SDPFixtures.text(name), name)
    }

    @Test(
        "every offer of the captures is answered",
        .enabled(if: SDPFixtures.hasCaptures, "the captures are not beside the package"))
    func offersOfTheCaptures() throws {
        var count = 0
        for record in try SDPFixtures.records(channels: ["signal"])
        where record.dir == "in" && record.note.hasPrefix("offer") {
            for text in SDPFixtures.descriptions(in: record.bytes) {
                count += 1
                try Self.check(text, record.note)
            }
        }
        #expect(count > 15)
    }

    @Test("the offers of one session follow each other on one connection, its tracks coming and going")
    func renegotiationOfTheServer() throws {
        var connection = try Self.connection()
        for name in ["muted-07-in-offer", "muted-11-in-offer"] {
            try connection.setRemoteOffer(SDPFixtures.text(name), at: Self.now)
            _ = try connection.createAnswer(at: Self.now)
        }
        let events = connection.takeEvents()
        let removed = events.count { if case .trackRemoved = $0 { true } else { false } }
        #expect(events.tracks.count >= 2)
        #expect(removed >= 1, "what was unpublished is taken back")
    }

    @Test("a track's codecs have the parameter sets that the other side describes, whatever is answered")
    func describedSets() throws {
        var connection = try Self.connection()
        let text = try SDPFixtures.text("v0-h264-07-in-offer")
        let parameters = "profile-level-id=42e01f"
        try #require(text.contains(parameters))
        let described = text.replacing(parameters, with: "sprop-parameter-sets=Z0LA,aM48;" + parameters)
        try connection.setRemoteOffer(described, at: Self.now)
        let codecs = connection.takeEvents().tracks.flatMap(\.codecs).filter { $0.isNamed("H264") }
        #expect(!codecs.isEmpty)
        #expect(codecs.allSatisfy { $0.parameters["sprop-parameter-sets"] == "Z0LA,aM48" })
    }

    @Test("the real answers of a single-connection session apply to an offer of the same sections")
    func answersOfTheServer() throws {
        var connection = try Self.connection()
        var offered = 0
        for name in ["v1-single-pc-02-in-answer", "v1-single-pc-04-in-answer"] {
            let answer = try SessionDescription(parsing: SDPFixtures.text(name))
            for section in answer.media[offered...] {
                if section.isDataChannel {
                    _ = try connection.openDataChannel(label: "_reliable", at: Self.now)
                } else if let kind = section.mediaKind {
                    _ = connection.addTransceiver(kind, direction: .recvonly)
                }
            }
            offered = answer.media.count
            let offer = try SessionDescription(parsing: connection.createOffer(at: Self.now))
            try #require(offer.media.map(\.kind) == answer.media.map(\.kind), "\(name)")
            try connection.setRemoteAnswer(SDPFixtures.text(name), at: Self.now)
        }
        #expect(connection.isDTLSClient != nil)
        #expect(connection.ice.remoteCredentials != nil)
        let sections = connection.transceivers.filter { $0.negotiated != nil }
        #expect(!sections.isEmpty)
        let tracks = connection.takeEvents().tracks
        #expect(!tracks.isEmpty, "the server's answer announces the candidate's tracks")
        #expect(tracks.allSatisfy { $0.trackID.hasPrefix("TR_") })
    }
}

extension PeerConnection {
    /// What it has had to say since it was asked last.
    fileprivate mutating func takeEvents() -> [Event] {
        var events: [Event] = []
        while let output = pollOutput() {
            if case .event(let event) = output { events.append(event) }
        }
        return events
    }
}

extension [PeerConnection.Event] {
    fileprivate var tracks: [RemoteTrack] {
        compactMap { if case .trackAdded(let track) = $0 { track } else { nil } }
    }
}
