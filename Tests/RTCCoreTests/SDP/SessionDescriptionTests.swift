import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct SessionDescriptionTests {
    private let head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"

    private func error(_ text: String) -> SDPParseError? {
        do throws(SDPParseError) {
            _ = try SessionDescription(parsing: text)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("", 1, SDPParseError.Reason.unsupportedVersion),
        ("v=1\n", 1, .unsupportedVersion),
        ("\n\nhello\n", 3, .notALine),
        ("v=0\ns=-\n", 2, .malformedOrigin),
        ("v=0\no=- 1 IN IP4 0.0.0.0\n", 2, .malformedOrigin),
        ("v=0\no=- -1 1 IN IP4 0.0.0.0\n", 2, .malformedOrigin),
        ("v=0\no=- 99999999999999999999 1 IN IP4 0.0.0.0\n", 2, .malformedOrigin),
    ])
    func aBrokenStartIsNamed(text: String, line: Int, reason: SDPParseError.Reason) {
        #expect(error(text) == SDPParseError(line: line, reason: reason))
    }

    @Test(arguments: [
        ("m=audio\n", SDPParseError.Reason.malformedMedia),
        ("m=audio 9 UDP/TLS/RTP/SAVPF\n", .malformedMedia),
        ("m=audio 70000 UDP/TLS/RTP/SAVPF 0\n", .malformedMedia),
        ("m=audio +9 UDP/TLS/RTP/SAVPF 0\n", .malformedMedia),
        ("m=audio 9/x UDP/TLS/RTP/SAVPF 0\n", .malformedMedia),
        ("A=x\n", .notALine),
        ("a\n", .notALine),
        ("a=b\u{0}c\n", .controlCharacter),
        ("a=b\rc\n", .controlCharacter),
        ("a=\n", .malformedAttribute("")),
        ("a=:x\n", .malformedAttribute("")),
        ("a=mid:\n", .malformedAttribute("mid")),
        ("a=mid:a b\n", .malformedAttribute("mid")),
        ("a=mid:\u{E9}\n", .malformedAttribute("mid")),
        ("a=setup:sideways\n", .malformedAttribute("setup")),
        ("a=fingerprint:sha-256\n", .malformedAttribute("fingerprint")),
        ("a=rtpmap:128 opus/48000\n", .malformedAttribute("rtpmap")),
        ("a=rtpmap:96 opus\n", .malformedAttribute("rtpmap")),
        ("a=rtpmap:96 opus/0\n", .malformedAttribute("rtpmap")),
        ("a=rtpmap:96 opus/48000/2/3\n", .malformedAttribute("rtpmap")),
        ("a=fmtp:x y\n", .malformedAttribute("fmtp")),
        ("a=fmtp:96\n", .malformedAttribute("fmtp")),
        ("a=rtcp-fb:96\n", .malformedAttribute("rtcp-fb")),
        ("a=extmap:0 urn:x\n", .malformedAttribute("extmap")),
        ("a=extmap:1/up urn:x\n", .malformedAttribute("extmap")),
        ("a=extmap:1\n", .malformedAttribute("extmap")),
        ("a=msid:a b c\n", .malformedAttribute("msid")),
        ("a=ssrc:4294967296 cname:x\n", .malformedAttribute("ssrc")),
        ("a=ssrc:1\n", .malformedAttribute("ssrc")),
        ("a=ssrc-group:FID 1 x\n", .malformedAttribute("ssrc-group")),
        ("a=sctp-port:65536\n", .malformedAttribute("sctp-port")),
        ("a=max-message-size:-1\n", .malformedAttribute("max-message-size")),
        ("a=group\n", .malformedAttribute("group")),
    ])
    func aBrokenLineIsNamedWithItsNumber(line: String, reason: SDPParseError.Reason) {
        #expect(error(head + line) == SDPParseError(line: 5, reason: reason))
    }

    @Test func aMidUsedTwiceIsAnError() {
        let section = "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:x\n"
        #expect(error(head + section + section) == SDPParseError(line: 8, reason: .duplicateMID("x")))
        #expect(error(head + section + "a=mid:x\n") == SDPParseError(line: 7, reason: .duplicateMID("x")))
    }

    @Test func sizeIsBounded() {
        #expect(error(String(repeating: "a", count: SessionDescription.maximumLength + 1))?.reason == .tooLong)
        let sections = String(repeating: "m=audio 9 X 0\n", count: SessionDescription.maximumSections + 1)
        #expect(error(head + sections) == SDPParseError(line: 5 + 512, reason: .tooManySections))
    }

    @Test func anErrorReadsAsASentence() {
        let error = SDPParseError(line: 7, reason: .malformedAttribute("rtpmap"))
        #expect("\(error)" == "SDP line 7: a=rtpmap is malformed")
    }

    @Test func whatIsNotKnownKeepsItsPlace() throws {
        let text =
            head + "a=x-session:1\r\nm=text 9/2 UDP/TLS/RTP/SAVPF 98 99\r\ni=caption\r\nc=IN IP6 ::1\r\nb=AS:64\r\n"
            + "a=x-first\r\na=simulcast:send h;l\r\na=rid:h send\r\na=rid:l send\r\na=x-last:a:b\r\n"
        let description = try SessionDescription(parsing: text)
        #expect(description.text == text)
        let section = try #require(description.media.first)
        #expect(section.kind == .other("text") && section.portCount == 2)
        #expect(section.restrictionIDs == ["h send", "l send"] && section.simulcast == "send h;l")
        #expect(section.attributes.last == SDPAttribute("x-last", "a:b"))
    }

    @Test func lineFeedsAloneEndLinesToo() throws {
        let crlf = try SDPFixtures.text("v0-vp8-07-in-offer")
        let lines = crlf.split(separator: "\r\n", omittingEmptySubsequences: true).joined(separator: "\n")
        #expect(try SessionDescription(parsing: lines) == SessionDescription(parsing: crlf))
    }

    @Test func theLastDirectionCountsAndTheSessionsIsTheDefault() throws {
        let text = head + "a=recvonly\nm=audio 9 X 0\na=sendonly\na=inactive\nm=audio 9 X 0\na=sendonly:x\n"
        let description = try SessionDescription(parsing: text)
        #expect(description.media.map { description.direction(of: $0) } == [.inactive, .recvonly])
    }

    @Test func aValueCannotAddALine() throws {
        let transport = LocalTransportDescription(
            ufrag: "u\r\na=ice-lite", password: "p", fingerprints: ["sha-256 AA"], setup: .actpass)
        let built = SessionDescription(
            sessionID: 1, version: 2, media: [.dataChannel(mid: "0", transport: transport, maximumMessageSize: 65536)])
        let read = try SessionDescription(parsing: built.text)
        #expect(!read.isICELite)
        #expect(read.media.first?.attributes.count == built.media.first?.attributes.count)
    }

    @Test func aBuiltOfferReadsBackEqual() throws {
        let track = LocalTrackDescription(
            msid: MediaStreamIdentification(streamID: "s", trackID: "t"), cname: "c", ssrc: 10, rtxSSRC: 11)
        let media = [
            MediaDescription.rtp(
                kind: .audio, mid: "0", direction: .sendonly, codecs: MediaCapabilities.audio.codecs,
                extensions: MediaCapabilities.audio.extensions, transport: AnswerCheck.transport, track: track),
            .rtp(
                kind: .video, mid: "1", direction: .recvonly, codecs: MediaCapabilities.video.codecs,
                extensions: MediaCapabilities.video.extensions, transport: AnswerCheck.transport, track: track),
            .dataChannel(mid: "2", transport: AnswerCheck.transport, maximumMessageSize: 65535),
        ]
        let offer = SessionDescription(sessionID: .max, version: 3, media: media)
        #expect(try SessionDescription(parsing: offer.text) == offer)
        #expect(offer.media[0].codecs == MediaCapabilities.audio.codecs)
        #expect(offer.media[1].codecs == MediaCapabilities.video.codecs)
        #expect(offer.media[0].candidates == ["1 1 udp 2130706431 127.0.0.1 4000 typ host"])
        #expect(offer.media[1].msid == nil && offer.media[1].sources.isEmpty)
        #expect(offer.media[0].msid == track.msid)
    }

    @Test func aCutDescriptionIsAnErrorOrADescription() throws {
        let bytes = Array(try SDPFixtures.text("muted-11-in-offer").utf8)
        var parsed = 0
        for length in 0..<bytes.count {
            let text = String(decoding: bytes[..<length], as: UTF8.self)
            guard let description = try? SessionDescription(parsing: text) else { continue }
            parsed += 1
            #expect(try SessionDescription(parsing: description.text) == description)
        }
        #expect(parsed > 100 && parsed < bytes.count)
    }

    @Test func garbageNeverTraps() throws {
        let seed: UInt64 = 0x5D9
        var random = RandomSource.seeded(seed)
        let bases = try SDPFixtures.names.prefix(5).map { Array(try SDPFixtures.text($0).utf8) }
        var parsed = 0
        for round in 0..<200 {
            var bytes = bases[round % bases.count]
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(UInt8(ascii: "9"), at: at)
                default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 40)], at: at)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let description = try? SessionDescription(parsing: text) else { continue }
            parsed += 1
            #expect(try SessionDescription(parsing: description.text) == description, "seed \(seed) round \(round)")
            for section in description.media {
                _ = (
                    section.sources, section.mediaSources, section.extensions, section.msid, section.maximumMessageSize
                )
                guard let kind = section.mediaKind else { continue }
                _ = Negotiation.answer(
                    to: section, capabilities: AnswerCheck.capabilities(kind), wanted: .sendrecv,
                    transport: AnswerCheck.transport)
            }
        }
        #expect(parsed > 10)
    }
}
