import Testing

@testable import RTCCore

@Suite struct SequenceIndexerTests {
    @Test func indicesGrowAcrossTheWrapAndStepBackBehindIt() {
        var indexer = SequenceIndexer()
        #expect(indexer.place(65_533) == .newest(0x1_FFFD, missing: 0))
        #expect(indexer.place(65_535) == .newest(0x1_FFFF, missing: 1))
        #expect(indexer.place(1) == .newest(0x2_0001, missing: 1))
        #expect(indexer.place(65_534) == .older(0x1_FFFE))
        #expect(indexer.place(1) == .older(0x2_0001))
        #expect(indexer.highest == 0x2_0001)
        #expect(indexer.nearest(65_000) == 0x1_FDE8 && indexer.nearest(2) == 0x2_0002)
    }

    @Test func packetsReorderedBeforeTheFirstStayPositive() {
        var indexer = SequenceIndexer()
        #expect(indexer.place(3) == .newest(0x1_0003, missing: 0))
        #expect(indexer.place(65_535) == .older(0xFFFF))
    }

    @Test func theLimitsOfReorderingAndDropoutAreExact() {
        var indexer = SequenceIndexer()
        #expect(indexer.place(1000) == .newest(0x1_03E8, missing: 0))
        #expect(indexer.place(901) == .older(0x1_0385))
        #expect(indexer.place(900) == .suspected)
        #expect(indexer.place(3999) == .newest(0x1_0F9F, missing: 2998))
        #expect(indexer.place(6999) == .suspected)
    }

    @Test func aLoneOddNumberChangesNothing() {
        var indexer = SequenceIndexer()
        _ = indexer.place(100)
        #expect(indexer.place(40_000) == .suspected)
        #expect(indexer.place(101) == .newest(0x1_0065, missing: 0))
        // The packet between has shown that the source goes on where it was.
        #expect(indexer.place(40_001) == .suspected)
        #expect(indexer.highest == 0x1_0065)
    }

    @Test(
        arguments: [(100, 40_000), (40_000, 100), (65_535, 32_000), (200, 65_535), (30_000, 65_534)]
            as [(UInt16, UInt16)])
    func twoInARowBeginARunWhoseIndicesDoNotRepeat(before: UInt16, after: UInt16) throws {
        var indexer = SequenceIndexer()
        _ = indexer.place(before)
        let highest = try #require(indexer.highest)
        #expect(indexer.place(after) == .suspected)
        let place = indexer.place(after &+ 1)
        let index = try #require(place.index)
        #expect(place == .restarted(index))
        #expect(UInt16(truncatingIfNeeded: index) == after &+ 1)
        #expect(index - 1 - highest >= SequenceIndexer.runDistance)
        #expect(indexer.place(after &+ 2) == .newest(index + 1, missing: 0))
    }
}
