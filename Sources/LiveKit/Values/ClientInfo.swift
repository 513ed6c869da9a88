/// What a client says of itself. Servers treat clients by it.
public struct ClientInfo: Sendable, Hashable {
    /// The SDKs that servers know.
    public enum SDK: String, Sendable, Hashable, CaseIterable {
        case js, swift, android, flutter, go, unity, reactNative, rust, python, cpp, unityWeb, node, unreal, esp32
    }

    public enum Capability: Sendable, Hashable, CaseIterable {
        /// Data of its own behind the media in a packet.
        case packetTrailer
        /// Data streams that are deflated.
        case deflatedStreams
    }

    /// `nil`: none of those; `otherSDKs` names it.
    public var sdk: SDK?
    public var otherSDKs = ""
    public var version = ""
    public var os = ""
    /// The protocol level of signalling.
    public var protocolLevel = 0
    /// The protocol level of what clients send each other; 2: data streams of version 2.
    public var clientProtocolLevel = 0
    public var capabilities: [Capability] = []

    public init() {}
}

extension ClientInfo {
    package var message: Livekit_ClientInfo {
        .with {
            $0.sdk = sdk?.message ?? .unknown
            $0.otherSdks = otherSDKs
            $0.version = version
            $0.os = os
            $0.protocol = Int32(clamping: protocolLevel)
            $0.clientProtocol = Int32(clamping: clientProtocolLevel)
            $0.capabilities = capabilities.map(\.message)
        }
    }
}

extension ClientInfo.SDK {
    package var message: Livekit_ClientInfo.SDK {
        switch self {
        case .js: .js
        case .swift: .swift
        case .android: .android
        case .flutter: .flutter
        case .go: .go
        case .unity: .unity
        case .reactNative: .reactNative
        case .rust: .rust
        case .python: .python
        case .cpp: .cpp
        case .unityWeb: .unityWeb
        case .node: .node
        case .unreal: .unreal
        case .esp32: .esp32
        }
    }
}

extension ClientInfo.Capability {
    package var message: Livekit_ClientInfo.Capability {
        switch self {
        case .packetTrailer: .capPacketTrailer
        case .deflatedStreams: .capCompressionDeflateRaw
        }
    }
}
