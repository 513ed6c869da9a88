/// The payload protocol identifiers of data channels (RFC 8831 §8).
enum PayloadProtocol {
    static let control: UInt32 = 50
    static let string: UInt32 = 51
    static let binary: UInt32 = 53
    /// SCTP carries no empty messages, so these stand for one and come with a single byte that means nothing.
    static let emptyString: UInt32 = 56
    static let emptyBinary: UInt32 = 57
}
