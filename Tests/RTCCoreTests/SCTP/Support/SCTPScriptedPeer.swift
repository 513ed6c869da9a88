import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

/// An established association whose peer is the test: packets are written and read by hand.
struct SCTPScriptedPeer {
    static let tag: UInt32 = 0xCAFE_F00D
    static let firstTSN: UInt32 = 1000
    var association: SCTPAssociation
    var now = Instant(nanoseconds: 1_000_000_000)
    var events: [SCTPEvent] = []
    /// The association's own tag and first TSN.
    var peerTag: UInt32 = 0
    var peerTSN: UInt32 = 0

    /// Completes a handshake with the association as its active side.
    init(
        _ options: SCTPOptions = SCTPOptions(), window: UInt32 = 1 << 20,
        supports: [ChunkType] = [.forwardTSN, .reconfiguration]
    ) {
        association = SCTPAssociation(options: options, random: .seeded(11))
        association.connect(at: now)
        guard case .initiation(let initiation)? = poll().first?.chunks.first else {
            Issue.record("no INIT")
            return
        }
        peerTag = initiation.initiateTag
        peerTSN = initiation.initialTSN.rawValue
        let ack = InitChunk(
            initiateTag: Self.tag, advertisedWindow: window, outboundStreams: 100, inboundStreams: 100,
            initialTSN: TSN(rawValue: Self.firstTSN),
            parameters: [.stateCookie(ByteBuffer(string: "cookie")), .supportedExtensions(supports.map(\.rawValue))])
        inject(.initiationAck(ack))
        #expect(poll().first?.chunks.first == .cookieEcho(CookieEchoChunk(cookie: ByteBuffer(string: "cookie"))))
        inject(.cookieAck)
        _ = poll()
        #expect(association.state == .established)
    }

    mutating func inject(_ chunks: Chunk..., tag: UInt32? = nil) {
        let header = CommonHeader(sourcePort: 5000, destinationPort: 5000, verificationTag: tag ?? peerTag)
        association.receive(SCTPPacket(header: header, chunks: chunks).serialized(), at: now)
    }

    /// Everything the association has to send now.
    mutating func poll() -> [SCTPPacket] {
        var packets: [SCTPPacket] = []
        while let output = association.pollOutput() {
            switch output {
            case .transmit(let bytes):
                #expect(bytes.readableBytes <= 1191)
                if let packet = try? SCTPPacket(parsing: bytes) {
                    packets.append(packet)
                } else {
                    Issue.record("unreadable")
                }
            case .event(let event): events.append(event)
            }
        }
        return packets
    }

    mutating func pollChunks() -> [Chunk] { poll().flatMap(\.chunks) }

    mutating func pollData() -> [DataChunk] {
        pollChunks().compactMap { if case .data(let chunk) = $0 { chunk } else { nil } }
    }

    /// Moves time, with the timeouts on the way.
    ///
    /// - Returns: the packets sent meanwhile, with their times.
    mutating func advance(_ duration: Duration) -> [(at: Instant, packet: SCTPPacket)] {
        let end = now + duration
        var sent: [(at: Instant, packet: SCTPPacket)] = []
        while let deadline = association.deadline, deadline <= end {
            now = max(now, deadline)
            association.timeout(at: now)
            sent += poll().map { (now, $0) }
        }
        now = end
        return sent
    }

    mutating func send(_ bytes: Int, stream: UInt16 = 1, ordered: Bool = true, reliability: SCTPReliability = .reliable)
    {
        let message = SCTPMessage(
            stream: stream, ppid: 53, payload: ByteBuffer(repeating: 1, count: bytes), ordered: ordered,
            reliability: reliability)
        #expect(throws: Never.self) { try association.send(message, at: now) }
    }

    /// An acknowledgement of the association's data up to `offset` TSNs behind its first.
    func ack(_ offset: Int, window: UInt32 = 1 << 20, gaps: [(UInt16, UInt16)] = []) -> Chunk {
        .selectiveAck(
            SelectiveAckChunk(
                cumulativeTSN: TSN(rawValue: peerTSN &+ UInt32(truncatingIfNeeded: offset)), advertisedWindow: window,
                gaps: gaps.map { .init(start: $0.0, end: $0.1) }, duplicates: []))
    }

    func data(
        _ offset: UInt32, _ text: String, flags: DataChunk.Flags = [.beginning, .end], stream: UInt16 = 1,
        sequence: UInt16 = 0
    ) -> Chunk {
        .data(
            DataChunk(
                flags: flags, tsn: TSN(rawValue: Self.firstTSN &+ offset), stream: stream, streamSequence: sequence,
                ppid: 51, payload: ByteBuffer(string: text)))
    }

    var texts: [String] {
        events.compactMap { if case .message(let message) = $0 { String(buffer: message.payload) } else { nil } }
    }
    var failure: SCTPFailure? {
        for case .failed(let failure) in events { return failure }
        return nil
    }
}
