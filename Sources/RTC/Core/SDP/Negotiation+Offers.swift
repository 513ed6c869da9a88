// What an offer lists (RFC 8829 §5.2).
extension Negotiation {
    /// The codecs of an offer: those of the last answer first and as they were agreed, then all others that are available.
    ///
    /// The others keep their payload types unless the agreed ones have taken those. Where no type is free, they are left
    /// out.
    /// - Parameters:
    ///   - available: what we support, in order of preference.
    ///   - agreed: what was agreed last for the section; empty in its first offer.
    static func offeredCodecs(available: [Codec], agreed: [Codec]) -> [Codec] {
        if agreed.isEmpty { return available }
        var offered = agreed
        /// Our own payload types to those that the offer has for the same codec.
        var types: [UInt8: UInt8] = [:]
        for codec in available where !codec.isRetransmission && !codec.isRedundancy {
            if let known = agreed.first(where: { isSame($0, codec) }) {
                types[codec.payloadType] = known.payloadType
            } else {
                types[codec.payloadType] = append(codec, to: &offered)
            }
        }
        for codec in available where codec.isRetransmission {
            guard let own = codec.associatedPayloadType, let type = types[own],
                !offered.contains(where: { $0.isRetransmission && $0.associatedPayloadType == type })
            else { continue }
            append(codec, parameters: "apt=\(type)", to: &offered)
        }
        for codec in available
        where codec.isRedundancy && !agreed.contains(where: { $0.isRedundancy && isSameFormat($0, codec) }) {
            let blocks = codec.redundantPayloadTypes.compactMap { types[$0] }
            guard blocks.count == codec.redundantPayloadTypes.count else { continue }
            append(codec, parameters: blocks.map(String.init).joined(separator: "/"), to: &offered)
        }
        return offered
    }

    /// The dynamic payload types, those first that nothing else may use (RFC 3551 §6, RFC 5761 §4).
    private static let dynamicTypes = Array(UInt8(96)...127) + Array(UInt8(35)...63)

    /// - Returns: the payload type it got; `nil` if there is none left.
    @discardableResult
    private static func append(_ codec: Codec, parameters: String? = nil, to offered: inout [Codec]) -> UInt8? {
        let taken = Set(offered.map(\.payloadType))
        guard let type = ([codec.payloadType] + dynamicTypes).first(where: { !taken.contains($0) }) else { return nil }
        var codec = codec
        codec.payloadType = type
        if let parameters { codec.parameters = FormatParameters(parameters) }
        offered.append(codec)
        return type
    }
}
