import SansIO
import Testing
import VirtualCandidate

/// Writes WAV files, also broken ones.
private struct WaveWriter {
    var format = 1
    var channels = 1
    var sampleRate = 16_000
    var bits = 16
    var samples: [Int16] = []

    var file: [UInt8] { Self.riff(formatChunk + dataChunk) }

    var formatChunk: [UInt8] {
        let align = channels * bits / 8
        let body =
            Self.integer(format, 2) + Self.integer(channels, 2) + Self.integer(sampleRate, 4)
            + Self.integer(sampleRate * align, 4) + Self.integer(align, 2) + Self.integer(bits, 2)
        return Self.chunk("fmt ", body)
    }

    var dataChunk: [UInt8] {
        Self.chunk("data", samples.flatMap { Self.integer(Int(UInt16(bitPattern: $0)), 2) })
    }

    static func riff(_ chunks: [UInt8]) -> [UInt8] {
        Array("RIFF".utf8) + integer(chunks.count + 4, 4) + Array("WAVE".utf8) + chunks
    }

    static func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
        Array(name.utf8) + integer(body.count, 4) + body + (body.count % 2 == 1 ? [0] : [])
    }

    static func integer(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}

@Suite struct WaveFileTests {
    private let samples: [Int16] = [0, 1, -1, 256, -257, .max, .min]

    @Test func samplesAndTheirRateAreRead() throws {
        let wave = try WaveFile(parsing: WaveWriter(sampleRate: 44_100, samples: samples).file)
        #expect(wave.samples == samples)
        #expect(wave.sampleRate == 44_100)
    }

    @Test func otherChunksAreSteppedOverWithTheirPadding() throws {
        let writer = WaveWriter(samples: samples)
        let list = WaveWriter.chunk("LIST", [1, 2, 3])
        let wave = try WaveFile(
            parsing: WaveWriter.riff(list + writer.formatChunk + list + writer.dataChunk + list) + [0, 0, 0])
        #expect(wave.samples == samples)
    }

    @Test func aFileWithoutSamplesHasNone() throws {
        let wave = try WaveFile(parsing: WaveWriter().file)
        #expect(wave.samples.isEmpty)
    }

    @Test func anOddByteAtTheEndIsNoSample() throws {
        let file = WaveWriter.riff(WaveWriter().formatChunk + WaveWriter.chunk("data", [1, 0, 9]))
        #expect(try WaveFile(parsing: file).samples == [1])
    }

    @Test func aFileOfAnotherKindIsRefused() {
        var file = WaveWriter(samples: samples).file
        file[3] = UInt8(ascii: "X")
        expect(file, .notWave)
        file = WaveWriter(samples: samples).file
        file[8] = UInt8(ascii: "w")
        expect(file, .notWave)
        expect([], .notWave)
    }

    @Test func aMissingChunkIsNamed() {
        let writer = WaveWriter(samples: samples)
        expect(WaveWriter.riff(writer.dataChunk), .missingChunk("fmt "))
        expect(WaveWriter.riff(writer.formatChunk), .missingChunk("data"))
        expect(WaveWriter.riff([]), .missingChunk("fmt "))
        let short = WaveWriter.chunk("fmt ", Array(repeating: 1, count: 15))
        expect(WaveWriter.riff(short + writer.dataChunk), .missingChunk("fmt "))
    }

    @Test func aChunkLongerThanTheFileIsNamedByItsPlace() {
        var file = WaveWriter(samples: samples).file
        file.replaceSubrange(40..<44, with: [0xFF, 0xFF, 0xFF, 0xFF])
        expect(file, .truncated(offset: 36))
    }

    @Test(
        "sound of another form is refused and named",
        arguments: [(3, 1, 32), (1, 2, 16), (1, 1, 8), (1, 1, 24), (0xFFFE, 1, 16)])
    func otherForms(format: Int, channels: Int, bits: Int) {
        let writer = WaveWriter(format: format, channels: channels, bits: bits, samples: samples)
        expect(writer.file, .unsupported(format: format, channels: channels, bits: bits))
    }

    @Test func everyErrorSaysWhatIsWrong() {
        #expect("\(WaveFile.ParseError.truncated(offset: 36))".contains("36"))
        #expect("\(WaveFile.ParseError.missingChunk("data"))".contains("'data'"))
        let other = "\(WaveFile.ParseError.unsupported(format: 3, channels: 2, bits: 32))"
        #expect(other.contains("3") && other.contains("2 channels") && other.contains("32"))
    }

    @Test func aFileCutAtAnyByteIsRefused() {
        let file = WaveWriter(samples: samples).file
        for length in 0..<file.count {
            #expect(throws: WaveFile.ParseError.self, "cut after \(length) bytes") {
                try WaveFile(parsing: Array(file.prefix(length)))
            }
        }
    }

    @Test func randomBytesNeverTrap() {
        var random = SplitMix64(seed: 31)
        let file = WaveWriter(samples: samples).file
        var read = 0
        for round in 0..<20_000 {
            var bytes = file
            if round % 2 == 0 {
                bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next())
                }
                if bytes.count >= 12 { bytes.replaceSubrange(0..<12, with: file[0..<12]) }
            } else {
                for _ in 0...2 {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            guard let wave = try? WaveFile(parsing: bytes) else { continue }
            read += 1
            #expect(wave.samples.count <= bytes.count / 2, "seed 31, round \(round)")
        }
        #expect(read > 1_000)
    }

    private func expect(
        _ file: [UInt8], _ error: WaveFile.ParseError, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: error, sourceLocation: sourceLocation) { try WaveFile(parsing: file) }
    }
}

@Suite struct CandidateScriptTests {
    @Test func theDemoSpeaksAndHasCode() throws {
        let script = try CandidateScript.demo()
        // Rates that Opus takes.
        #expect([8_000, 12_000, 16_000, 24_000, 48_000].contains(script.speech.sampleRate))
        #expect(script.speech.samples.count > script.speech.sampleRate)
        #expect(script.speech.samples.contains { $0.magnitude > 3_000 })
        let code = try #require(script.code)
        #expect(code.path == "solution.py" && code.language == "python")
        #expect(code.text.contains("def ") && code.text.hasSuffix("\n"))
    }

    @Test func aMissingResourceIsNamed() {
        #expect("\(CandidateError.missingResource("speech.wav"))".contains("speech.wav"))
    }
}
