import Foundation

/// The spoken clip of the tests: 16 kHz, mono.
enum Speech {
    static func samples() throws -> [Int16] {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: package.appendingPathComponent("Tests/Fixtures/speech.wav"))
        return data.withUnsafeBytes { bytes in
            stride(from: 44, to: bytes.count - 1, by: 2).map {
                Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int16.self))
            }
        }
    }
}
