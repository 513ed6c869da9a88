import NIOCore
import SansIO

/// What the ICE sessions of one agent have in common.
struct ICEContext: Sendable {
    let configuration: ICEAgent.Configuration
    var role: ICEAgent.Role
    /// RFC 8445 §16.1: decides a role conflict.
    var tieBreaker: UInt64
    var random: RandomSource
    var localCandidates: [ICECandidate] = []
    var outputs = CircularBuffer<ICEAgent.Output>(initialCapacity: 16)
    var statistics = ICEAgent.Statistics()
    var roundTripTime: Duration?

    init(role: ICEAgent.Role, configuration: ICEAgent.Configuration, random: RandomSource) {
        self.role = role
        self.configuration = configuration
        self.random = random
        tieBreaker = self.random.next()
    }

    /// The candidates that checks are sent from, one an endpoint (RFC 8445 §6.1.2.4).
    var bases: [ICECandidate] { localCandidates.filter { $0.kind == .host || $0.kind == .relayed } }

    var connectsOverTCP: Bool { localCandidates.contains { $0.transport == .tcp } }

    mutating func transmit(_ datagram: Datagram) {
        outputs.append(.transmit(datagram))
    }

    mutating func emit(_ event: ICEAgent.Event) {
        outputs.append(.event(event))
    }

    /// When the consent check after an answered one is due: drawn anew each time, so that agents do not fall into step.
    mutating func nextConsentCheck(after now: Instant) -> Instant {
        now + configuration.consentInterval * Double.random(in: 0.8...1.2, using: &random)
    }

    /// Smoothed as TCP does it (RFC 6298 §2).
    mutating func measured(roundTrip sample: Duration) {
        roundTripTime = roundTripTime.map { ($0 * 7 + sample) / 8 } ?? sample
    }
}
