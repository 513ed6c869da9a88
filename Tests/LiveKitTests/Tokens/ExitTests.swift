import COpenSSL
import Foundation
import Testing

/// The end of a process whose threads are at work.
@Suite struct ExitTests {
    @Test func aProcessEndsInGoodOrderWhileItsThreadsUseOpenSSL() async {
        await #expect(processExitsWith: .success) {
            // Handlers run in reverse order: this one after any that OpenSSL registers at its first use.
            atexit { usleep(200_000) }
            for _ in 0..<2 {
                Thread {
                    var signature = [UInt8](repeating: 0, count: Int(JASK_SHA256_SIZE))
                    while true { _ = jask_hmac_sha256("key", 3, "data", 4, &signature) }
                }.start()
            }
            usleep(100_000)
            exit(0)
        }
    }
}
