import Testing

@testable import RTCCore

@Suite struct SequenceNumberTests {
    @Test func orderGoesAroundTheCircle() {
        #expect(SequenceNumber(0).isAfter(SequenceNumber(65535)))
        #expect(!SequenceNumber(65535).isAfter(SequenceNumber(0)))
        #expect(!SequenceNumber(5).isAfter(SequenceNumber(5)))
        #expect(SequenceNumber(65535).distance(to: SequenceNumber(2)) == 3)
        #expect(SequenceNumber(2).distance(to: SequenceNumber(65535)) == -3)
        #expect(SequenceNumber(65535).next == SequenceNumber(0))
    }

    @Test func extendedNumbersGrowAcrossTheWrapAndStepBackBehindIt() {
        var extender = SequenceNumberExtender()
        #expect(extender.extend(3) == 0x1_0003)
        #expect(extender.extend(65535) == 0xFFFF)
        #expect(extender.highest == 0x1_0003)
        #expect(extender.extend(32770) == 0x1_8002)
        #expect(extender.extend(65535) == 0x1_FFFF)
        #expect(extender.extend(1) == 0x2_0001)
        #expect(extender.extend(65534) == 0x1_FFFE)
    }

    @Test func extendedTimestampsFollowTheNearestWay() {
        var extender = TimestampExtender()
        let first = extender.extend(.max - 9)
        #expect(extender.extend(10) == first + 20)
        #expect(extender.extend(.max - 9) == first)
    }
}
