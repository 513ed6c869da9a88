import COpus
import NIOCore

/// Decodes Opus packets to 16-bit PCM through libopus. For one stream, on one thread at a time.
///
/// A decoder for one channel mixes stereo packets down, and one for 16 kHz decodes any coded bandwidth.
public final class OpusDecoder {
    /// Samples per second of the output.
    public let sampleRate: Int
    public let channels: Int

    private let state: OpaquePointer
    private let scratch: UnsafeMutablePointer<Int16>
    /// Samples per channel that fit the scratch space: the longest packet, 120 ms.
    private let longestPacket: Int

    /// - Parameters:
    ///   - sampleRate: 8000, 12000, 16000, 24000 or 48000.
    ///   - channels: 1 or 2.
    public init(sampleRate: Int = 16_000, channels: Int = 1) throws(OpusError) {
        guard let rate = Int32(exactly: sampleRate), let count = Int32(exactly: channels) else { throw .badArgument }
        var status: Int32 = 0
        guard let state = opus_decoder_create(rate, count, &status) else { throw OpusError(status: status) }
        self.state = state
        self.sampleRate = sampleRate
        self.channels = channels
        longestPacket = sampleRate * 120 / 1000
        scratch = .allocate(capacity: longestPacket * channels)
    }

    deinit {
        scratch.deallocate()
        opus_decoder_destroy(state)
    }

    /// Decodes one packet and appends its samples.
    /// - Returns: samples per channel appended.
    @discardableResult
    public func decode(_ packet: ByteBuffer, into samples: inout [Int16]) throws(OpusError) -> Int {
        try run(packet, perChannel: longestPacket, usesFEC: false, into: &samples)
    }

    /// Decodes, from the packet that follows it, the frame before that packet, and appends it.
    ///
    /// Where `samples` is more than that packet's own duration, what comes before is concealed; where the packet has no
    /// in-band FEC, all of it is.
    /// - Parameter sampleCount: samples per channel to make, a multiple of 2.5 ms.
    @discardableResult
    public func decodeFEC(
        from next: ByteBuffer, samples sampleCount: Int, into samples: inout [Int16]
    ) throws(OpusError) -> Int {
        try run(next, perChannel: sampleCount, usesFEC: true, into: &samples)
    }

    /// Makes up `samples` samples per channel for a lost packet and appends them; a multiple of 2.5 ms, 120 ms at most.
    @discardableResult
    public func conceal(samples sampleCount: Int, into samples: inout [Int16]) throws(OpusError) -> Int {
        guard sampleCount > 0, sampleCount <= longestPacket else { throw .badArgument }
        let decoded = opus_decode(state, nil, 0, scratch, Int32(sampleCount), 0)
        return try append(decoded, to: &samples)
    }

    /// Forgets the stream so far, as after a long absence.
    public func reset() throws(OpusError) {
        try OpusError.check(jask_opus_decoder_reset(state))
    }

    private func run(
        _ packet: ByteBuffer, perChannel: Int, usesFEC: Bool, into samples: inout [Int16]
    ) throws(OpusError) -> Int {
        guard perChannel > 0, perChannel <= longestPacket else { throw .badArgument }
        let decoded = packet.withUnsafeReadableBytes { bytes -> Int32 in
            // libopus takes an empty packet for a lost one, so it is refused here.
            guard let start = bytes.baseAddress, !bytes.isEmpty, let length = Int32(exactly: bytes.count) else {
                return Int32(OPUS_INVALID_PACKET)
            }
            let data = start.assumingMemoryBound(to: UInt8.self)
            return opus_decode(state, data, length, scratch, Int32(perChannel), usesFEC ? 1 : 0)
        }
        return try append(decoded, to: &samples)
    }

    private func append(_ decoded: Int32, to samples: inout [Int16]) throws(OpusError) -> Int {
        try OpusError.check(decoded)
        let count = Int(decoded)
        samples.append(contentsOf: UnsafeBufferPointer(start: scratch, count: min(count, longestPacket) * channels))
        return count
    }
}
