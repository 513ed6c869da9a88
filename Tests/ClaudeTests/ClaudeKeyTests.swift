import Testing

@testable import Claude

@Suite struct ClaudeKeyTests {
    @Test func aKeyNeverShowsItself() throws {
        let key = try #require(ClaudeKey("  sk-ant-secret\n"))
        #expect(key.secret == "sk-ant-secret")
        var dumped = ""
        let configuration = ClaudeConfiguration(apiKey: key)
        dump(configuration, to: &dumped)
        dump(CoachConfiguration(claude: configuration), to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("secret"))
        }
    }

    @Test(arguments: ["", "  \n", "a\r\nx-evil: 1", "schlüssel", "a b"])
    func whatCannotStandInAHeaderIsNoKey(text: String) {
        #expect(ClaudeKey(text) == nil)
    }
}
