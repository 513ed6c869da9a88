/// Where sealed data of a session belongs. It is authenticated with them (additional data of AEAD), so that what is moved to
/// another row or column does not open there. No secret. Names that look alike and are other bytes are other places.
public struct SealedPlace: Sendable {
    public var table: String
    public var column: String
    public var row: String

    public init(table: String, column: String, row: String) {
        self.table = table
        self.column = column
        self.row = row
    }

    /// Each part after its length in four bytes, so that no two places have the same bytes.
    func authenticated(session: String) throws(SealingError) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in ["jask/1", table, column, row, session] {
            let part = Array(part.utf8)
            guard let count = UInt32(exactly: part.count), part.count <= SealedBlob.mostBytes else { throw .refused }
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
            bytes += part
        }
        return bytes
    }
}
