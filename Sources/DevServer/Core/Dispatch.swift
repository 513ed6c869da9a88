import LiveKit
import SansIO

/// A wish for an agent in a room, and the jobs that came of it.
struct Dispatch {
    var id: String
    var agentName: String
    var metadata: String
    var attributes: [String: String]
    /// Nanoseconds since 1970.
    var createdAt: Int64
    /// As they were assigned. How they went on is not told: the captured server lists a job as running long after its
    /// worker reported its end.
    var jobs: [Livekit_Job] = []
    /// A deleted dispatch is listed no more; its jobs end a little later.
    var deletion: Deletion?

    enum Deletion {
        case terminates(at: Instant)
        case removes(at: Instant)
    }

    var deadline: Instant? {
        switch deletion {
        case .terminates(let time), .removes(let time): time
        case nil: nil
        }
    }

    func message(room: RoomName) -> Livekit_AgentDispatch {
        var message = Livekit_AgentDispatch()
        message.id = id
        message.agentName = agentName
        message.room = room.text
        message.metadata = metadata
        message.attributes = attributes
        message.state.jobs = jobs
        message.state.createdAt = createdAt
        return message
    }
}

/// One connected agent worker.
struct ConnectedWorker {
    let connection: WorkerConnectionID
    /// `AW_…`; `nil` until it registered.
    var sid: String?
    var registration = Livekit_RegisterWorkerRequest()
    var status = Livekit_WorkerStatus.wsAvailable
    var load: Float = 0
    var registerBy: Instant

    /// Its share in the choice of a worker.
    var weight: Double {
        guard sid != nil, status == .wsAvailable, load.isFinite else { return 0 }
        return Double(max(0, 1 - load))
    }
}

/// A job that is being offered, or runs.
struct JobRecord {
    enum Phase {
        /// Offered to one worker; the others have not been asked yet.
        case offered(to: WorkerConnectionID, until: Instant)
        case running(on: WorkerConnectionID)
    }

    var job: Livekit_Job
    var room: RoomName
    var phase: Phase
    /// Workers that declined.
    var declined: Set<WorkerConnectionID> = []
}
