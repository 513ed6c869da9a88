/// The regular reports of one side, as compound packets that each fit a datagram (RFC 3550 §6.1).
struct RTCPReport {
    /// The most reports, or chunks of a source description, in a packet: their count has five bits.
    private static let mostItems = 31

    private var senders: ArraySlice<SenderReport>
    private var blocks: ArraySlice<ReportBlock>
    private let ssrc: UInt32
    private let cname: String
    private let limit: Int

    /// - Parameters:
    ///   - senders: without blocks of their own.
    ///   - ssrc: who reports where there is no sender report, or more blocks than fit.
    ///   - limit: bytes of a compound packet.
    init(
        senders: [SenderReport], blocks: [ReportBlock], from ssrc: UInt32, cname: String,
        limit: Int = RTCPPacket.maximumPlainLength
    ) {
        self.senders = senders[...]
        self.blocks = blocks[...]
        self.ssrc = ssrc
        self.cname = cname
        self.limit = limit
    }

    /// As many compound packets as it takes, at least one: sender reports or, where none is left, a receiver report,
    /// with as many blocks as there is room for, and the canonical name of each reporter.
    var compounds: [[RTCPPacket]] {
        var rest = self
        var compounds: [[RTCPPacket]] = []
        repeat { compounds.append(rest.takeCompound()) } while !rest.senders.isEmpty || !rest.blocks.isEmpty
        return compounds
    }

    private mutating func takeCompound() -> [RTCPPacket] {
        let chunk = SourceDescription.Chunk(ssrc: ssrc, cname: cname).length
        var room = limit - SourceDescription.headerLength
        var reports: [SenderReport] = []
        while let sender = senders.first, reports.count < Self.mostItems,
            reports.isEmpty || room >= SenderReport.length + chunk
        {
            room -= SenderReport.length + chunk
            reports.append(sender)
            senders.removeFirst()
        }
        var packets: [RTCPPacket] = []
        if reports.isEmpty {
            room -= ReceiverReport.length + chunk
            packets = [
                .receiverReport(ReceiverReport(ssrc: ssrc, reports: takeBlocks(max(1, room / ReportBlock.length))))
            ]
        } else {
            reports[0].reports = takeBlocks(max(0, room / ReportBlock.length))
            packets = reports.map { .senderReport($0) }
        }
        let names = reports.isEmpty ? [ssrc] : reports.map(\.ssrc)
        packets.append(
            .sourceDescription(SourceDescription(chunks: names.map { SourceDescription.Chunk(ssrc: $0, cname: cname) }))
        )
        return packets
    }

    private mutating func takeBlocks(_ most: Int) -> [ReportBlock] {
        let taken = Array(blocks.prefix(min(most, Self.mostItems)))
        blocks.removeFirst(taken.count)
        return taken
    }
}
