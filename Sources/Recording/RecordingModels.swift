import Inference
import PerceptionModels

/// The models, each read and checked when a file first needs it: who has sound alone needs none for pictures.
public final class RecordingModels {
    private let folder: String
    private var voice: SileroModel?
    private var vision: LiteRTVision?

    /// - Parameter folder: where `scripts/fetch-models` has put them.
    public init(folder: String) { self.folder = folder }

    func voiceModel() throws(SileroModelError) -> SileroModel {
        if let voice { return voice }
        let model = try SileroModel.load(path: folder + "/" + SileroModel.fileName)
        voice = model
        return model
    }

    func visionModels() throws(LiteRTError) -> any VisionModels {
        if let vision { return vision.makeModels() }
        let new = try LiteRTVision(folder: folder)
        vision = new
        return new.makeModels()
    }
}
