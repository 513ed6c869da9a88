import SansIO

/// What is seen of one participant: what has become of their cameras, and the gestures that follow.
///
/// Of several cameras the first that is not muted counts. Where it is muted, gone or cut off, nothing is known of what
/// the participant does: what was being decided is forgotten, what was on is over. The same holds where pictures stop.
struct ParticipantSight: Sendable {
    private var detector: GestureDetector
    private var cameras: [Camera] = []
    private var isConnected = true
    private let watchedSince: Instant

    /// Cameras beyond this are not looked at.
    static let mostCameras = 4

    /// - Parameter watchedSince: what was to be seen before does not count.
    init(participant: Identity, configuration: GestureConfiguration, watchedSince: Instant) {
        detector = GestureDetector(participant: participant, configuration: configuration)
        self.watchedSince = watchedSince
    }

    var configuration: GestureConfiguration {
        get { detector.configuration }
        set { if newValue != detector.configuration { detector.configuration = newValue } }
    }

    /// The camera that counts.
    private var first: Camera? { isConnected ? cameras.first { !$0.isMuted } : nil }

    /// What the rules wait for from a camera.
    func attention(to sid: String) -> GestureAttention { first?.sid == sid ? detector.attention : [] }

    mutating func setCameras(_ all: [Camera]) {
        change { $0.cameras = Array(all.prefix(Self.mostCameras)) }
    }

    /// Whether the room's connection is up.
    mutating func setConnected(_ connected: Bool) { change { $0.isConnected = connected } }

    mutating func receive(_ look: GestureLook, of sid: String) {
        // What was looked at before the camera was muted, replaced or taken away may come after it.
        guard first?.sid == sid, look.at >= watchedSince else { return }
        detector.receive(look)
    }

    /// No picture of a camera comes any more.
    mutating func lose(_ sid: String) { if first?.sid == sid { detector.interrupt() } }

    /// The participant left the room.
    mutating func leave() { detector.interrupt(.left) }

    mutating func pollOutput() -> Signal? { detector.pollOutput() }

    private mutating func change(_ change: (inout Self) -> Void) {
        let before = first?.sid
        change(&self)
        if first?.sid != before { detector.interrupt() }
    }
}
