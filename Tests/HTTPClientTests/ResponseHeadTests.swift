import SansIO
import Testing

@testable import HTTPClient

@Suite struct ResponseHeadTests {
    private func head(_ lines: [String]) -> ResponseHead {
        var head = ResponseHead()
        for line in ["HTTP/1.1 429 Too Many Requests"] + lines { head.receive(line: line + "\r\n") }
        return head
    }

    @Test(arguments: [
        (["retry-after: 3"], Duration.seconds(3)), (["Retry-After: 0.5"], .milliseconds(500)),
        (["retry-after-ms: 250", "retry-after: 9"], .milliseconds(250)),
        (["date: Sun, 06 Nov 1994 08:49:30 GMT", "retry-after: Sun, 06 Nov 1994 08:49:37 GMT"], .seconds(7)),
    ])
    func theAskedWaitIsRead(lines: [String], wait: Duration) {
        #expect(head(lines).retryAfter == wait)
    }

    @Test(arguments: [
        [], ["retry-after: -1"], ["retry-after: soon"], ["retry-after: nan"], ["retry-after: 1e300"],
        ["retry-after: Sun, 06 Nov 1994 08:49:37 GMT"],
        ["date: Sun, 06 Nov 1994 08:49:37 GMT", "retry-after: Sun, 06 Nov 1994 08:49:30 GMT"],
    ])
    func whatIsNoWaitIsNone(lines: [String]) {
        #expect(head(lines).retryAfter == nil)
    }

    @Test func headersAreBounded() {
        let many = head((0..<1000).map { "x-\($0): 1" })
        #expect(many.headers.count == ResponseHead.headerLimit)
        #expect(many.status == 429)
    }
}
