import SansIO
import Testing

@testable import RTCCore

@Suite struct ReceiveRegisterTests {
    private func time(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    private func register() -> ReceiveRegister {
        ReceiveRegister(ssrc: 1, clockRate: 48_000, asksAgain: true, at: time(0))
    }

    private func header(_ number: UInt16) -> RTPHeader {
        RTPHeader(marker: false, payloadType: 111, sequenceNumber: number, timestamp: 0, ssrc: 1)
    }

    /// The list of missing packets was once fed before a jump was confirmed: it then held the odd number for the newest,
    /// and everything after it for old, until the numbers had caught up.
    @Test(arguments: [40_000, 8_000, 5] as [UInt16])
    func loneOddNumbersDoNotSilenceRequests(odd: UInt16) {
        var register = register()
        for number in 1_000..<1_010 as Range<UInt16> { _ = register.receive(header(number), at: time(0)) }
        #expect(register.receive(header(odd), at: time(1)) == .suspected)
        for number in [1_010, 1_011, 1_014, 1_016] as [UInt16] { _ = register.receive(header(number), at: time(2)) }
        #expect(register.missing?.takeRequests(at: time(12)) == [1_012, 1_013, 1_015])
        #expect(register.missing?.takeGivenUp() == 0)
        #expect(register.statistics.extendedHighestSequence == 1_016)
        #expect(register.statistics.packetsLost == 3)
    }

    @Test(arguments: [20_000, 45_000] as [UInt16])
    func aSourceThatBeganAnewIsAskedForItsNewPackets(start: UInt16) {
        var register = register()
        for number in 40_000...40_010 as ClosedRange<UInt16> { _ = register.receive(header(number), at: time(0)) }
        for number in [start, start + 1, start + 2, start + 5] { _ = register.receive(header(number), at: time(0)) }
        #expect(register.missing?.takeRequests(at: time(10)) == [start + 3, start + 4])
        #expect(register.statistics.packetsExpected == 6 && register.statistics.packetsLost == 2)
    }

    @Test func whatWasAskedForIsNoJumpHoweverLateItComes() {
        var register = register()
        _ = register.receive(header(1), at: time(0))
        _ = register.receive(header(4), at: time(0))
        #expect(register.missing?.takeRequests(at: time(10)) == [2, 3])
        for number in 5..<405 as Range<UInt16> { _ = register.receive(header(number), at: time(11)) }
        #expect(register.receive(header(2), at: time(12)) == .older(0x1_0002))
        #expect(register.receive(header(3), at: time(12)) == .older(0x1_0003))
        #expect(register.missing?.pendingCount == 0)
        // A second copy was not asked for, and is as odd as any number far behind.
        #expect(register.receive(header(3), at: time(12)) == .suspected)
    }

    @Test func aRetransmissionUnderAnotherSourceIsNotAskedForAgainAndStillCountsAsLost() {
        var register = register()
        #expect(register.receive(retransmitted: 2) == nil)
        _ = register.receive(header(1), at: time(0))
        _ = register.receive(header(3), at: time(0))
        #expect(register.receive(retransmitted: 2) == 0x1_0002)
        #expect(register.missing?.deadline == nil)
        #expect(register.statistics.packetsLost == 1)
    }

    @Test func aRetransmissionOfWhatWasNotYetSentHasNoPlace() {
        var register = register()
        for number in 1...3 as ClosedRange<UInt16> { _ = register.receive(header(number), at: time(0)) }
        for number in [4, 100, 30_000] as [UInt16] { #expect(register.receive(retransmitted: number) == nil) }
        #expect(register.receive(retransmitted: 3) == 0x1_0003)
    }
}
