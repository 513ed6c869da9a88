import NIOCore

/// Finds the media section that a packet belongs to, in a bundle (RFC 9143 §9.2).
///
/// Sources announced in descriptions come first, since LiveKit's server names them and writes no `mid` into packets. An
/// unknown source is bound by the `mid` in its header extension, which browsers and native clients write, else by its
/// payload type where only one section can be meant. What is learned is bounded.
public struct SSRCRouter: Sendable {
    /// Where a packet goes.
    public struct Route: Hashable, Sendable {
        /// The `index` of the section.
        public var section: Int
        /// The media source; for a retransmission the one that it repairs.
        public var ssrc: UInt32
        /// Whether the packet is a retransmission (RFC 4588).
        public var isRetransmission: Bool
        /// The simulcast layer, where the sender names it in packets.
        public var layer: String?
    }

    /// What a section announces about what it will receive.
    public struct Section: Sendable {
        /// What routes name the section by: a small number that its owner chose.
        public let index: Int
        /// The bytes of its `mid`, as packets carry them.
        let mid: [UInt8]
        /// Whether packets are expected in it at all.
        public var receives: Bool
        /// Announced media sources, each with its retransmission source.
        public var sources: [(ssrc: UInt32, rtxSSRC: UInt32?)]
        /// Payload types of media and redundancy.
        public var payloadTypes: [UInt8]
        /// Payload types of retransmissions.
        public var retransmissionTypes: [UInt8]
        /// Ids of the header extensions, where negotiated.
        public var midExtension: UInt8?
        public var streamIDExtension: UInt8?
        public var repairedStreamIDExtension: UInt8?

        /// - Parameters:
        ///   - index: 0 or more, and small: sections are kept in a row.
        ///   - remote: the remote side's section, for its sources.
        ///   - agreed: what was negotiated for it; `nil` where it is rejected.
        public init(index: Int, mid: String, remote: MediaDescription, agreed: NegotiatedMedia?) {
            self.index = index
            self.mid = Array(mid.utf8)
            receives = agreed?.direction.receives ?? false
            sources = remote.mediaSources
            let codecs = agreed?.codecs ?? []
            payloadTypes = codecs.filter { !$0.isRetransmission }.map(\.payloadType)
            retransmissionTypes = codecs.filter(\.isRetransmission).map(\.payloadType)
            let id = { (uri: String) in agreed?.extensions.first { $0.uri == uri }?.id }
            midExtension = id(HeaderExtension.midURI)
            streamIDExtension = id(HeaderExtension.streamIDURI)
            repairedStreamIDExtension = id(HeaderExtension.repairedStreamIDURI)
        }
    }

    /// The most sources that are bound without being announced.
    public static let maximumLearned = 64
    /// The most announced sources a section.
    public static let maximumAnnounced = 64

    /// In the order of their indices.
    private var sections: [Section?] = []
    private var routes: [UInt32: Route] = [:]
    /// Sources bound by packets, oldest first.
    private var learned: [UInt32] = []
    private var midExtension: UInt8?
    /// Grows whenever a route may have changed: a route found under the same version still holds for packets that do
    /// not name another section.
    public private(set) var version: UInt64 = 0

    public init() {}

    /// Takes a section as the newest pair of descriptions has it. Sources that it no longer announces lead nowhere, and
    /// what was learned for it is forgotten where its announced sources changed.
    public mutating func update(_ section: Section) {
        guard (0..<SessionDescription.maximumSections).contains(section.index) else { return }
        version &+= 1
        while sections.count <= section.index { sections.append(nil) }
        let before = sections[section.index]
        sections[section.index] = section
        let isSame =
            before.map { old in
                old.receives == section.receives && old.sources.elementsEqual(section.sources, by: ==)
            } ?? false
        if !isSame || !section.receives {
            forget(section.index)
            if section.receives { announce(section) }
        }
        midExtension = sections.lazy.compactMap { $0?.midExtension }.min()
    }

    /// Forgets a section and all sources that lead there.
    public mutating func remove(section index: Int) {
        guard sections.indices.contains(index), sections[index] != nil else { return }
        version &+= 1
        sections[index] = nil
        forget(index)
        midExtension = sections.lazy.compactMap { $0?.midExtension }.min()
    }

    /// Forgets what was learned of a source that said goodbye. An announced one may come back.
    public mutating func sourceEnded(_ ssrc: UInt32) {
        guard let index = learned.firstIndex(of: ssrc) else { return }
        learned.remove(at: index)
        routes[ssrc] = nil
        version &+= 1
    }

