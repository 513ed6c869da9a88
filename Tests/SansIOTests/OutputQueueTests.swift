import Testing

@testable import SansIO

@Suite struct OutputQueueTests {
    @Test func whatGoesInComesOutInOrder() {
        var queue = OutputQueue<Int>()
        var (next, expected) = (0, 0)
        for round in 0..<200 {
            for _ in 0..<(round % 7) {
                queue.append(next)
                next += 1
            }
            for _ in 0..<(round % 5) {
                guard let number = queue.popFirst() else { break }
                #expect(number == expected)
                expected += 1
            }
            #expect(queue.count == next - expected)
        }
        while let number = queue.popFirst() {
            #expect(number == expected)
            expected += 1
        }
        #expect(expected == next && queue.count == 0)
        #expect(queue.popFirst() == nil)
    }

    @Test func whatWasTakenIsNotHeldOnTo() {
        final class Thing {}
        var queue = OutputQueue<Thing>()
        weak var taken: Thing?
        do {
            let thing = Thing()
            taken = thing
            queue.append(thing)
            queue.append(Thing())
        }
        _ = queue.popFirst()
        #expect(taken == nil && queue.count == 1)
    }

    @Test func aQueueThatIsNeverEmptyKeepsItsRoom() {
        var queue = OutputQueue<Int>()
        for number in 0..<8 { queue.append(number) }
        for number in 8..<10_000 {
            #expect(queue.popFirst() == number - 8)
            queue.append(number)
        }
        #expect(queue.room.capacity < 64)
    }
}
