import Dispatch
import Foundation
import SansIO
import Synchronization
import Testing
import VoiceModelFixtures

@testable import Inference

@Suite struct SileroModelTests {
    private func noise(_ count: Int, _ random: inout SplitMix64) -> [Int16] {
        (0..<count).map { _ in Int16.random(in: -16_384...16_384, using: &random) }
    }

    @Test func theNetworkGivesWhatItsDefinitionGives() throws {
        let network = RandomModel(seed: 3)
        var naive = NaiveNetwork(network)
        var detector = VoiceActivityDetector(model: try SileroModel(onnx: network.onnx, sha256: nil))
        var random = SplitMix64(seed: 4)
        var seen: [Float] = []
        for chunk in 0..<6 {
            let samples = noise(512, &random)
            let found = try #require(samples.withUnsafeBufferPointer { detector.process($0) })
            #expect(abs(Double(found) - naive.process(samples.map { Float($0) / 32_768 })) < 1e-5, "chunk \(chunk)")
            seen.append(found)
        }
        #expect((seen.max() ?? 0) - (seen.min() ?? 0) > 0.001, "the network does not listen: \(seen)")
    }

    @Test func aFileOfAnotherHashIsRefused() {
        let bytes: [UInt8] = [1, 2, 3]
        #expect {
            _ = try SileroModel(onnx: bytes)
        } throws: { error in
            let hash = "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81"
            return (error as? SileroModelError)?.problem
                == .wrongHash(expected: SileroModel.releasedSHA256, found: hash)
        }
    }

    @Test(
        "files are told apart by the digests of FIPS 180-4 and sha256sum",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ])
    func digestsAreThoseOfTheStandard(text: String, digest: String) throws {
        #expect(try SileroModel.sha256(of: Array(text.utf8)) == digest)
    }

    @Test func aFileOfTheExpectedHashIsReadAndOneThatDiffersInABitIsNot() throws {
        var bytes = RandomModel(seed: 3).onnx
        let hash = try SileroModel.sha256(of: bytes)
        #expect(throws: Never.self) { try SileroModel(onnx: bytes, sha256: hash) }
        bytes[bytes.count - 1] ^= 1
        let changed = try SileroModel.sha256(of: bytes)
        #expect {
            _ = try SileroModel(onnx: bytes, sha256: hash)
        } throws: { ($0 as? SileroModelError)?.problem == .wrongHash(expected: hash, found: changed) }
    }

    @Test func aFirstLayerThatIsNoFourierTransformIsRefused() {
        var network = RandomModel(seed: 5)
        network["model.stft.forward_basis_buffer"][256 * 130 + 9] += 0.01
        #expect {
            _ = try SileroModel(onnx: network.onnx, sha256: nil)
        } throws: { ($0 as? SileroModelError)?.problem == .notFourierBasis(row: 130, column: 9) }
    }

    @Test func aMissingTensorIsNamed() {
        var network = RandomModel(seed: 5)
        network.tensors.removeAll { $0.name == "model.decoder.rnn.bias_hh" }
        #expect {
            _ = try SileroModel(onnx: network.onnx, sha256: nil)
        } throws: { ($0 as? SileroModelError)?.problem == .missingTensor(name: "model.decoder.rnn.bias_hh") }
    }

    @Test func anotherNetworkFailsTheKnownAnswer() throws {
        let model = try SileroModel(onnx: RandomModel(seed: 6).onnx, sha256: nil)
        #expect(throws: SileroModelError.self) { try model.checkKnownAnswer() }
    }

    @Test func aMissingFileIsNamedWithTheWayToGetIt() {
        let path = NSTemporaryDirectory() + "no-such-folder/model.onnx"
        do {
            _ = try SileroModel.load(path: path)
            Issue.record("a file that is not there was read")
        } catch {
            #expect(error.problem == .unreadable(reason: "No such file or directory"))
            #expect("\(error)".contains(path))
            #expect("\(error)".contains("scripts/fetch-models"))
        }
    }

    @Test func aPipeInTheFilesPlaceIsRefusedAndNotWaitedFor() throws {
        let path = NSTemporaryDirectory() + "jask-pipe-\(UUID().uuidString).onnx"
        try #require(mkfifo(path, 0o600) == 0)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let problem = Mutex<SileroModelError.Problem?>(nil)
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            do {
                _ = try SileroModel.load(path: path)
            } catch {
                problem.withLock { $0 = (error as? SileroModelError)?.problem }
            }
            done.signal()
        }
        let waited = done.wait(timeout: .now() + .seconds(20))
        #expect(waited == .success, "the pipe's writer was waited for")
        // Who waits for a writer has one now.
        if waited != .success { close(open(path, O_WRONLY | O_NONBLOCK)) }
        #expect(problem.withLock { $0 } == .unreadable(reason: "it is not a regular file"))
    }

    @Test func aDamagedFileIsNamedWithItsHash() throws {
        let path = NSTemporaryDirectory() + "jask-damaged-\(UUID().uuidString).onnx"
        try Data([8, 8, 58]).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            _ = try SileroModel.load(path: path)
            Issue.record("a damaged file was taken")
        } catch {
            #expect(error.path == path)
            #expect("\(error)".contains("expected \(SileroModel.releasedSHA256)"))
        }
    }

    @Test(
        "the model is looked for where fetch-models puts it",
        arguments: [
            (["JASK_MODELS": "/m", "HOME": "/h"], "/m/silero_vad_16k_op15.onnx"),
            (["XDG_CACHE_HOME": "/c", "HOME": "/h"], "/c/jask/models/silero_vad_16k_op15.onnx"),
            (["JASK_MODELS": "", "HOME": "/h"], "/h/.cache/jask/models/silero_vad_16k_op15.onnx"),
            ([:], nil),
        ])
    func theModelIsLookedFor(environment: [String: String], path: String?) {
        #expect(SileroModel.defaultPath(environment: environment) == path)
    }
}

