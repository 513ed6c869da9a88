import NIOCore
import RTCCore
import SansIO

/// Turns the RTP packets of one Opus track into an ordered, gapless sequence of units to decode: a jitter buffer for a
/// listener that has no sound card to feed.
///
/// - A packet that continues the one before it is released at once: nothing is ever held back "in case".
/// - Where a packet is missing, the ones after it wait until it comes, until redundancy (RED, RFC 2198) replaces it, or
///   until a wait learnt from the path is over; then in-band FEC fills the last missing frame and concealment the rest.
/// - Contiguous sequence numbers with a jump of the timestamp are silence (discontinuous transmission), not loss. While
///   nothing arrives, a silence clock hands out silence, so that whoever measures pauses has a time base; after some
///   time without packets it says that the track is absent and stops.
/// - After a stall everything that arrives is released, however late. Nothing is released twice.
///
/// One receiver follows one synchronisation source (SSRC). A new SSRC needs a new receiver. A source that starts its
/// sequence numbers or timestamps anew under the same SSRC is followed.
///
/// Sans-IO: call ``receive(payloadType:index:timestamp:marker:payload:at:)`` with each packet and
/// ``timeout(at:)`` at ``deadline``, and after either take units with ``pollOutput()`` until there is none.
public struct AudioReceiver: Sendable {
    /// Steps of the timeline below this are rounding by the sender or a forwarder, not silence: 2.5 ms at 48 kHz.
    static let timestampSlack: Int64 = 120
    /// Within this many nanoseconds (an hour) a timestamp cannot have wrapped unseen.
    private static let unwrapHorizon: Int64 = 3_600_000_000_000

    public let format: AudioFormat
    public let configuration: Configuration
    public private(set) var isMuted = false

    let limits: Limits
    var counters = AudioReceiveStatistics()
    var history = SequenceHistory()
    var pending = PendingPackets()
    var patience: ReorderPatience
    var delay = ArrivalDelay()
    /// How far packets have been released; `nil` before the first.
    var cursor: Cursor?
    /// When the first packet came that waits for an earlier one.
    var gapSince: Instant?
    /// Silence handed out since the last packet, in samples.
    var silentSamples: Int64 = 0
    var isAbsent = false
    /// Whether missing packets are the work of a mute or restart rather than of the network.
    var excusesLoss = false
    /// Markers on packets before which there was no silence.
    var needlessMarkers = 0

    private var newest: (timestamp: Int64, arrival: Instant)?
    private var units = OutputQueue<EncodedAudioUnit>()

    /// What the configuration says, in the units of the packet path: samples at 48 kHz and nanoseconds.
    struct Limits: Sendable {
        let granularity: Int64
        let absence: Int64
        let silenceFloor: Int64
        let silenceCeiling: Int64

        init(_ configuration: Configuration) {
            granularity = max(AudioReceiver.timestampSlack, configuration.silenceGranularity.inOpusSamples)
            absence = configuration.absenceAfter.inOpusSamples
            silenceFloor = configuration.minimumSilencePatience.wholeNanoseconds
            silenceCeiling = max(silenceFloor, configuration.maximumSilencePatience.wholeNanoseconds)
        }
    }

    /// How far the track has been released.
    struct Cursor: Sendable {
        /// The last sequence number released, unwrapped.
        var sequence: Int64
        /// The sender's timestamp at which the last packet's sound ended.
        var contentEnd: Int64
        /// The sender's timestamp at position zero.
        var base: Int64
        /// Where the next unit begins on the timeline.
        var position: Int64
        /// Samples of the last packet.
        var frameDuration: Int
        /// The latest arrival among the packets released.
        var arrival: Instant
    }

    public init(format: AudioFormat = .init(), configuration: Configuration = .init()) {
        self.format = format
        self.configuration = configuration
        limits = Limits(configuration)
        patience = ReorderPatience(
            minimum: configuration.minimumPatience, initial: configuration.initialPatience,
            maximum: configuration.maximumPatience)
    }

    /// What has become of the track's packets so far.
    public var statistics: AudioReceiveStatistics {
        var statistics = counters
        statistics.patience = patience.current
        statistics.silencePatience = silencePatience
        return statistics
    }

