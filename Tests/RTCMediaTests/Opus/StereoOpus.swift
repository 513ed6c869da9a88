import COpus
import NIOCore
import RTCMedia

/// An encoder of 16 kHz sound with one channel or with two that say the same, for senders that switch between them.
final class StereoOpus {
    private let state: OpaquePointer
    private let channels: Int

    init(channels: Int) throws {
        var status: Int32 = 0
        guard let state = opus_encoder_create(16_000, Int32(channels), OPUS_APPLICATION_VOIP, &status) else {
            throw OpusError.badArgument
        }
        self.state = state
        self.channels = channels
    }

    deinit { opus_encoder_destroy(state) }

    func encode(_ mono: [Int16]) throws -> ByteBuffer {
        let samples = mono.flatMap { Array(repeating: $0, count: channels) }
        var packet = [UInt8](repeating: 0, count: 1500)
        let length = opus_encode(state, samples, Int32(mono.count), &packet, Int32(packet.count))
        guard length > 0 else { throw OpusError.badArgument }
        return ByteBuffer(bytes: packet.prefix(Int(length)))
    }
}
