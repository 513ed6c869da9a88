/// Why a DTLS association failed, or refused to send.
public enum DTLSError: Error, Hashable, Sendable {
    /// OpenSSL gave up, for instance because the peer broke the protocol; its reason in words.
    case library(reason: String)
    /// The peer ended the association with an alert (RFC 5246 §7.2), with its code and OpenSSL's words for it.
    case peerAlert(code: UInt8, reason: String)
    /// The peer's certificate is not one that the signalling vouched for.
    case fingerprintMismatch
    /// No fingerprint was given to hold the peer's certificate against.
    case noFingerprint
    /// A configuration value OpenSSL does not accept.
    case invalidConfiguration(reason: String)
    /// The handshake was not over in the configured time.
    case handshakeTimedOut
    /// The association is closed or has failed.
    case notOpen
    /// Too much was sent before the handshake was over.
    case sendQueueFull
    /// More application data than one record carries.
    case messageTooLarge(maximum: Int)
}