    /// Takes one RTP packet: plain Opus, or RED with Opus blocks.
    ///
    /// Packets may come late, twice, out of order or broken; each case is counted in ``statistics``.
    /// - Parameters:
    ///   - index: the packet's extended sequence number, as `SequenceIndexer` gives it.
    ///   - payload: without RTP header and padding.
    public mutating func receive(
        payloadType: UInt8, index: Int64, timestamp: UInt32, marker: Bool, payload: consuming ByteBuffer,
        at now: Instant
    ) {
        counters.received += 1
        var packet = PendingPacket(
            sequence: index, timestamp: 0, duration: 0, payload: consume payload, marker: marker, arrival: now,
            isRedundant: false)
        var redundancy: ByteBuffer?
        guard open(&packet, payloadType: payloadType, redundancy: &redundancy) else {
            counters.malformed += 1
            return
        }
        packet.timestamp = Self.unwrap(timestamp, at: now, after: newest)
        switch history.insert(index, at: now) {
        case .newest: accept(consume packet, redundancy: redundancy, isNewest: true)
        case .newRun:
            beginRun(at: index, now)
            accept(consume packet, redundancy: redundancy, isNewest: true)
        case .older(let missingFor):
            if let missingFor { patience.observeArrival(after: missingFor) }
            acceptOlder(consume packet, redundancy: redundancy)
        case .duplicate: counters.duplicates += 1
        }
    }

    /// As `receive`, for whoever takes units at once: the one that the packet makes is returned instead of queued, unless
    /// others come before it. Where one is returned, there is nothing to poll.
    public mutating func receiveNext(_ media: IncomingMedia, payload: consuming ByteBuffer) -> EncodedAudioUnit? {
        if media.payloadType == format.redPayloadType { return receiveNextRED(media, payload: payload) }
        guard media.payloadType == format.opusPayloadType, let (position, timestamp, duration) = follow(media, payload)
        else {
            receive(
                payloadType: media.payloadType, index: media.index, timestamp: media.timestamp, marker: media.marker,
                payload: payload, at: media.arrival)
            return nil
        }
        return EncodedAudioUnit(
            kind: .packet(payload), position: position, rtpTimestamp: timestamp, duration: duration,
            arrival: media.arrival)
    }

    /// Where nothing is missing before the packet, no older frame in it is of use.
    private mutating func receiveNextRED(_ media: IncomingMedia, payload: ByteBuffer) -> EncodedAudioUnit? {
        guard let red = try? REDPayload(parsing: payload), red.primaryPayloadType == format.opusPayloadType,
            let (position, timestamp, duration) = follow(media, red.primary)
        else {
            receive(
                payloadType: media.payloadType, index: media.index, timestamp: media.timestamp, marker: media.marker,
                payload: payload, at: media.arrival)
            return nil
        }
        return EncodedAudioUnit(
            kind: .packet(red.primary), position: position, rtpTimestamp: timestamp, duration: duration,
            arrival: media.arrival)
    }

    /// What nearly every packet is: an Opus frame that follows the packet before it in number and time.
    /// - Parameter payload: the newest frame.
    /// - Returns: where the packet's unit lies; `nil` where it is anything else, and then nothing has changed.
    @inline(__always)
    private mutating func follow(
        _ media: IncomingMedia, _ payload: borrowing ByteBuffer
    ) -> (position: Int64, timestamp: Int64, duration: Int)? {
        let (index, now) = (media.index, media.arrival)
        guard units.isEmpty, pending.isEmpty, !excusesLoss, let cursor, index == cursor.sequence + 1,
            history.highest == cursor.sequence, let duration = OpusPacket.duration(of: payload), duration > 0
        else { return nil }
        let timestamp = Self.unwrap(media.timestamp, at: now, after: newest)
        let place = timestamp &- cursor.base
        let gap = timestamp &- cursor.contentEnd
        guard gap <= Self.timestampSlack, gap >= -Self.timestampSlack, place &- cursor.position <= Self.timestampSlack
        else { return nil }
        counters.received += 1
        _ = history.insert(index, at: now)
        newest = (timestamp, now)
        if media.marker { needlessMarkers &+= 1 }
        delay.observe(position: place, arrival: now, isRegular: true)
        self.cursor = Cursor(
            sequence: index, contentEnd: timestamp &+ Int64(duration), base: cursor.base,
            position: cursor.position &+ Int64(duration), frameDuration: duration, arrival: max(cursor.arrival, now))
        silentSamples = 0
        isAbsent = false
        excusesLoss = isMuted
        return (cursor.position, timestamp, duration)
    }

    /// Tells that signalling muted or unmuted the track: silence and lost packets are then nobody's fault.
    public mutating func setMuted(_ muted: Bool, at now: Instant) {
        guard muted != isMuted else { return }
        drain(at: now, isForced: true)
        advanceSilence(to: now)
        isMuted = muted
        excusesLoss = true
    }

    /// Tells the round-trip time of the path, which bounds the wait from below where lost packets are sent again.
    public mutating func setRoundTripTime(_ roundTrip: Duration) {
        guard configuration.expectsRetransmission else { return }
        patience.setRetransmission(roundTrip: max(.zero, roundTrip))
    }

