import SansIO

/// A job the server offers.
public struct JobOffer: Sendable {
    public var job: AgentJob

    public var id: String { job.id }
}

/// Who the agent will be in the room.
public struct AgentIdentity: Hashable, Sendable {
    public var identity: Identity
    public var name: String
    public var metadata: String
    public var attributes: [AttributeKey: String]

    public init(identity: Identity, name: String = "", metadata: String = "", attributes: [AttributeKey: String] = [:])
    {
        self.identity = identity
        self.name = name
        self.metadata = metadata
        self.attributes = attributes
    }
}

/// The answer to an offer.
public enum JobAnswer: Hashable, Sendable {
    case accept(AgentIdentity)
    /// Another worker is asked.
    case decline
    /// Nobody is asked: the job ends as a success without having run.
    case closeWithoutRunning
}

/// A job that is ours, with the token to join its room.
public struct JobAssignment: Sendable {
    public var job: AgentJob
    /// Where to join; `nil` means the server the worker is registered with.
    public var url: String?
    public var token: AccessToken

    /// Where to join, given where the worker is registered.
    /// - Throws: `TransportError.invalidURL`, also where the token would travel in clear though the worker's does not.
    public func server(registeredAt home: ServerURL) throws(TransportError) -> ServerURL {
        guard let url else { return home }
        let server = try ServerURL(url)
        guard !server.isWeaker(than: home) else {
            throw .invalidURL(reason: "it must begin with wss:// or https://, as that of the worker does")
        }
        return server
    }
}

/// How a job ended.
public enum JobResult: Hashable, Sendable {
    case success
    case failure(String)
}

/// Why the worker is not registered.
public enum WorkerOutage: Hashable, Sendable, CustomStringConvertible {
    case connectionFailed(TransportError)
    case socketEnded(WebSocketEnd)
    /// The server did not confirm the registration in time.
    case registrationTimedOut
    /// Nothing came from the server for the ping timeout.
    case silence

    public var description: String {
        switch self {
        case .connectionFailed(let error): error.description
        case .socketEnded(let end): "the worker's socket ended: \(end)"
        case .registrationTimedOut: "the server did not confirm the registration"
        case .silence: "nothing came from the server"
        }
    }
}

/// What the worker core tells its owner.
public enum WorkerEvent: Sendable {
    case registered(workerID: String, ServerInfo)
    /// Not registered; the next attempt follows after `retryIn`.
    case unregistered(WorkerOutage, retryIn: Duration)
    /// The server refused the first registration, and would again. The last event.
    case refused(TransportError)
    /// Answer with `answer(_:to:at:)`.
    case offered(JobOffer)
    /// An offer that cannot be answered any more: the connection was lost, or the answer came too late.
    case offerLapsed(jobID: String)
    case assigned(JobAssignment)
    /// Accepted, but the assignment did not come in time.
    case assignmentTimedOut(jobID: String)
    /// The server ends this job: leave its room.
    case terminated(jobID: String)
    /// The termination that a take-over of our own caused: go on.
    case terminationIgnored(jobID: String)
    /// Draining, and the last job has ended.
    case drained
    case malformed(ProtocolMessageError)
    /// After `close`. The last event.
    case closed
}
