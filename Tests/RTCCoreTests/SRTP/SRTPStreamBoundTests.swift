import NIOCore
import RTCCore
import Testing

@Suite struct SRTPStreamBoundTests {
    private static func options(streams: Int, unverified: Int = 2) -> SRTPOptions {
        var options = SRTPOptions()
        options.maximumStreams = streams
        options.maximumUnverifiedStreams = unverified
        return options
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func sourcesCountForThemselves(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        for sequence in [65534, 65535, 65536, 65537] {
            for ssrc in UInt32(1)...20 {
                let plain = rtp(sequence &+ Int(ssrc), ssrc: ssrc)
                #expect(try pair.opened(try pair.protected(plain)) == plain)
            }
        }
    }

    @Test(arguments: EngineKind.allCases)
    func forgedSourcesDisplaceNoGenuineOne(kind: EngineKind) throws {
        let pair = try EnginePair(kind, .aeadAES256GCM, receiving: Self.options(streams: 4))
        let genuine = try (UInt32(1)...4).map { try pair.protected(rtp(1, ssrc: $0)) }
        for packet in genuine { _ = try pair.opened(packet) }
        for ssrc in UInt32(1000)..<1100 {
            var forged = rtp(1, ssrc: ssrc, payload: 60)
            #expect(throws: SRTPError.authentication) { try pair.receiver.unprotectRTP(&forged) }
        }
        // Their replay windows are still there.
        for packet in genuine { #expect(throws: SRTPError.replay) { try pair.opened(packet) } }
    }

    @Test(arguments: EngineKind.allCases)
    func aGenuineSourceDisplacesTheOneIdleLongest(kind: EngineKind) throws {
        let pair = try EnginePair(kind, .aeadAES256GCM, receiving: Self.options(streams: 3))
        let first = try (UInt32(1)...3).map { try pair.protected(rtp(1, ssrc: $0)) }
        for packet in first { _ = try pair.opened(packet) }
        _ = try pair.opened(try pair.protected(rtp(2, ssrc: 1)))
        _ = try pair.opened(try pair.protected(rtp(1, ssrc: 4)))
        // 2 was idle longest: its window is gone, the others' are not.
        #expect(throws: SRTPError.replay) { try pair.opened(first[0]) }
        #expect(throws: SRTPError.replay) { try pair.opened(first[2]) }
        #expect(try pair.opened(first[1]) == rtp(1, ssrc: 2))
    }

    @Test(arguments: EngineKind.allCases)
    func manySourcesOneAfterTheOtherAreOpened(kind: EngineKind) throws {
        let pair = try EnginePair(
            kind, .aeadAES128GCM, sending: Self.options(streams: 600), receiving: Self.options(streams: 4))
        for ssrc in UInt32(1)...500 {
            let plain = rtp(1, ssrc: ssrc)
            #expect(try pair.opened(try pair.protected(plain)) == plain)
        }
    }

    @Test(arguments: EngineKind.allCases)
    func aForgottenSendingSourceMakesRoomForAnother(kind: EngineKind) throws {
        let pair = try EnginePair(kind, .aeadAES256GCM, sending: Self.options(streams: 3))
        for ssrc in UInt32(1)...3 { _ = try pair.protected(rtp(1, ssrc: ssrc)) }
        pair.sender.forgetSending(2)
        pair.sender.forgetSending(77)
        #expect(try pair.opened(try pair.protected(rtp(1, ssrc: 4))) == rtp(1, ssrc: 4))
        #expect(throws: SRTPError.tooManyStreams) { try pair.protected(rtp(1, ssrc: 5)) }
        // The others are numbered on.
        #expect(try pair.opened(try pair.protected(rtp(2, ssrc: 3))) == rtp(2, ssrc: 3))
    }

    @Test(arguments: EngineKind.allCases)
    func sendingWithTooManySourcesIsRefused(kind: EngineKind) throws {
        let pair = try EnginePair(kind, .aeadAES256GCM, sending: Self.options(streams: 3))
        for ssrc in UInt32(1)...3 { _ = try pair.protected(rtp(1, ssrc: ssrc)) }
        #expect(throws: SRTPError.tooManyStreams) { try pair.protected(rtp(1, ssrc: 4)) }
        var control = rtcp(ssrc: 5)
        #expect(throws: SRTPError.tooManyStreams) { try pair.sender.protectRTCP(&control) }
        #expect(try pair.opened(try pair.protected(rtp(2, ssrc: 1))) == rtp(2, ssrc: 1))
    }
}
