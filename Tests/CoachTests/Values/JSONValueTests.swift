import SansIO
import Simulation
import Testing

@testable import Coach

@Suite struct JSONValueTests {
    private func nested(_ depth: Int, inside: String = "1") -> String {
        String(repeating: "[", count: depth) + inside + String(repeating: "]", count: depth)
    }

    @Test func `values are read with their types`() {
        let text = #" {"a": [1, -2.5, true, null, "x\n\u00e9\ud83d\ude00\/"], "b": {}, "c": 1e2, "d": [] } "#
        #expect(
            JSONValue(parsing: text) == [
                "a": [1, .number(-2.5), true, .null, "x\né😀/"], "b": [:], "c": .number(100), "d": [],
            ])
        #expect(JSONValue(parsing: "9223372036854775807")?.integer == Int.max)
        #expect(JSONValue(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(JSONValue(parsing: #"{"a":1,"a":2}"#)?["a"]?.integer == 2)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "[1 2]", #"{"a"}"#, #"{"a":}"#, #"{a:1}"#, #"{"a":1,}"#, "01", "1.", ".5", "+1", "-",
        "1e",
        "NaN", "tru", "nulll", "\"", "\"\u{1}\"", #""\x""#, #""\u12""#, #""\ud800""#, #""\ude00x""#, "1 1", "[1]]",
        "'a'",
    ])
    func `what is no JSON is none`(text: String) {
        #expect(JSONValue(parsing: text) == nil)
    }

    @Test func `bytes that are no UTF-8 are no JSON`() {
        #expect(JSONValue(parsing: [0x22, 0xFF, 0x22]) == nil)
        #expect(JSONValue(parsing: [0x22, 0xC3, 0xA9, 0x22]) == "é")
    }

    @Test func `32 levels are read and no more`() {
        #expect(JSONValue(parsing: nested(32)) != nil)
        #expect(JSONValue(parsing: nested(33)) == nil)
        #expect(JSONValue(parsing: nested(509)) == nil)
        #expect(
            JSONValue(parsing: String(repeating: #"{"a":"#, count: 33) + "1" + String(repeating: "}", count: 33)) == nil
        )
        #expect(JSONValue(parsing: nested(100_000)) == nil)
    }

    /// Measured against a flat value of the same size in the same run.
    @Test func `depth costs no more than length`() {
        let deep = "[" + Array(repeating: nested(30), count: 400).joined(separator: ",") + "]"
        let flat = "[" + Array(repeating: "1", count: deep.utf8.count / 2).joined(separator: ",") + "]"
        func cost(_ text: String) -> Duration {
            (0..<3).map { _ in ContinuousClock().measure { #expect(JSONValue(parsing: text) != nil) } }.min() ?? .zero
        }
        let (deepCost, flatCost) = (cost(deep), cost(flat))
        #expect(deepCost < flatCost * 20, "\(deepCost) for depth, \(flatCost) for length")
    }

    @Test func `what is written is read back, members in the order of their names`() {
        let value: JSONValue = [
            "b": [1, .number(0.5), .null, false], "a": "q\"\\\n\u{1}\u{7F}é/", "c": .number(1e300), "": .integer(.min),
        ]
        let bytes = value.serialised()
        #expect(JSONValue(parsing: bytes) == value)
        #expect(
            String(decoding: bytes, as: UTF8.self).hasPrefix(#"{"":-9223372036854775808,"a":"q\"\\\n\u0001"#))
    }

    @Test func `mutated texts never trap`() {
        var random = RandomSource.seeded(3)
        let base = Array(#"{"a":[1,-2.5e3,true,null,"x\ud83d\ude00"],"b":{"c":""}}"#.utf8)
        for _ in 0..<3000 {
            var bytes = base
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let value = JSONValue(parsing: bytes) { #expect(JSONValue(parsing: value.serialised()) != nil) }
        }
    }
}
