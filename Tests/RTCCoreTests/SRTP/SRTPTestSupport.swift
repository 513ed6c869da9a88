import Foundation
import NIOCore
import RTCCore

/// The engines that the one conformance suite is run on.
enum EngineKind: CaseIterable, Sendable {
    case libsrtp, openssl

    func make(
        _ profile: SRTPProfile, _ key: SRTPKeyingMaterial.MasterKey, options: SRTPOptions = .init()
    ) throws -> any SRTPEngine {
        switch self {
        case .libsrtp:
            try LibSRTPEngine(profile: profile, masterKey: key.key, masterSalt: key.salt, options: options)
        case .openssl:
            try OpenSSLSRTPEngine(profile: profile, masterKey: key.key, masterSalt: key.salt, options: options)
        }
    }
}

/// A sending and a receiving end with the same key.
struct EnginePair {
    let sender: any SRTPEngine
    let receiver: any SRTPEngine

    init(_ kind: EngineKind, _ profile: SRTPProfile, sending: SRTPOptions = .init(), receiving: SRTPOptions = .init())
        throws
    {
        let key = testKey(profile)
        sender = try kind.make(profile, key, options: sending)
        receiver = try kind.make(profile, key, options: receiving)
    }

    func protected(_ packet: ByteBuffer) throws -> ByteBuffer {
        var packet = packet
        try sender.protectRTP(&packet)
        return packet
    }

    func opened(_ packet: ByteBuffer) throws -> ByteBuffer {
        var packet = packet
        try receiver.unprotectRTP(&packet)
        return packet
    }
}

func testKey(_ profile: SRTPProfile, seed: UInt8 = 1) -> SRTPKeyingMaterial.MasterKey {
    SRTPKeyingMaterial.MasterKey(
        key: (0..<profile.keyLength).map { UInt8(truncatingIfNeeded: $0 &* 7) &+ seed },
        salt: (0..<profile.saltLength).map { UInt8(truncatingIfNeeded: $0 &* 13) &+ seed })
}

/// An RTP packet with a plain header. `sequence` may run over 65535.
func rtp(_ sequence: Int, ssrc: UInt32 = 0x1234_5678, payload: Int = 40) -> ByteBuffer {
    var packet = ByteBuffer()
    packet.writeInteger(UInt16(0x806F))
    packet.writeInteger(UInt16(truncatingIfNeeded: sequence))
    packet.writeInteger(UInt32(truncatingIfNeeded: sequence &* 960))
    packet.writeInteger(ssrc)
    for index in 0..<payload { packet.writeInteger(UInt8(truncatingIfNeeded: index &+ sequence)) }
    return packet
}

/// A receiver report without blocks.
func rtcp(ssrc: UInt32 = 0x1234_5678) -> ByteBuffer {
    var packet = ByteBuffer()
    packet.writeInteger(UInt32(0x80C9_0001))
    packet.writeInteger(ssrc)
    return packet
}

/// One line of recorded or foreign SRTP.
struct SRTPRecord: Decodable, Sendable {
    var kind: String
    var from: String
    var profile: UInt16?
    var exported: Data?
    var by: String?
    var protected: Data?
    var plain: Data?

    private enum CodingKeys: String, CodingKey {
        case kind, from, profile, exported, by, protected, plain
    }

    /// The project's own fixture.
    static func fixture() throws -> [SRTPRecord] {
        try lines(packageRoot.appending(path: "Tests/Fixtures/srtp.jsonl"))
    }

    static func lines<Line: Decodable>(_ url: URL) throws -> [Line] {
        try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
    }

    static var packageRoot: URL {
        (0..<4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    }

    static var captures: URL { packageRoot.deletingLastPathComponent().appending(path: "shared/captures") }
}
