import HTTPClient

/// The headers that the Messages API adds.
extension ResponseHead {
    var requestID: String? { self["request-id"] }

    /// The API's own word on whether to try again, where it gives one.
    var shouldRetry: Bool? {
        switch self["x-should-retry"] {
        case "true": true
        case "false": false
        default: nil
        }
    }
}
