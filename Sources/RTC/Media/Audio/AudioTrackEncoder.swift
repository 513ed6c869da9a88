import NIOCore
import SansIO

/// Turns the PCM of one published track into RTP payloads: Opus, with RED and DTX where wanted.
public struct AudioTrackEncoder {
    /// The fields of one RTP packet to send.
    public struct Packet: Sendable {
        public var payloadType: UInt8
        /// True on the first packet after silence (RFC 7587 §4.2).
        public var marker: Bool
        public var sequenceNumber: UInt16
        public var timestamp: UInt32
        public var payload: ByteBuffer
    }

    /// Packets of up to this many bytes say "silence" and need not be repeated (RFC 7587 §3.1.3).
    private static let largestSilence = 2

    public let format: AudioFormat
    private let encoder: OpusEncoder
    private let ratio: UInt32
    private var redundancy: REDEncoder?
    private var sequenceNumber: UInt16
    private var timestamp: UInt32
    private var isSilent = false
    private var hasPaused = true

    /// - Parameters:
    ///   - redundancyDepth: how many older frames each packet repeats, where the format has RED.
    ///   - random: gives the first sequence number and timestamp (RFC 3550 §5.1).
    public init(
        format: AudioFormat = .init(), configuration: OpusEncoder.Configuration = .init(), redundancyDepth: Int = 1,
        random: RandomSource
    ) throws(OpusError) {
        self.format = format
        encoder = try OpusEncoder(configuration)
        ratio = UInt32(AudioFormat.opusClockRate / configuration.sampleRate)
        if format.redPayloadType != nil {
            redundancy = REDEncoder(blockPayloadType: format.opusPayloadType, depth: redundancyDepth)
        }
        var random = random
        // Kept in the lower half, so that the first packets of a source do not wrap before SRTP has synchronised.
        sequenceNumber = UInt16(truncatingIfNeeded: random.next()) & 0x7FFF
        timestamp = UInt32(truncatingIfNeeded: random.next())
    }

    /// The timestamp of the next frame.
    public var nextTimestamp: UInt32 { timestamp }

    /// Encodes one frame of 2.5, 5, 10, 20, 40 or 60 ms.
    /// - Returns: the packet to send; `nil` in the course of a silence, of which only the first packet and the refresh
    ///   every 400 ms are sent.
    public mutating func encode(_ samples: [Int16]) throws(OpusError) -> Packet? {
        let frame = try encoder.encode(samples)
        let start = timestamp
        timestamp &+= UInt32(truncatingIfNeeded: samples.count) &* ratio
        let wasSilent = isSilent
        isSilent = frame.readableBytes <= Self.largestSilence
        if isSilent, wasSilent {
            hasPaused = true
            return nil
        }
        let packet = Packet(
            payloadType: format.redPayloadType ?? format.opusPayloadType, marker: hasPaused,
            sequenceNumber: sequenceNumber, timestamp: start,
            payload: redundancy?.encode(frame, timestamp: start) ?? frame)
        hasPaused = false
        sequenceNumber &+= 1
        return packet
    }

    /// Lets time pass without sound, as while the track is muted.
    public mutating func skip(samples: Int) {
        timestamp &+= UInt32(truncatingIfNeeded: samples) &* ratio
        hasPaused = true
    }
}
