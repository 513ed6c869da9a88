import SansIO
import Testing

@testable import HTTPClient

@Suite struct WholeResponseTests {
    private let end = Instant.zero + .seconds(5)

    private func reader(limit: Int = 10) -> WholeResponse {
        var reader = WholeResponse(limit: limit, total: end)
        reader.receive(headerLine: "HTTP/1.1 503 Away\r\n")
        reader.receive(headerLine: "Retry-After: 2\r\n")
        return reader
    }

    private func receive(_ reader: inout WholeResponse, _ text: String) {
        Array(text.utf8).withUnsafeBytes { reader.receive($0, at: .zero) }
    }

    @Test func aWholeResponseComesWhateverItsStatus() throws {
        var reader = reader()
        receive(&reader, "abc")
        receive(&reader, "de")
        #expect(reader.progress == .reading && reader.deadline == end)
        reader.ended(.complete, at: .zero)
        let response = try #require(try reader.result?.get())
        #expect(response.status == 503 && response.body == Array("abcde".utf8))
        #expect(response.head.retryAfter == .seconds(2))
        #expect(reader.progress == .satisfied && reader.deadline == nil)
    }

    @Test func aBodyAboveItsBoundFails() {
        var reader = reader(limit: 4)
        receive(&reader, "abcd")
        #expect(reader.progress == .reading)
        receive(&reader, "e")
        #expect(reader.result == .failure(.tooLarge(limit: 4)))
        #expect(reader.progress == .failed(keepsConnection: true))
    }

    @Test func whatComesLateIsNotWaitedForAndItsConnectionNotKept() {
        var reader = reader()
        reader.timeout(at: end + .nanoseconds(-1))
        #expect(reader.result == nil)
        reader.timeout(at: end)
        #expect(reader.result == .failure(.timeout) && reader.progress == .failed(keepsConnection: false))
        reader.ended(.complete, at: end)
        #expect(reader.result == .failure(.timeout))
    }

    @Test(arguments: [
        (ResponseEnd.connectTimeout, HTTPError.connectTimeout), (.notConnected("x"), .notConnected("x")),
        (.tls("x"), .tls("x")), (.broken("x"), .broken("x")), (.notHTTP("x"), .notHTTP("x")),
    ])
    func endsAreTold(end: ResponseEnd, error: HTTPError) {
        var reader = reader()
        reader.ended(end, at: .zero)
        #expect(reader.result == .failure(error))
    }

    @Test func aHeaderCannotBeginALineOfItsOwn() {
        let request = HTTPRequest(.get, url: "http://x", headers: [.init("a", "b\r\nx-evil: 1")])
        #expect(request.headerLines == nil)
        #expect(HTTPRequest(.get, url: "http://x", headers: [.init("a", "b")]).headerLines == ["a: b"])
    }
}
