import Foundation
import SansIO
import Testing

@Suite struct ExactTextTests {
    /// "zoë" in NFC and NFD: equal as `String`.
    private let composed = "zo\u{EB}"
    private let decomposed = "zoe\u{308}"

    @Test func equivalentTextsOfOtherBytesAreDifferent() {
        #expect(composed == decomposed, "as strings they are equal, which is the danger")
        let (one, other) = (Identity(composed), Identity(decomposed))
        #expect(one != other)
        #expect(one == Identity(composed))
        #expect(Set([one, other, Identity(composed)]).count == 2)
        let byIdentity = [one: 1, other: 2]
        #expect((byIdentity[one], byIdentity[other]) == (1, 2))
        #expect(RoomName("\u{212A}") != "K", "the Kelvin sign is equivalent to a letter of ASCII")
    }

    @Test func textsAreOrderedByTheirBytes() {
        #expect(Identity(decomposed) < Identity(composed), "65 comes before C3 AB")
        #expect(!(Identity(composed) < Identity(composed)))
        #expect(["b", "a", "", "ab", "é"].sorted() as [Identity] == ["", "a", "ab", "b", "é"])
    }

    @Test func aPrefixIsOneOfBytes() {
        let topic = TopicName("jask.code")
        #expect(topic.hasPrefix("jask.") && topic.hasPrefix("") && topic.hasPrefix("jask.code"))
        #expect(!topic.hasPrefix("jask.code2") && !topic.hasPrefix("lk."))
        #expect(!TopicName(composed).hasPrefix(.init(decomposed)))
        #expect(TopicName(decomposed).hasPrefix("zoe"), "not so for a String, whose last character has an accent")
    }

    @Test func bytesAndLengthAreKept() {
        #expect((Identity(composed).utf8Count, Identity(decomposed).utf8Count) == (4, 5))
        #expect(Array(Identity(decomposed).text.utf8) == Array(decomposed.utf8))
        #expect("\(Identity(decomposed))".utf8.elementsEqual(decomposed.utf8))
        #expect(DocumentPath("").isEmpty && !DocumentPath("a").isEmpty)
        #expect(Identity("agent-\(7)") == "agent-7")
    }

    @Test func codedTextIsABareString() throws {
        struct Line: Codable, Equatable {
            var identity: Identity
            var attributes: [AttributeKey: String]
            var room: RoomName?
        }
        let line = Line(identity: .init(decomposed), attributes: ["jask.role": "candidate"], room: nil)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = try encoder.encode(line)
        #expect(Array(bytes) == Array(#"{"attributes":{"jask.role":"candidate"},"identity":"\#(decomposed)"}"#.utf8))
        #expect(try JSONDecoder().decode(Line.self, from: bytes) == line)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Identity].self, from: Data("[1]".utf8)) }
    }

    @Test func textsThatFollowEachOtherAreHashedApart() {
        struct Pair: Hashable { var first, second: Identity }
        #expect(Pair(first: "ab", second: "c").hashValue != Pair(first: "a", second: "bc").hashValue)
    }
}