    /// Gives up waiting, or hands out silence, if it is time to.
    public mutating func timeout(at now: Instant) {
        drain(at: now, isForced: false)
        advanceSilence(to: now)
    }

    /// The next unit of sound, in order.
    public mutating func pollOutput() -> EncodedAudioUnit? { units.popFirst() }

    /// When ``timeout(at:)`` wants to be called; `nil` if only a packet can change anything.
    public var deadline: Instant? {
        guard pending.isEmpty else { return gapSince.map { $0 + patience.current } }
        return silenceDeadline
    }

    /// Queues a unit; a consumer that never comes costs the oldest units, not memory.
    mutating func emit(_ unit: consuming EncodedAudioUnit) {
        if units.count >= max(1, configuration.maximumQueuedUnits) {
            _ = units.popFirst()
            counters.droppedUnits += 1
        }
        units.append(unit)
    }

    /// Finds the Opus frame in a packet.
    /// - Parameter redundancy: the whole payload, if it also carries older frames.
    /// - Returns: false if the payload is broken.
    private mutating func open(
        _ packet: inout PendingPacket, payloadType: UInt8, redundancy: inout ByteBuffer?
    ) -> Bool {
        if payloadType == format.redPayloadType, packet.payload.readableBytes > 0 {
            guard let red = try? REDPayload(parsing: packet.payload),
                red.primaryPayloadType == format.opusPayloadType
            else { return false }
            if red.redundantCount > 0 { redundancy = packet.payload }
            packet.payload = red.primary
        } else if payloadType != format.opusPayloadType, payloadType != format.redPayloadType {
            counters.otherPayloadTypes += 1
            packet.payload = ByteBuffer()
            return true
        }
        guard packet.payload.readableBytes > 0 else {
            counters.empty += 1
            return true
        }
        guard let duration = OpusPacket.duration(of: packet.payload) else { return false }
        packet.duration = duration
        return true
    }

    private mutating func acceptOlder(_ packet: consuming PendingPacket, redundancy: ByteBuffer?) {
        guard let cursor, packet.sequence > cursor.sequence else {
            counters.late += 1
            return
        }
        if let standIn = pending[packet.sequence], standIn.timestamp == packet.timestamp {
            // Its RED copy is already in place, and is the same sound.
            counters.late += 1
            return
        }
        counters.reordered += 1
        accept(consume packet, redundancy: redundancy, isNewest: false)
    }

    private mutating func accept(_ packet: consuming PendingPacket, redundancy: ByteBuffer?, isNewest: Bool) {
        let now = packet.arrival
        if packet.duration == 0 {
            // Padding and foreign payloads may carry any timestamp; only their number counts.
            guard let newest else { return }
            packet.timestamp = newest.timestamp
        } else if isNewest {
            newest = (packet.timestamp, now)
        }
        guard let cursor else { return start(with: consume packet, at: now) }
        if packet.sequence == cursor.sequence + 1, pending.isEmpty {
            release(consume packet, missing: 0, at: now)
        } else {
            hold(consume packet, redundancy: redundancy, at: now)
        }
    }

    private mutating func start(with packet: consuming PendingPacket, at now: Instant) {
        cursor = Cursor(
            sequence: packet.sequence - 1, contentEnd: packet.timestamp, base: packet.timestamp, position: 0,
            frameDuration: packet.duration, arrival: now)
        release(consume packet, missing: 0, at: now)
    }

    /// A timestamp nearest to where the time passed suggests it is, so that even a mute of many hours unwraps right.
    // Static, for a call on a receiver copies all of it (1 KB) to borrow it.
    @inline(__always)
    private static func unwrap(
        _ timestamp: UInt32, at now: Instant, after newest: (timestamp: Int64, arrival: Instant)?
    ) -> Int64 {
        guard let newest else { return Int64(timestamp) }
        var expected = newest.timestamp
        let elapsed = now.nanoseconds(since: newest.arrival)
        if elapsed > unwrapHorizon {
            expected = expected &+ SampleClock.samples(nanoseconds: elapsed, rate: AudioFormat.opusClockRate)
        }
        return expected &+ Int64(Int32(truncatingIfNeeded: Int64(timestamp) &- expected))
    }

    /// The source has begun its sequence numbers anew: what lies between the two runs was never sent.
    private mutating func beginRun(at sequence: Int64, _ now: Instant) {
        drain(at: now, isForced: true)
        cursor?.sequence = sequence - 1
        excusesLoss = true
        counters.restarts += 1
    }
}
