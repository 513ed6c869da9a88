import RTCCore

/// How a publisher's section tells its layers apart: by names in packets (RFC 8853) or by announced sources.
struct SimulcastLayout: Equatable {
    /// The names that LiveKit's clients give to layers, smallest first.
    private static let usualNames = ["q", "h", "f"]
    static let mostLayers = 3

    /// Smallest first.
    private let names: [String]
    private let sources: [UInt32]

    static let none = SimulcastLayout(names: [], sources: [])

    private init(names: [String], sources: [UInt32]) {
        self.names = names
        self.sources = sources
    }

    init(_ section: MediaDescription) {
        let offered = Array(section.sentStreamIDs.prefix(Self.mostLayers))
        let isUsual = offered.allSatisfy(Self.usualNames.contains)
        names = isUsual ? Self.usualNames.filter(offered.contains) : offered
        sources = Array((section.sourceGroups.first { $0.semantics == "SIM" }?.ssrcs ?? []).prefix(Self.mostLayers))
    }

    var isSimulcast: Bool { names.count > 1 || sources.count > 1 }

    /// - Parameter streamID: what the source said in its packets.
    func layer(ofSource ssrc: UInt32, streamID: String?) -> Int? {
        streamID.flatMap { names.firstIndex(of: $0) } ?? sources.firstIndex(of: ssrc)
    }
}
