import Testing

@testable import RTCCore

@Suite struct SequenceNumberExtenderTests {
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
}
