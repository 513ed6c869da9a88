import NIOCore
import RTCCore

/// How packets of a publisher's codec are put into what a subscriber has agreed to.
enum PayloadMapping: Equatable {
    case same(payloadType: UInt8)
    /// Redundant audio whose blocks have another payload type at the subscriber.
    case relabelledRED(payloadType: UInt8, from: UInt8, to: UInt8)
    /// Redundant audio for a subscriber that takes only the codec inside.
    case primaryOfRED(payloadType: UInt8)

    /// - Returns: `nil` if the two have nothing in common.
    init?(_ codec: Codec, to agreed: [Codec]) {
        if codec.isRedundancy {
            guard let inner = codec.redundantPayloadTypes.first else { return nil }
            if let red = agreed.first(where: { $0.isRedundancy }), let outer = red.redundantPayloadTypes.first {
                self =
                    inner == outer
                    ? .same(payloadType: red.payloadType)
                    : .relabelledRED(payloadType: red.payloadType, from: inner, to: outer)
            } else if let opus = agreed.first(where: { $0.isNamed("opus") }) {
                self = .primaryOfRED(payloadType: opus.payloadType)
            } else {
                return nil
            }
        } else if let found = agreed.first(where: { Self.fits(codec, $0) }) {
            self = .same(payloadType: found.payloadType)
        } else {
            return nil
        }
    }

    private static func fits(_ left: Codec, _ right: Codec) -> Bool {
        guard left.isNamed(right.name), left.clockRate == right.clockRate else { return false }
        if left.isNamed("H264") {
            return left.parameters["packetization-mode"] ?? "0" == right.parameters["packetization-mode"] ?? "0"
        }
        return left.isNamed("VP9")
            ? left.parameters["profile-id"] ?? "0" == right.parameters["profile-id"] ?? "0" : true
    }

    var payloadType: UInt8 {
        switch self {
        case .same(let type), .relabelledRED(let type, _, _), .primaryOfRED(let type): type
        }
    }

    /// - Returns: `nil` if the payload is not what its payload type says.
    func apply(to payload: ByteBuffer) -> ByteBuffer? {
        switch self {
        case .same: return payload
        case .relabelledRED(_, let from, let to): return Self.relabel(payload, from: from, to: to)
        case .primaryOfRED: return Self.primary(of: payload)
        }
    }

    /// Changes the payload type in each block header (RFC 2198 §3).
    private static func relabel(_ payload: ByteBuffer, from: UInt8, to: UInt8) -> ByteBuffer? {
        var payload = payload
        var index = payload.readerIndex
        while let header: UInt8 = payload.getInteger(at: index) {
            if header & 0x7F == from { payload.setInteger(header & 0x80 | to, at: index) }
            if header & 0x80 == 0 { return payload }
            index += 4
        }
        return nil
    }

    /// The last block, which is the newest.
    private static func primary(of payload: ByteBuffer) -> ByteBuffer? {
        var payload = payload
        var redundant = 0
        while let header: UInt8 = payload.readInteger() {
            if header & 0x80 == 0 {
                guard payload.readSlice(length: redundant) != nil else { return nil }
                return payload.slice()
            }
            // 14 bits of timestamp offset, then 10 of length.
            guard let offset: UInt16 = payload.readInteger(), let low: UInt8 = payload.readInteger() else {
                return nil
            }
            redundant += Int(offset & 0x03) << 8 | Int(low)
        }
        return nil
    }
}
