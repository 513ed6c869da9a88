import NIOCore

/// What a connection attempt is for.
package enum SignalIntent: Hashable, Sendable {
    /// A new session.
    case join
    /// The same session over a new socket.
    case resume(participantSID: String, reason: ReconnectReason)
}

/// Builds the path and query of a signalling connection.
struct SignalTarget {
    var options: SignalOptions
    var publisherOffer: Livekit_SessionDescription?

    func path(_ version: SignalVersion, _ intent: SignalIntent) -> String {
        switch version {
        case .v1: "/rtc/v1?join_request=" + Self.escaped(wrappedJoinRequest(intent))
        case .v0: "/rtc?" + query(intent).map { "\($0.0)=\(Self.escaped($0.1))" }.joined(separator: "&")
        }
    }

    private func wrappedJoinRequest(_ intent: SignalIntent) -> String {
        let request = joinRequest(intent).encoded()
        var wrapped = Livekit_WrappedJoinRequest()
        wrapped.joinRequest = .init(request.readableBytesView)
        if options.compressesJoinRequest, let packed = Deflate.deflate(request, format: .gzip),
            packed.readableBytes < request.readableBytes
        {
            wrapped.compression = .gzip
            wrapped.joinRequest = .init(packed.readableBytesView)
        }
        return Base64URL.encode(wrapped.encoded().readableBytesView, padded: true)
    }

    private func joinRequest(_ intent: SignalIntent) -> Livekit_JoinRequest {
        var request = Livekit_JoinRequest()
        request.clientInfo = options.clientInfo.message
        request.connectionSettings.autoSubscribe = options.autoSubscribe
        request.connectionSettings.adaptiveStream = options.adaptiveStream
        request.connectionSettings.subscriberAllowPause = options.subscriberAllowPause
        request.connectionSettings.disableIceLite = options.disableICELite
        request.participantAttributes = options.attributes.plain
        switch intent {
        case .join:
            if let publisherOffer { request.publisherOffer = publisherOffer }
        case .resume(let sid, let reason):
            request.reconnect = true
            request.participantSid = sid
            request.reconnectReason = reason.message
        }
        return request
    }

    private func query(_ intent: SignalIntent) -> [(String, String)] {
        let info = options.clientInfo
        var items = [
            ("protocol", String(info.protocolLevel)), ("client_protocol", String(info.clientProtocolLevel)),
            // Names the server does not know count as unknown.
            ("sdk", info.sdk?.rawValue.lowercased() ?? info.otherSDKs), ("version", info.version), ("os", info.os),
            ("auto_subscribe", options.autoSubscribe ? "1" : "0"),
        ]
        let capabilities = info.capabilities.map(Self.name(of:))
        if !capabilities.isEmpty { items.append(("capabilities", capabilities.joined(separator: ","))) }
        if options.adaptiveStream { items.append(("adaptive_stream", "1")) }
        if options.subscriberAllowPause { items.append(("subscriber_allow_pause", "1")) }
        if options.disableICELite { items.append(("disable_ice_lite", "1")) }
        if !options.attributes.isEmpty, let attributes = JSONText.object(options.attributes) {
            items.append(("attributes", Base64URL.encode(attributes, padded: true)))
        }
        if case .resume(let sid, let reason) = intent {
            items += [("reconnect", "1"), ("sid", sid), ("reconnect_reason", String(reason.rawValue))]
        }
        return items
    }

    private static func name(of capability: ClientInfo.Capability) -> String {
        switch capability {
        case .packetTrailer: "CAP_PACKET_TRAILER"
        case .deflatedStreams: "CAP_COMPRESSION_DEFLATE_RAW"
        }
    }

    /// Percent-encodes all but the unreserved characters (RFC 3986 §2.3).
    static func escaped(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var output: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                output.append(byte)
            default:
                output += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