@Suite struct VoiceActivityDetectorTests {
    private func model() throws -> SileroModel { try SileroModel(onnx: RandomModel(seed: 8).onnx, sha256: nil) }

    private func probability(_ detector: inout VoiceActivityDetector, _ samples: [Int16]) -> Float? {
        samples.withUnsafeBufferPointer { detector.process($0) }
    }

    @Test func aChunkOfAnotherLengthChangesNothing() throws {
        var detector = VoiceActivityDetector(model: try model())
        var untouched = detector
        #expect(probability(&detector, Array(repeating: 3_277, count: 511)) == nil)
        #expect(probability(&detector, []) == nil)
        let chunk = Array(repeating: Int16(6_554), count: 512)
        #expect(probability(&detector, chunk) == probability(&untouched, chunk))
    }

    @Test("chunks that come together give what they give one by one", arguments: 1...9)
    func together(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        var single = VoiceActivityDetector(model: try model())
        var together = single
        // Twice, so that what is remembered counts too.
        for _ in 0..<2 {
            let samples = (0..<(count * 512)).map { _ in Int16.random(in: -16_384...16_384, using: &random) }
            let expected = (0..<count).map { probability(&single, Array(samples[($0 * 512)..<(($0 + 1) * 512)])) }
            var found: [Float?] = []
            #expect(samples.withUnsafeBufferPointer { together.process($0) { found.append($0) } })
            #expect(found == expected)
        }
        #expect(
            !Array(repeating: Int16(1), count: count * 512 + 1).withUnsafeBufferPointer {
                together.process($0) { _ in }
            })
    }

    @Test func streamsThatShareAModelDoNotHearEachOther() throws {
        var one = VoiceActivityDetector(model: try model())
        var alone = one
        var other = one
        let chunk = (0..<512).map { Int16($0 % 5 * 4_096) }
        for _ in 0..<3 {
            _ = probability(&other, chunk.map { -$0 })
            #expect(probability(&one, chunk) == probability(&alone, chunk))
        }
        one.reset()
        var fresh = VoiceActivityDetector(model: one.model)
        #expect(probability(&one, chunk) == probability(&fresh, chunk))
        #expect(probability(&one, chunk) != probability(&other, chunk))
    }

    @Test func theExponentialIsExactOverItsRange() {
        for step in -8_700...8_700 {
            let x = Float(step) / 100
            let found = Double(VectorMath.exponential(.init(repeating: x))[0])
            #expect(abs(found / exp(Double(x)) - 1) < 3e-7, "e^\(x)")
        }
        #expect(VectorMath.sigmoid(.init(repeating: -1e30))[0] < 1e-30)
        #expect(VectorMath.sigmoid(.init(repeating: 1e30))[0] == 1)
    }
}
