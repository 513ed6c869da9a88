import Foundation

/// One TCP connection, blocking, on a thread of its own.
final class StandInConnection {
    /// Linux's POLLRDHUP, which Glibc's module does not show.
    private static let pollReadHangUp: Int16 = 0x2000

    private let socket: Int32
    private var received: [UInt8] = []
    /// Nothing can be written or read any more.
    private(set) var isGone = false
    /// The stand-in broke the connection itself.
    private(set) var isAborted = false

    init(socket: Int32) { self.socket = socket }

    // MARK: Reading

    /// The next request; nil when there is none.
    func nextRequest() -> StandInRequest? {
        var head: [UInt8]
        repeat {
            if let end = Self.endOfHead(received) {
                head = Array(received[..<end])
                received.removeFirst(end)
                break
            }
            guard receive() else { return nil }
        } while true
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let first = lines[0].split(separator: " ")
        guard first.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        let length = headers["content-length"].flatMap(Int.init) ?? 0
        while received.count < length { guard receive() else { return nil } }
        let body = String(decoding: received[..<length], as: UTF8.self)
        received.removeFirst(length)
        return StandInRequest(method: String(first[0]), path: String(first[1]), headers: headers, body: body)
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard bytes.count >= mark.count else { return nil }
        return (0...(bytes.count - mark.count)).first { Array(bytes[$0..<($0 + 4)]) == mark }.map { $0 + 4 }
    }

    private func receive() -> Bool {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(socket, &piece, piece.count, 0)
        guard count > 0 else {
            isGone = true
            return false
        }
        received += piece[..<count]
        return true
    }

    // MARK: Waiting

    /// - Returns: false when the client went away first.
    @discardableResult
    func wait(seconds: Double) -> Bool {
        if isGone { return false }
        guard seconds > 0 else { return true }
        // Only a hang-up counts: nothing more is sent by a client that waits for its answer.
        var poller = pollfd(fd: socket, events: Self.pollReadHangUp, revents: 0)
        if poll(&poller, 1, Int32(seconds * 1000)) != 0 { isGone = true }
        return !isGone
    }

    // MARK: Writing

    func write(_ text: String, writeSize: Int = .max) {
        var bytes = ArraySlice(Array(text.utf8))
        while !bytes.isEmpty, !isGone {
            let piece = Array(bytes.prefix(writeSize))
            let count = send(socket, piece, piece.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else {
                isGone = true
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }

    func writeHead(status: Int, headers: [String: String]) {
        let lines = headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }
        write("HTTP/1.1 \(status) Status\r\n" + lines.joined() + "\r\n")
    }

    func writeDocument(status: Int, type: String = "application/json", headers: [String: String] = [:], _ body: String)
    {
        var headers = headers
        headers["content-type"] = type
        headers["content-length"] = String(body.utf8.count)
        writeHead(status: status, headers: headers)
        write(body)
    }

    func writeChunk(_ text: String, writeSize: Int = .max) {
        write(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n", writeSize: writeSize)
    }

    func endChunks() { write("0\r\n\r\n") }

    /// A reset rather than an orderly end.
    func abort() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        isGone = true
        isAborted = true
    }
}
