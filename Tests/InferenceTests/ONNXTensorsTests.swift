import SansIO
import Testing
import VoiceModelFixtures

@testable import Inference

@Suite struct ONNXTensorsTests {
    static let file = ONNXWriter.file([("weights", [2, 3], [1, -2, 3.5, 0, 5, 6]), ("bias", [2], [0.25, -8])])

    private func read(_ bytes: [UInt8]) throws -> [[Float]] {
        let tensors = try ONNXTensors(parsing: bytes)
        return [try tensors.floats("weights", shape: [2, 3]), try tensors.floats("bias", shape: [2])]
    }

    private func problem(_ body: () throws -> Void) -> SileroModelError.Problem? {
        do {
            try body()
            return nil
        } catch {
            return (error as? SileroModelError)?.problem
        }
    }

    @Test func writtenTensorsAreReadBack() throws {
        #expect(try read(Self.file) == [[1, -2, 3.5, 0, 5, 6], [0.25, -8]])
    }

    @Test func packedDimensionsAreRead() throws {
        let tensor =
            ONNXWriter.field(1, [2]) + [2 << 3, 1] + ONNXWriter.field(8, Array("bias".utf8))
            + ONNXWriter.field(9, [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
        let tensors = try ONNXTensors(parsing: ONNXWriter.field(7, ONNXWriter.field(5, tensor)))
        #expect(try tensors.floats("bias", shape: [2]) == [1, 2])
    }

    @Test func aFileCutAnywhereIsAnError() {
        for length in Self.file.indices {
            #expect(throws: SileroModelError.self, "cut at \(length)") { try read(Array(Self.file[..<length])) }
        }
    }

    @Test func aCutFieldIsNamedByItsOffset() {
        let found = problem { _ = try ONNXTensors(parsing: Array(Self.file.dropLast())) }
        #expect(found == .truncated(offset: 2))
    }

    @Test func anUnknownWireTypeIsNamedByItsOffset() {
        let found = problem { _ = try ONNXTensors(parsing: [1 << 3, 8, 2 << 3 | 3]) }
        #expect(found == .malformed(offset: 2))
    }

    @Test func aNumberOfMoreThanTenBytesIsMalformed() {
        let found = problem { _ = try ONNXTensors(parsing: [1 << 3] + [UInt8](repeating: 0xFF, count: 11)) }
        #expect(found == .malformed(offset: 1))
    }

    @Test func whatIsWrongWithATensorIsNamed() throws {
        let tensors = try ONNXTensors(parsing: Self.file)
        #expect(problem { _ = try tensors.floats("other", shape: [1]) } == .missingTensor(name: "other"))
        #expect(
            problem { _ = try tensors.floats("bias", shape: [3]) }
                == .wrongShape(name: "bias", expected: [3], found: [2]))
        let short = try ONNXTensors(parsing: ONNXWriter.file([("bias", [2], [1])]))
        #expect(
            problem { _ = try short.floats("bias", shape: [2]) }
                == .wrongData(name: "bias", expectedBytes: 8, foundBytes: 4))
        let infinite = try ONNXTensors(parsing: ONNXWriter.file([("bias", [1], [.infinity])]))
        #expect(problem { _ = try infinite.floats("bias", shape: [1]) } == .notFinite(name: "bias"))
    }

    @Test func randomDamageNeverTraps() {
        let seed: UInt64 = 41
        var random = SplitMix64(seed: seed)
        var failures = 0
        for _ in 0..<3_000 {
            var bytes = Self.file
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            if (try? read(bytes)) == nil { failures += 1 }
            _ = try? ONNXTensors(parsing: (0..<40).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        }
        #expect(failures > 500, "seed \(seed)")
    }
}
