import NIOCore
import RTCMedia
import SansIO

/// One packet of a made-up audio track.
struct WirePacket: Sendable {
    var sentAt: Instant
    var payloadType: UInt8 = 111
    var sequenceNumber: UInt16
    var timestamp: UInt32
    var marker = false
    var payload: ByteBuffer
    /// Identifies the frame, whichever packet it comes in.
    var id: Int
}

/// Makes packets that look like Opus to the receiver and carry a number instead of sound.
struct VirtualSender {
    static let start = Instant(nanoseconds: 1_000_000_000)

    var now = VirtualSender.start
    var sequenceNumber: UInt16 = 65_500
    var timestamp: UInt32 = 4_294_900_000
    var redundancy: REDEncoder?
    /// Real time per media time: 1.02 is a sender whose clock runs 2 % slow.
    var clockSkew = 1.0
    /// First byte of each frame: 0x78 is one 20 ms hybrid frame, 0xF8 one 20 ms CELT frame.
    var contents: UInt8 = 0x78
    /// Second byte of each frame: 0x40 is the LBRR flag of a 20 ms frame.
    var flags: UInt8 = 0
    var frameDuration: UInt32 = 960
    private(set) var nextID = 0

    init(redundancyDepth: Int = 0) {
        if redundancyDepth > 0 { redundancy = REDEncoder(blockPayloadType: 111, depth: redundancyDepth) }
    }

    mutating func frame() -> WirePacket {
        var frame = ByteBuffer()
        frame.writeInteger(contents)
        frame.writeInteger(flags)
        frame.writeInteger(UInt32(nextID))
        frame.writeRepeatingByte(0x55, count: 40)
        let packet = WirePacket(
            sentAt: now, payloadType: redundancy == nil ? 111 : 63, sequenceNumber: sequenceNumber,
            timestamp: timestamp, payload: redundancy?.encode(frame, timestamp: timestamp) ?? frame, id: nextID)
        nextID += 1
        sequenceNumber &+= 1
        pass(samples: frameDuration)
        return packet
    }

    mutating func frames(_ count: Int) -> [WirePacket] {
        (0..<count).map { _ in frame() }
    }

    /// Lets the sender's time pass without a packet.
    mutating func pass(samples: UInt32) {
        timestamp &+= samples
        now = now + .nanoseconds(Int64(Double(samples) * 1e9 / 48_000 * clockSkew))
    }

    /// Silence as libwebrtc sends it: a refresh and a one-byte packet 20 ms later, every 420 ms.
    mutating func silence(seconds: Double) -> [WirePacket] {
        let end = now + .seconds(seconds)
        var packets: [WirePacket] = []
        while now < end {
            packets.append(frame())
            var mark = frame()
            mark.payload = ByteBuffer(bytes: mark.payloadType == 63 ? [0x6F, 0x78] : [0x78])
            packets.append(mark)
            pass(samples: 19_200 - frameDuration)
        }
        return packets
    }
}

/// The number in a made-up frame; `nil` for a one-byte packet.
func frameID(_ payload: ByteBuffer) -> Int? {
    payload.getInteger(at: payload.readerIndex + 2, as: UInt32.self).map(Int.init)
}
