import CCurl
import Testing

/// libcurl may call back for as long as it has a transfer: what it calls must outlive the transfer's removal.
@Suite struct CurlShimTests {
    private final class Log {
        var releases = 0
    }

    private func add(_ multi: OpaquePointer, _ log: Log, url: String) -> OpaquePointer? {
        url.withCString { url in
            "GET".withCString { method in
                var request = jask_curl_request(
                    url: url, method: method, headers: nil, header_count: 0, body: nil, body_length: 0,
                    connect_timeout_ms: 1000, fresh_connection: false, ca_file: nil,
                    on_header: { _, _, _ in }, on_body: { _, _, _ in true },
                    context: Unmanaged.passRetained(log).toOpaque(),
                    on_release: { context in
                        guard let context else { return }
                        let log = Unmanaged<Log>.fromOpaque(context).takeRetainedValue()
                        log.releases += 1
                    })
                return jask_curl_add(multi, &request)
            }
        }
    }

    @Test func aContextIsReleasedOnceWhenItsTransferIsGone() throws {
        let multi = try #require(jask_curl_multi_new())
        let log = Log()
        let transfer = try #require(add(multi, log, url: "http://127.0.0.1:9/"))
        _ = jask_curl_perform(multi)
        #expect(log.releases == 0)
        jask_curl_remove(multi, transfer, true)
        #expect(log.releases == 1)
        // What is left goes with the multi.
        _ = try #require(add(multi, log, url: "http://127.0.0.1:9/"))
        jask_curl_multi_free(multi)
        #expect(log.releases == 2)
    }
}
