import NIOCore

/// Bytes from hexadecimal text with white space, for vectors typed from a document.
func stunBytes(hex text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

func stunBuffer(_ bytes: some Sequence<UInt8>) -> ByteBuffer { ByteBuffer(bytes: bytes) }
