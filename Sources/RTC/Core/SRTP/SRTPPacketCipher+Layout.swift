import COpenSSL

/// Where header, payload, index and tag lie in a packet. `bytes` has room for what is appended.
extension SRTPPacketCipher {
    /// Bytes of an RTCP packet that stay in the clear.
    private static let controlHeader = 8
    private static let isEncrypted: UInt32 = 0x8000_0000

    private var isGCM: Bool { profile != .aes128CMSHA1_80 }

    func protectRTP(_ bytes: Bytes, size: Int, header: Int, ssrc: UInt32, index: UInt64) -> Bool {
        let payload = UnsafeMutableBufferPointer(start: bytes + header, count: size - header)
        if isGCM {
            let first = UnsafeBufferPointer(start: UnsafePointer(bytes), count: header)
            return seal(ssrc: ssrc, index: index, first: first, second: nil, data: payload, tag: bytes + size)
        }
        guard crypt(ssrc: ssrc, index: index, data: payload) else { return false }
        return writeTag(bytes, size: size, rollover: UInt32(truncatingIfNeeded: index >> 16))
    }

    func openRTP(_ bytes: Bytes, size: Int, header: Int, ssrc: UInt32, index: UInt64) -> Bool {
        let end = size - profile.tagLength
        let payload = UnsafeMutableBufferPointer(start: bytes + header, count: end - header)
        if isGCM {
            let first = UnsafeBufferPointer(start: UnsafePointer(bytes), count: header)
            return open(ssrc: ssrc, index: index, first: first, second: nil, data: payload, tag: bytes + end)
        }
        return hasTag(bytes, size: end, rollover: UInt32(truncatingIfNeeded: index >> 16))
            && crypt(ssrc: ssrc, index: index, data: payload)
    }

    /// GCM puts the index behind the tag (RFC 7714 §9.3), counter mode before it (RFC 3711 §3.4).
    func protectRTCP(_ bytes: Bytes, size: Int, ssrc: UInt32, index: UInt32) -> Bool {
        let payload = UnsafeMutableBufferPointer(
            start: bytes + Self.controlHeader, count: size - Self.controlHeader)
        let word = index | Self.isEncrypted
        if isGCM {
            let position = bytes + size + profile.tagLength
            Self.write(word, to: position)
            return seal(
                ssrc: ssrc, index: UInt64(index),
                first: UnsafeBufferPointer(start: UnsafePointer(bytes), count: Self.controlHeader),
                second: UnsafeBufferPointer(start: UnsafePointer(position), count: 4), data: payload,
                tag: bytes + size)
        }
        guard crypt(ssrc: ssrc, index: UInt64(index), data: payload) else { return false }
        Self.write(word, to: bytes + size)
        return writeTag(bytes, size: size + 4, rollover: nil)
    }

    /// - Parameter word: the packet's index with the bit that says it is encrypted.
    func openRTCP(_ bytes: Bytes, size: Int, ssrc: UInt32, word: UInt32) -> Bool {
        let index = UInt64(word & ~Self.isEncrypted)
        let end = size - profile.tagLength - 4
        let payload = UnsafeMutableBufferPointer(start: bytes + Self.controlHeader, count: end - Self.controlHeader)
        if isGCM {
            return open(
                ssrc: ssrc, index: index,
                first: UnsafeBufferPointer(start: UnsafePointer(bytes), count: Self.controlHeader),
                second: UnsafeBufferPointer(start: UnsafePointer(bytes + size - 4), count: 4), data: payload,
                tag: bytes + end)
        }
        return hasTag(bytes, size: end + 4, rollover: nil) && crypt(ssrc: ssrc, index: index, data: payload)
    }

    private func writeTag(_ bytes: Bytes, size: Int, rollover: UInt32?) -> Bool {
        guard let tag = tag(of: UnsafeBufferPointer(start: UnsafePointer(bytes), count: size), rollover: rollover)
        else { return false }
        for offset in 0..<profile.tagLength { bytes[size + offset] = tag[offset] }
        return true
    }

    private func hasTag(_ bytes: Bytes, size: Int, rollover: UInt32?) -> Bool {
        guard let tag = tag(of: UnsafeBufferPointer(start: UnsafePointer(bytes), count: size), rollover: rollover)
        else { return false }
        return tag.span.withUnsafeBufferPointer { tag in
            jask_constant_time_equal(tag.baseAddress, bytes + size, profile.tagLength) == 1
        }
    }

    private static func write(_ word: UInt32, to bytes: Bytes) {
        for offset in 0..<4 { bytes[offset] = UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * offset)) }
    }
}
