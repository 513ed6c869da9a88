/// Messages that came before their channel could be used, kept for a while.
struct EarlyMessages: Sendable {
    private static let maximumCount = 64
    private static let maximumBytes = 256 * 1024
    private var messages: [SCTPReceivedMessage] = []
    private var bytes = 0

    /// Keeps a message; the oldest ones go when there are too many.
    mutating func append(_ message: SCTPReceivedMessage) {
        messages.append(message)
        bytes += message.payload.readableBytes
        while messages.count > Self.maximumCount || bytes > Self.maximumBytes, !messages.isEmpty {
            bytes -= messages.removeFirst().payload.readableBytes
        }
    }

    /// Takes the messages of a stream out.
    mutating func take(stream: UInt16) -> [SCTPReceivedMessage] {
        let taken = messages.filter { $0.stream == stream }
        guard !taken.isEmpty else { return [] }
        messages.removeAll { $0.stream == stream }
        bytes -= taken.reduce(0) { $0 + $1.payload.readableBytes }
        return taken
    }
}
