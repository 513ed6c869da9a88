import SansIO

extension [AttributeKey: String] {
    /// What a message of the protocol says.
    package init(plain: [String: String]) {
        self.init(uniqueKeysWithValues: plain.map { (AttributeKey($0.key), $0.value) })
    }

    /// For a message of the protocol, whose keys are `String`: of two equivalent keys, one is sent.
    package var plain: [String: String] {
        .init(map { ($0.key.text, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}
