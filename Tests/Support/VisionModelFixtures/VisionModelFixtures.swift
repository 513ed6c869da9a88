import Foundation
import Inference
import PerceptionModels

/// The engine and the released vision models, where `scripts/fetch-models` has put them. Tests that need them are skipped
/// elsewhere.
public enum ReleasedVision {
    public static let folder = ModelFile.defaultFolder(environment: ProcessInfo.processInfo.environment)

    public static let loaded = Result { () throws(LiteRTError) in try LiteRTVision(folder: folder ?? "") }

    /// Whether the files are there; if they are and are bad, that is for the tests to say.
    public static var isThere: Bool {
        folder.map { FileManager.default.fileExists(atPath: $0 + "/" + LiteRTEngine.fileName) } ?? false
    }

    public static var absence: String {
        "\(folder ?? "a folder for models") has no vision models: scripts/fetch-models brings them"
    }

    /// Models of one owner.
    public static func models() throws -> LiteRTVisionModels { try loaded.get().makeModels() }
}
