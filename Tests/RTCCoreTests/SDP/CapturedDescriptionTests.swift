import Testing

@testable import RTCCore

@Suite struct CapturedDescriptionTests {
    @Test(arguments: SDPFixtures.names)
    func aRecordedDescriptionIsWrittenAgainAsItWas(name: String) throws {
        let text = try SDPFixtures.text(name)
        let description = try SessionDescription(parsing: text)
        #expect(description.text == text)
        #expect(try SessionDescription(parsing: description.text) == description)
    }

    @Test(.enabled(if: SDPFixtures.hasCaptures, "the captures are not beside the package"))
    func everyDescriptionOfTheCapturesIsWrittenAgainAsItWas() throws {
        var count = 0
        for record in try SDPFixtures.records(channels: ["signal"]) {
            for text in SDPFixtures.descriptions(in: record.bytes) {
                count += 1
                let description = try SessionDescription(parsing: text)
                #expect(description.text == text, "\(record.note)")
            }
        }
        #expect(count > 100)
    }

    @Test(.enabled(if: SDPFixtures.hasCaptures, "the captures are not beside the package"))
    func everyOfferOfTheServerIsAnswered() throws {
        var media = 0
        for record in try SDPFixtures.records(channels: ["signal"])
        where record.dir == "in" && record.note.hasPrefix("offer") {
            for text in SDPFixtures.descriptions(in: record.bytes) {
                let offer = try SessionDescription(parsing: text)
                let answer = try AnswerCheck.answer(offer)
                media += answer.media.count { $0.mediaKind != nil && !$0.isRejected }
            }
        }
        #expect(media > 30)
    }

    @Test func theServersOfferShowsItsTracks() throws {
        let offer = try SessionDescription(parsing: SDPFixtures.text("v0-vp8-07-in-offer"))
        #expect(offer.bundle == ["0", "1", "2"])
        #expect(!offer.isICELite)
        #expect(offer.msidSemantic == "WMS *")
        #expect(offer.media.map(\.kind) == [.application, .audio, .video])
        #expect(offer.media[0].isDataChannel)
        #expect(offer.media[0].sctpPort == 5000)
        #expect(offer.media[0].maximumMessageSize == 65535)
        #expect(offer.media[0].candidates.count == 2)
        #expect(offer.media[0].hasEndOfCandidates)
        #expect(!offer.media[1].hasEndOfCandidates)

        let audio = offer.media[1]
        let session = "PA_A4qstQiRN4ML|TR_AMJA4rjeYvZwDw"
        #expect(audio.msid == MediaStreamIdentification(streamID: session, trackID: "TR_AMJA4rjeYvZwDw"))
        #expect(audio.sources.map(\.ssrc) == [1_471_156_441])
        #expect(audio.sources.first?.cname == session)
        #expect(audio.direction == .sendrecv)
        #expect(audio.hasRTCPMux && audio.hasReducedSizeRTCP)
        #expect(audio.codecs.map(\.name) == ["opus", "red", "PCMU", "PCMA"])
        #expect(audio.codecs[0].channels == 2 && audio.codecs[0].clockRate == 48000)
        #expect(audio.codecs[0].parameters["useinbandfec"] == "1")
        #expect(audio.codecs[1].redundantPayloadTypes == [111, 111])

        let video = offer.media[2]
        #expect(video.mediaSources.map(\.ssrc) == [1_274_201_679])
        #expect(video.mediaSources.first?.rtxSSRC == 3_137_449_787)
        #expect(video.extensions.map(\.id) == [1, 2, 3])
        #expect(video.codecs.count == 14)
        #expect(video.codecs[0].feedback == ["ccm fir", "nack", "nack pli", "goog-remb"])
        #expect(video.codecs[1].associatedPayloadType == 96)

        for section in offer.media {
            let credentials = offer.iceCredentials(of: section)
            #expect(credentials?.ufrag == "IwJSEnflpHjNVFwJ")
            #expect(credentials?.password == "BBYqgmXhdlXfWBeFhEnfCDovjeioUCjs")
            #expect(offer.fingerprints(of: section).count == 1)
            #expect(offer.setup(of: section) == .actpass)
        }
    }

    @Test func anUnpublishedTracksSectionHasNoSource() throws {
        let before = try SessionDescription(parsing: SDPFixtures.text("muted-07-in-offer"))
        let after = try SessionDescription(parsing: SDPFixtures.text("muted-11-in-offer"))
        let gone = after.media.filter { $0.direction == .recvonly }
        #expect(before.media.allSatisfy { $0.direction == .sendrecv || $0.direction == .recvonly })
        #expect(!gone.isEmpty)
        #expect(gone.allSatisfy { $0.msid == nil && $0.sources.isEmpty })
    }

    @Test func aSectionsOwnFingerprintsGoBeforeTheSessions() throws {
        let answer = try SessionDescription(parsing: SDPFixtures.text("v0-vp8-08-out-answer"))
        let prints = answer.fingerprints(of: answer.media[1])
        #expect(prints.map { $0.prefix(7) } == ["sha-256", "sha-384", "sha-512"])
        #expect(answer.setup(of: answer.media[1]) == .active)
        #expect(answer.media[1].port == 50455)
    }

    @Test func aNativeClientsOfferIsUnderstood() throws {
        let offer = try SessionDescription(parsing: SDPFixtures.text("libwebrtc-01-out-offer"))
        #expect(offer.allowsMixedExtensions)
        #expect(offer.media.count == 7)
        let audio = try #require(offer.section(mid: "7"))
        #expect(
            audio.codecs.map(\.name) == [
                "opus", "red", "G722", "PCMU", "PCMA", "CN", "telephone-event", "telephone-event",
            ])
        #expect(audio.extensions.first { $0.uri == HeaderExtension.midURI }?.id == 4)
        let video = try #require(offer.section(mid: "10"))
        #expect(video.codecs.contains { $0.isNamed("red") && $0.clockRate == 90000 })
        #expect(offer.media.last?.attributes.contains { $0.name == "sctp-init" } == true)
    }
}
