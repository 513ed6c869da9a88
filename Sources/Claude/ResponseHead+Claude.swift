import Coach
import HTTPClient

/// The headers that the Messages API adds.
extension ResponseHead {
    var requestID: String? { self["request-id"] }

    var workspaceID: String? { self["anthropic-workspace-id"] }

    /// The API's own word on whether to try again, where it gives one.
    var shouldRetry: Bool? {
        switch self["x-should-retry"] {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// What is left of the model's limits, as far as the API says it.
    var remaining: RemainingLimits? {
        func left(_ kind: String) -> Int? { self["anthropic-ratelimit-\(kind)-remaining"].flatMap { Int($0) } }
        let limits = RemainingLimits(
            requests: left("requests"), inputTokens: left("input-tokens"), outputTokens: left("output-tokens"))
        return limits == RemainingLimits() ? nil : limits
    }
}
