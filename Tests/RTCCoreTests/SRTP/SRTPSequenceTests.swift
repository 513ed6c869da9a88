import NIOCore
import RTCCore
import Testing

@Suite struct SRTPSequenceTests {
    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func aPacketIsOpenedOnce(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        let packets = try (0..<10).map { try pair.protected(rtp($0)) }
        for packet in packets { _ = try pair.opened(packet) }
        for packet in packets { #expect(throws: SRTPError.replay) { try pair.opened(packet) } }
        var control = rtcp()
        try pair.sender.protectRTCP(&control)
        var again = control
        try pair.receiver.unprotectRTCP(&control)
        #expect(throws: SRTPError.replay) { try pair.receiver.unprotectRTCP(&again) }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func theWindowReaches1023PacketsBack(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        let packets = try (0...2000).map { try pair.protected(rtp($0)) }
        _ = try pair.opened(packets[2000])
        #expect(try pair.opened(packets[2000 - 1023]) == rtp(2000 - 1023))
        #expect(throws: SRTPError.replay) { try pair.opened(packets[2000 - 1023]) }
        #expect(throws: SRTPError.replay) { try pair.opened(packets[2000 - 1024]) }
        #expect(throws: SRTPError.replay) { try pair.opened(packets[0]) }
        #expect(try pair.opened(packets[1999]) == rtp(1999))
        #expect(throws: SRTPError.replay) { try pair.opened(packets[1999]) }
        #expect(throws: SRTPError.replay) { try pair.opened(packets[2000]) }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func theWindowMovesOverLargeJumps(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        for sequence in [0, 5, 1029, 1028, 6, 5000, 4999, 3977, 30000, 60000] {
            #expect(try pair.opened(try pair.protected(rtp(sequence))) == rtp(sequence), "\(sequence)")
        }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func sendingASequenceNumberAgainIsRefused(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        _ = try pair.protected(rtp(7))
        #expect(throws: SRTPError.replay) { try pair.protected(rtp(7, payload: 41)) }
        #expect(try pair.opened(try pair.protected(rtp(8))) == rtp(8))
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func theCounterRollsOverWithLossAroundIt(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        for sequence in stride(from: 60000, to: 65536 * 2 + 5000, by: 1) {
            guard sequence % 97 == 0 || (65400...65700).contains(sequence) || (131_000...131_200).contains(sequence)
            else {
                continue
            }
            let packet = try pair.protected(rtp(sequence))
            // Everything around the first wrap is lost; the second is passed in order.
            if (65500...65600).contains(sequence) { continue }
            #expect(try pair.opened(packet) == rtp(sequence), "\(sequence)")
        }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func aPacketFromBeforeTheWrapMayComeAfterIt(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        let packets = try (65500..<65600).map { try pair.protected(rtp($0)) }
        for index in [0, 10, 60, 20, 99, 35, 36, 98, 34] {
            #expect(try pair.opened(packets[index]) == rtp(65500 + index), "\(65500 + index)")
        }
        #expect(throws: SRTPError.replay) { try pair.opened(packets[20]) }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func aSourceThatStartsNear65535AndLosesItsFirstPacketsIsOpened(kind: EngineKind, profile: SRTPProfile) throws {
        for lost in 0..<20 {
            let pair = try EnginePair(kind, profile)
            let packets = try (65530..<65570).map { try pair.protected(rtp($0)) }
            for index in lost..<40 {
                #expect(try pair.opened(packets[index]) == rtp(65530 + index), "\(lost) lost, \(index)")
            }
            if lost > 6 {
                #expect(try pair.opened(packets[5]) == rtp(65535), "\(lost) lost")
            }
        }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func forgeriesBeforeTheFirstGenuinePacketDoNotHurt(kind: EngineKind, profile: SRTPProfile) throws {
        for start in [100, 65530] {
            let pair = try EnginePair(kind, profile)
            let packets = try (start..<start + 20).map { try pair.protected(rtp($0)) }
            for sequence in [1, 40000, 3, 65535, 12] {
                var forged = rtp(sequence, payload: 60)
                #expect(throws: SRTPError.authentication) { try pair.receiver.unprotectRTP(&forged) }
            }
            for index in 10..<20 {
                #expect(try pair.opened(packets[index]) == rtp(start + index), "from \(start), \(index)")
            }
        }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func controlPacketsBeforeMediaLeaveTheCounterOpen(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        var control = rtcp()
        try pair.sender.protectRTCP(&control)
        try pair.receiver.unprotectRTCP(&control)
        let packets = try (65530..<65550).map { try pair.protected(rtp($0)) }
        for index in 10..<20 { #expect(try pair.opened(packets[index]) == rtp(65530 + index)) }
    }
}
