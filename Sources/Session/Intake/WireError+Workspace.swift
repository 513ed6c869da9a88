import Coach
import Wire

extension WireError {
    /// A refused change of a document.
    init(_ error: WorkspaceError) {
        let code: Code =
            switch error.reason {
            case .tooLarge, .tooMany, .nameTooLong: .tooLarge
            case .pathEmpty: .outOfRange
            case .staleRevision: .staleRevision
            case .unknownBase: .unknownBase
            case .invalidRange: .invalidEdit
            }
        self.init(
            code, error.description,
            editing: Editing(path: error.path, revision: error.revision, isWholeTextWanted: error.resend == .wholeText))
    }
}
