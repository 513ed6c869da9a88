import LiveKit
import Settings
import Web

extension WorkerConfiguration {
    /// An error of the start in words that name the settings it comes of, and what to do.
    public func explanation(of error: any Error) -> String {
        switch error {
        case TransportError.refused(let refusal) where Self.isAboutKeys(refusal.status):
            return "\(error); \(keyAdvice)"
        case ServerAPIError.twirp(_, let status, _, _) where Self.isAboutKeys(status):
            return "\(error); \(keyAdvice)"
        case WebServerError.portInUse(_, let port):
            return "health.port \(port) (JASK_HEALTH_PORT) is in use by \(PortHolder.name(ofPort: port)): "
                + "give another port, 0 for any free one, or set health.enabled to false"
        default: return "\(error)"
        }
    }

    private static func isAboutKeys(_ status: Int) -> Bool { status == 401 || status == 403 }

    private var keyAdvice: String {
        "LIVEKIT_API_KEY ('\(apiKey)') and LIVEKIT_API_SECRET must be a pair that the server at \(url) (LIVEKIT_URL) knows"
    }
}

extension PortHolder {
    /// Who holds the port for want of which a server could not start; nil for any other error.
    public static func name(in error: any Error) -> String? {
        guard case WebServerError.portInUse(_, let port) = error else { return nil }
        return name(ofPort: port)
    }
}
