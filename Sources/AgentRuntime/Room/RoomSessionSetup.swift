import Claude
import Inference
import LiveKit
import NIOCore
import Perception
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO
import Session
import Settings

/// What all sessions of a process share.
struct SessionResources: Sendable {
    var pool: ThreadPool
    var identity: DTLSIdentity
    var model: SileroModel
    var vision: VisionSupply
    var coach: ClaudeCoach
    /// The process's own layers.
    var configuration: Configuration
    var stateDirectory: String
    var journal: JournalConfiguration
    var disk = JournalDisk.system
    var lanes = JournalLanes.shared
    var interfaces: InterfacePolicy
    var srtpEngine = SRTPEngineKind.openSSL
    /// Whether cameras in JPEG are taken.
    var takesJPEG = false
    /// Nanoseconds since 1970.
    var wallClock: @Sendable () -> Int64
    var telemetry: Telemetry
    /// What this process's worker tells of itself when an assistant is asked.
    var board = WorkerBoard()
}

/// The job of one session.
struct SessionJob: Sendable {
    var id: String
    var room: RoomFacts
    var metadata: String
    /// The dispatch of which the job comes.
    var dispatchID = ""
    var server: ServerURL
    var token: AccessToken
    /// When the job was offered, on the event loops' clock.
    var offeredAt: Instant
}
