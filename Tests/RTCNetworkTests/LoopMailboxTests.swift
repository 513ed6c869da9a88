import NIOCore
import NIOPosix
import RTCNetwork
import Synchronization
import Testing

@Suite struct LoopMailboxTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    /// What was done, and whether on the loop.
    private final class Done: Sendable {
        private let all = Mutex<[Int]>([])
        var list: [Int] { all.withLock { $0 } }
        func add(_ number: Int) { all.withLock { $0.append(number) } }
    }

    private func post(_ numbers: Range<Int>, _ mailbox: LoopMailbox, _ done: Done) {
        for number in numbers { mailbox.post { [loop] in done.add(loop.inEventLoop ? number : -1) } }
    }

    /// Until the loop has done what it was asked before.
    private func settle() async throws { try await loop.submit {}.get() }

    @Test("jobs are done on the loop, in their order, without a beat at once")
    func atOnce() async throws {
        let (mailbox, done) = (LoopMailbox(eventLoop: loop), Done())
        post(0..<3, mailbox, done)
        try await settle()
        #expect(done.list == [0, 1, 2])
        post(3..<5, mailbox, done)
        try await settle()
        #expect(done.list == [0, 1, 2, 3, 4])
    }

    @Test("where there is a beat, they wait for it")
    func atTheBeat() async throws {
        let (mailbox, done) = (LoopMailbox(eventLoop: loop), Done())
        try await loop.submit { mailbox.setBeating(true) }.get()
        post(0..<3, mailbox, done)
        try await settle()
        #expect(done.list.isEmpty)
        try await loop.submit { mailbox.empty() }.get()
        #expect(done.list == [0, 1, 2])
        try await loop.submit { mailbox.empty() }.get()
        #expect(done.list == [0, 1, 2], "once")
    }

    @Test("what waits is done where the beat ends")
    func endOfTheBeat() async throws {
        let (mailbox, done) = (LoopMailbox(eventLoop: loop), Done())
        try await loop.submit { mailbox.setBeating(true) }.get()
        post(0..<2, mailbox, done)
        let within = try await loop.submit { [done] in
            mailbox.setBeating(false)
            return done.list
        }.get()
        #expect(within.isEmpty, "not in the middle of something")
        try await settle()
        #expect(done.list == [0, 1])
        post(2..<3, mailbox, done)
        try await settle()
        #expect(done.list == [0, 1, 2])
    }

    @Test("many that wait are not left to a beat that does not come")
    func bounded() async throws {
        let (mailbox, done) = (LoopMailbox(eventLoop: loop), Done())
        try await loop.submit { mailbox.setBeating(true) }.get()
        post(0..<15, mailbox, done)
        try await settle()
        #expect(done.list.isEmpty)
        post(15..<16, mailbox, done)
        try await settle()
        #expect(done.list == Array(0..<16))
    }

    @Test("a job may post another")
    func withinAJob() async throws {
        let (mailbox, done) = (LoopMailbox(eventLoop: loop), Done())
        mailbox.post {
            done.add(0)
            mailbox.post { done.add(1) }
        }
        try await settle()
        try await settle()
        #expect(done.list == [0, 1])
    }
}
