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
        #expect(queue.capacity < 64)
    }

    @Test("a copy has outputs of its own: what is taken from one stays in the other, and all are let go once")
    func copiesAreApart() {
        final class Thing {
            let number: Int
            let left: Counter
            init(_ number: Int, _ left: Counter) {
                self.number = number
                self.left = left
                left.count += 1
            }
            deinit { left.count -= 1 }
        }
        final class Counter { var count = 0 }
        let left = Counter()
        do {
            var queue = OutputQueue<Thing>()
            for number in 0..<5 { queue.append(Thing(number, left)) }
            _ = queue.popFirst()
            var copy = queue
            #expect(copy.popFirst()?.number == 1)
            copy.append(Thing(5, left))
            queue.append(Thing(6, left))
            #expect(queue.count == 5 && copy.count == 4)
            var (numbers, copied): ([Int], [Int]) = ([], [])
            while let thing = queue.popFirst() { numbers.append(thing.number) }
            #expect(numbers == [1, 2, 3, 4, 6])
            #expect(left.count == 4, "those that the copy still has")
            while copy.count > 1, let thing = copy.popFirst() { copied.append(thing.number) }
            #expect(copied == [2, 3, 4])
        }
        #expect(left.count == 0, "also what was never taken")
    }

    @Test("room beyond the usual is given back once all is taken")
    func roomIsGivenBack() {
        var queue = OutputQueue<Int>()
        for number in 0..<5000 { queue.append(number) }
        #expect(queue.capacity >= 5000)
        while queue.popFirst() != nil {}
        #expect(queue.capacity == 0)
        queue.append(1)
        #expect(queue.popFirst() == 1 && queue.capacity < 64)
    }
}
