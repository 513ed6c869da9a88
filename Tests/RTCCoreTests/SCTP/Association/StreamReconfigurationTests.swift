import Testing

@testable import RTCCore

@Suite struct StreamReconfigurationTests {
    private func reconfiguration() -> StreamReconfiguration {
        let peer = PeerParameters(
            InitChunk(
                initiateTag: 1, advertisedWindow: 1500, outboundStreams: .max, inboundStreams: .max,
                initialTSN: TSN(rawValue: 0),
                parameters: [.supportedExtensions([ChunkType.reconfiguration.rawValue])]))
        var reconfiguration = StreamReconfiguration()
        reconfiguration.start(localInitialTSN: TSN(rawValue: 0), peer: peer)
        return reconfiguration
    }

    /// Begins a request and has it performed.
    /// - Returns: the streams that it named.
    private func perform(
        _ reconfiguration: inout StreamReconfiguration, isDrained: (UInt16) -> Bool
    ) -> [UInt16] {
        reconfiguration.beginRequest(lastTSN: 0, isDrained: isDrained)
        guard let request = reconfiguration.current else { return [] }
        _ = reconfiguration.takeChunk(at: .zero, timeout: .seconds(1))
        let response = ReconfigurationResponse(responseSequence: request.latest, result: .performed)
        return reconfiguration.receive(response)?.streams ?? []
    }

    /// A peer that opens and closes channels on all its streams once had each of 256 requests look at all that waited.
    @Test func resettingEveryStreamLooksAtEachOfThemOnce() {
        var reconfiguration = reconfiguration()
        for _ in 0..<2 { for stream in 0..<65_535 as Range<UInt16> { reconfiguration.request(stream) } }
        var reset: [UInt16] = []
        var looks = 0
        while true {
            let streams = perform(&reconfiguration) { _ in
                looks += 1
                return true
            }
            if streams.isEmpty { break }
            #expect(streams.count <= 256)
            reset += streams
        }
        #expect(reset == Array(0..<65_535))
        #expect(looks == 65_535)
        #expect(!reconfiguration.isResetting(7) && !reconfiguration.hasWork)
    }

    @Test func streamsThatStillHaveDataHoldUpNoOthersAndAreNotAllLookedAtEachTime() {
        var reconfiguration = reconfiguration()
        for stream in 0..<10_000 as Range<UInt16> { reconfiguration.request(stream) }
        var looks = 0
        var reset: Set<UInt16> = []
        for _ in 0..<40 {
            reset.formUnion(
                perform(&reconfiguration) { stream in
                    looks += 1
                    return stream >= 9_000
                })
        }
        #expect(reset == Set(9_000..<10_000))
        #expect(looks <= 40 * 512)
        #expect(reconfiguration.isResetting(8_999) && !reconfiguration.isResetting(9_000))
        #expect(reconfiguration.hasWork)
        while case let streams = perform(&reconfiguration, isDrained: { _ in true }), !streams.isEmpty {
            reset.formUnion(streams)
        }
        #expect(reset.count == 10_000)
    }
}
