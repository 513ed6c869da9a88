import SansIO
import Simulation
import Testing
import WireSamples

@testable import Wire

@Suite("Messages on the wire")
struct WireMessageTests {
    @Test("every message comes back byte for byte")
    func roundTrips() throws {
        #expect(Samples.all.count == 21)
        for (topic, payload) in Samples.all {
            #expect(try Samples.roundTrip(topic, payload) == payload, "\(topic)")
        }
    }

    @Test("cut anywhere, a message is refused")
    func truncated() {
        for (topic, payload) in Samples.all {
            for length in 0..<payload.count {
                #expect(throws: WireError.self) { try Samples.roundTrip(topic, Array(payload.prefix(length))) }
            }
        }
    }

    @Test("members that the contract does not name are passed over")
    func unknownMembers() throws {
        let message = try AskMessage(decoding: Array(#"{"type":"jask.ask","version":1,"later":{"a":[1]}}"#.utf8))
        #expect(message == AskMessage())
    }

    @Test("changed and random bytes never do harm; what is taken comes back the same", arguments: 0..<8)
    func fuzz(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let samples = Samples.all
        var taken = 0
        for _ in 0..<1500 {
            guard var (topic, payload) = samples.randomElement(using: &random) else { return }
            for _ in 0..<Int.random(in: 1...4, using: &random) where !payload.isEmpty {
                let place = Int.random(in: 0..<payload.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: payload[place] = UInt8.random(in: 0...255, using: &random)
                case 1: payload.remove(at: place)
                case 2: payload.insert(contentsOf: Array(#"-1e999"#.utf8), at: place)
                case 3: payload[place] = Array(#"0123456789[]{}",:ntf\"#.utf8).randomElement(using: &random) ?? 0
                default: payload.insert(contentsOf: payload[place...].prefix(20), at: place)
                }
            }
            if Int.random(in: 0..<10, using: &random) == 0 {
                topic = samples.randomElement(using: &random)?.topic ?? topic
            }
            do throws(WireError) {
                guard let once = try Samples.roundTrip(topic, payload) else { continue }
                taken += 1
                #expect(try Samples.roundTrip(topic, once) == once, "seed \(seed)")
            } catch {
                #expect(!error.message.isEmpty, "seed \(seed)")
            }
        }
        #expect(taken > 0, "seed \(seed): nothing was taken, so nothing was tried")
    }
}
