import Foundation
import SansIO
import Testing

@testable import AgentRuntime

@Suite struct LogTests {
    @Test func aLineIsOneLineWhateverItSays() {
        let line = LogLine()
        let forged = "refused input of bob\n2026-01-01T00:00:00Z error the server is down\r\n\u{2028}\u{85}x"
        let text = String(decoding: line.rendered(.info, forged), as: UTF8.self)
        #expect(text.dropLast().unicodeScalars.allSatisfy { !["\n", "\r", "\u{2028}", "\u{85}"].contains($0) })
        #expect(text.hasSuffix("\n"))
        let json = String(decoding: LogLine(isJSON: true).rendered(.info, forged), as: UTF8.self)
        #expect(json.filter(\.isNewline).count == 1)
    }

    @Test func namesThatLookTheSameAreToldApart() {
        let line = LogLine()
        #expect(line.clean("Zo\u{EB} is here") == "Zo\u{EB} is here")
        let shown = ["Zo\u{EB}", "Zoe\u{308}", "Zo\u{451}", "\u{212B}", "\u{C5}"].map {
            Array(line.clean($0).unicodeScalars)
        }
        #expect(shown[1] == Array("Zoe⟨U+0308⟩".unicodeScalars) && shown[3] == Array("⟨U+212B⟩".unicodeScalars))
        #expect(Set(shown).count == 5)
        // Marks that belong to a script stay: of them there is one way to write.
        for usual in ["हिन्दी", "ภาษาไทย", "\u{D55C}\u{AE00}", "q\u{303}", "日本語"] {
            #expect(line.clean(usual).unicodeScalars.elementsEqual(usual.unicodeScalars), "\(usual)")
        }
        #expect(line.clean("\u{1112}\u{1161}\u{11AB}") == "⟨U+1112⟩⟨U+1161⟩⟨U+11AB⟩")
    }

    @Test func secretsGoBeforeALineIsCut() {
        let line = LogLine(secrets: ["s3cret-of-livekit"])
        for padding in (LogLine.longest - 40)...(LogLine.longest + 10) {
            let text = line.clean(String(repeating: "x", count: padding) + "s3cret-of-livekit sk-ant-api03-abcdefgh")
            #expect(!text.contains("s3cret") && !text.contains("sk-ant-a"), "\(padding)")
            #expect(text.utf8.count <= LogLine.longest + 40)
        }
        let long = line.clean(String(repeating: "x", count: 3 * LogLine.longest))
        #expect(long.utf8.count <= LogLine.longest + 40 && long.hasSuffix("bytes"))
        #expect(line.clean("Authorization: Bearer eyJhbGciOi.J9.x") == "Authorization: Bearer <redacted>")
    }

    @Test func whatComesAgainAndAgainIsCounted() {
        var repeats = LogRepeats()
        var passed = 0
        for number in 0..<1000 where repeats.passes("bob: too_large", at: .zero + .milliseconds(number)) { passed += 1 }
        #expect(passed == 3)
        let other = repeats.passes("bob: not_utf8", at: .zero)
        #expect(other, "another kind is another line")
        let early = repeats.settle(at: .zero + .seconds(9))
        #expect(early.isEmpty)
        let held = repeats.settle(at: .zero + .seconds(10))
        #expect(held.map(\.held) == [997] && held.map(\.kind) == ["bob: too_large"])
        #expect(repeats.deadline == nil)
        // However many kinds somebody makes up.
        passed = 0
        for number in 0..<100_000 where repeats.passes("name \(number)", at: .zero + .seconds(100)) { passed += 1 }
        #expect(passed <= 520)
    }

    @Test func aWarningThatComesWithEachPacketIsCounted() {
        var repeats = LogRepeats()
        let text = "room a: a data packet: a DataPacket of no known kind"
        let passed = (0..<2000).count { repeats.passes(.warning, text, at: .zero + .milliseconds($0)) }
        #expect(passed == 3)
        let others = [
            repeats.passes(.warning, "room b: a data packet: a DataPacket of no known kind", at: .zero),
            repeats.passes(.error, text, at: .zero), repeats.passes(.info, text, at: .zero),
        ]
        #expect(others == [true, true, true])
        let held = repeats.settle(at: .zero + .seconds(10))
        #expect(held.map(\.held) == [1997] && held.map(\.kind) == [text])
        #expect(held.map(\.level) == [.warning], "told also where the log shows nothing less")
    }

    @Test func aReaderThatDoesNotReadKeepsNobodyWaiting() throws {
        let pipe = Pipe()
        let log = LogPipe(descriptor: pipe.fileHandleForWriting.fileDescriptor, mostBytes: 100_000)
        // Far more than a pipe takes: these calls came back though nobody reads.
        for number in 0..<20_000 { log.write(Array("line \(number)\n".utf8)) }
        let reader = pipe.fileHandleForReading
        var text = ""
        while !text.contains("line 0\n") { text += String(decoding: reader.availableData, as: UTF8.self) }
        // Once somebody reads, later lines come, and how many are missing is said.
        for _ in 0..<100 {
            log.write(Array("later\n".utf8))
            text += String(decoding: reader.availableData, as: UTF8.self)
            if text.contains("lines were lost"), text.contains("later\n") { break }
        }
        #expect(text.contains("lines were lost"))
        let numbers = text.split(separator: "\n").compactMap { $0.hasPrefix("line ") ? Int($0.dropFirst(5)) : nil }
        #expect(numbers == numbers.sorted() && numbers.count < 20_000)
    }
}