    /// The number of sources that are bound without being announced.
    public var learnedCount: Int { learned.count }

    /// The announced or learned route of a source.
    public func route(ssrc: UInt32) -> Route? { routes[ssrc] }

    /// Whether a packet names no section other than that of the route that is known of its source.
    public func confirms(_ packet: borrowing RTPPacket, section: Int) -> Bool {
        confirms(packet.header, in: packet.contents, section: section)
    }

    /// - Parameter contents: the packet that the header was parsed from.
    @inline(__always)
    func confirms(_ header: RTPHeader, in contents: borrowing ByteBuffer, section: Int) -> Bool {
        guard header.hasExtension, let midExtension else { return true }
        let mid = sections[section]?.mid ?? []
        return RTPPacket.isExtension(midExtension, equalTo: mid, in: contents, header) ?? true
    }

    /// The route of a packet; an unknown source is bound if that can be done without guessing.
    public mutating func route(_ packet: borrowing RTPPacket) -> Route? {
        if let known = routes[packet.header.ssrc], confirms(packet, section: known.section) { return known }
        guard packet.header.hasExtension, let midExtension, let mid = packet.bytes(extension: midExtension) else {
            return learn(packet)
        }
        // The packet names its section, whatever we thought: the packet is right (RFC 9143 §9.2).
        let named = sections.firstIndex { $0?.mid == mid }.flatMap { sections[$0] }
        guard let named, named.receives, let route = route(packet, in: named) else { return nil }
        bind(packet.header.ssrc, to: route)
        return route
    }

    // MARK: - Learning

    private mutating func learn(_ packet: borrowing RTPPacket) -> Route? {
        let type = packet.header.payloadType
        var candidates = sections.compactMap { $0 }.filter { section in
            section.receives && (section.payloadTypes.contains(type) || section.retransmissionTypes.contains(type))
        }
        if candidates.count > 1 {
            // A section that already has its source is not waiting for another.
            let taken = Set(routes.values.lazy.map(\.section))
            let isRepair = candidates.allSatisfy { $0.retransmissionTypes.contains(type) }
            candidates.removeAll { taken.contains($0.index) != isRepair }
        }
        guard candidates.count == 1, let section = candidates.first, let route = route(packet, in: section) else {
            return nil
        }
        bind(packet.header.ssrc, to: route)
        return route
    }

    /// The route of a packet known to be in `section`; `nil` for a retransmission whose media source is not known.
    private func route(_ packet: borrowing RTPPacket, in section: Section) -> Route? {
        let ssrc = packet.header.ssrc
        if section.retransmissionTypes.contains(packet.header.payloadType) {
            let layer = packet.text(extension: section.repairedStreamIDExtension)
            let media = routes.filter { _, route in
                route.section == section.index && !route.isRetransmission && (layer == nil || route.layer == layer)
            }
            guard media.count == 1, let ssrc = media.first?.key else { return nil }
            return Route(section: section.index, ssrc: ssrc, isRetransmission: true, layer: layer)
        }
        guard section.payloadTypes.contains(packet.header.payloadType) else { return nil }
        let layer = packet.text(extension: section.streamIDExtension)
        return Route(section: section.index, ssrc: ssrc, isRetransmission: false, layer: layer)
    }

    private mutating func bind(_ ssrc: UInt32, to route: Route) {
        version &+= 1
        if routes.updateValue(route, forKey: ssrc) == nil || !learned.contains(ssrc) {
            learned.append(ssrc)
        }
        if learned.count > Self.maximumLearned { routes[learned.removeFirst()] = nil }
    }

    private mutating func announce(_ section: Section) {
        for source in section.sources.prefix(Self.maximumAnnounced) {
            set(source.ssrc, Route(section: section.index, ssrc: source.ssrc, isRetransmission: false, layer: nil))
            if let rtx = source.rtxSSRC {
                set(rtx, Route(section: section.index, ssrc: source.ssrc, isRetransmission: true, layer: nil))
            }
        }
    }

    /// An announcement overrides what was learned, but not what another section announced before.
    private mutating func set(_ ssrc: UInt32, _ route: Route) {
        if let index = learned.firstIndex(of: ssrc) {
            learned.remove(at: index)
        } else if routes[ssrc] != nil {
            return
        }
        routes[ssrc] = route
    }

    private mutating func forget(_ section: Int) {
        routes = routes.filter { $0.value.section != section }
        learned.removeAll { routes[$0] == nil }
    }
}
