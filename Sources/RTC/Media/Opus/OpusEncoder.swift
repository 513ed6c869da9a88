import COpus
import NIOCore

/// Encodes 16-bit mono PCM to Opus through libopus, tuned for voice. For one stream, on one thread at a time.
public final class OpusEncoder {
    /// How a stream is coded.
    public struct Configuration: Hashable, Sendable {
        /// Samples per second of the input: 8000, 12000, 16000, 24000 or 48000.
        public var sampleRate = 48_000
        /// Target in bits per second, 6000 to 510,000.
        public var bitrate = 32_000
        /// Effort, 0 (least) to 10. 5 takes about half the time of the library's own choice and sounds alike for voice.
        public var complexity = 5
        /// Whether silence is coded as a packet of one byte (discontinuous transmission).
        public var usesDTX = true
        /// Whether each packet also carries the frame before it at a lower rate, when loss is expected.
        public var usesInbandFEC = true
        /// Loss to prepare for, in percent, 0 to 100.
        public var expectedPacketLoss = 10

        public init() {}
    }

    /// The largest packet that the encoder may make, in bytes: below every path's MTU.
    public static let largestPacket = 1150

    public let configuration: Configuration
    private let state: OpaquePointer

    public init(_ configuration: Configuration = .init()) throws(OpusError) {
        guard let rate = Int32(exactly: configuration.sampleRate) else { throw .badArgument }
        var status: Int32 = 0
        guard let state = opus_encoder_create(rate, 1, OPUS_APPLICATION_VOIP, &status) else {
            throw OpusError(status: status)
        }
        self.state = state
        self.configuration = configuration
        try apply()
    }

    deinit {
        opus_encoder_destroy(state)
    }

    private func apply() throws(OpusError) {
        let settings = configuration
        guard let bitrate = Int32(exactly: settings.bitrate), let effort = Int32(exactly: settings.complexity),
            let loss = Int32(exactly: settings.expectedPacketLoss)
        else { throw .badArgument }
        try OpusError.check(jask_opus_encoder_set_bitrate(state, bitrate))
        try OpusError.check(jask_opus_encoder_set_complexity(state, effort))
        try OpusError.check(jask_opus_encoder_set_dtx(state, settings.usesDTX ? 1 : 0))
        try OpusError.check(jask_opus_encoder_set_inband_fec(state, settings.usesInbandFEC ? 1 : 0))
        try OpusError.check(jask_opus_encoder_set_packet_loss_percentage(state, loss))
        try OpusError.check(jask_opus_encoder_set_voice_signal(state))
    }

    /// Encodes one frame of 2.5, 5, 10, 20, 40 or 60 ms.
    public func encode(_ samples: UnsafeBufferPointer<Int16>) throws(OpusError) -> ByteBuffer {
        guard let start = samples.baseAddress, let count = Int32(exactly: samples.count) else { throw .badArgument }
        var packet = ByteBufferAllocator().buffer(capacity: Self.largestPacket)
        var status: Int32 = 0
        packet.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.largestPacket) { room in
            guard let data = room.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
            status = opus_encode(state, start, count, data, Int32(Self.largestPacket))
            return max(0, Int(status))
        }
        try OpusError.check(status)
        return packet
    }

    /// Encodes one frame of 2.5, 5, 10, 20, 40 or 60 ms.
    public func encode(_ samples: [Int16]) throws(OpusError) -> ByteBuffer {
        let result: Result<ByteBuffer, OpusError> = samples.withUnsafeBufferPointer { pointer in
            do throws(OpusError) {
                return .success(try encode(pointer))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
