import PythonPeers

extension PythonPeer {
    /// The hints received.
    var hints: [Line] { packets("jask.hint") }

    /// Notices of a kind.
    func notices(_ kind: String) -> [Line] {
        packets("jask.notice").filter { JSONField.parsing($0["text"]?.text ?? "")?["kind"]?.text == kind }
    }

    private func packets(_ topic: String) -> [Line] { lines("data").filter { $0["topic"]?.text == topic } }
}
