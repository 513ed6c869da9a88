import Inference
import Pictures

/// MediaPipe's face, palm and hand models on LiteRT. One owner: not for two threads at once.
public final class LiteRTVisionModels: VisionModels {
    private let vision: LiteRTVision
    private var runners: [VisionModelFile: VisionModelRunner] = [:]

    init(_ vision: LiteRTVision) { self.vision = vision }

    public func facesNear(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        try runner(.faceNear).detections(in: picture, from: threshold)
    }

    public func facesFar(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        try runner(.faceFar).detections(in: picture, from: threshold)
    }

    public func palms(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        try runner(.palm).detections(in: picture, from: threshold)
    }

    public func facePresence(in picture: RGBPicture, of face: Detection) throws -> Float {
        guard let region = PictureRegion(face: face, width: picture.width, height: picture.height) else {
            throw VisionModelError.badRegion
        }
        let outputs = try runner(.facePresence).run(PixelRegion(region, in: picture), of: picture)
        return sigmoid(outputs[1][0])
    }

    public func hand(in picture: RGBPicture, region: PictureRegion, full: Bool) throws -> HandLandmarks {
        let runner = try runner(full ? .handFull : .hand)
        let outputs = try runner.run(PixelRegion(region, in: picture), of: picture)
        let side = Float(runner.side)
        let (sine, cosine) = (Float(sine(region.rotation)), Float(cosine(region.rotation)))
        let points = (0..<21).map { index in
            let (x, y) = (outputs[0][3 * index] / side - 0.5, outputs[0][3 * index + 1] / side - 0.5)
            return PicturePoint(
                x: (x * cosine - y * sine) * region.width + region.centre.x,
                y: (x * sine + y * cosine) * region.height + region.centre.y)
        }
        return HandLandmarks(points: points, presence: outputs[1][0], rightness: outputs[2][0])
    }

    /// Makes what is missing of the models, and lets each run once: what they take does not depend on what is seen later,
    /// and no gesture waits for it. Some tens of milliseconds the first time.
    public func prepare() throws {
        guard runners.count < VisionModelFile.allCases.count else { return }
        for file in VisionModelFile.allCases { try runner(file).warmUp() }
        wipe()
    }

    /// How many models are ready.
    package var count: Int { runners.count }

    /// Wipes what the last pictures have left in the tensors: of a person nothing is to stay until somebody else's comes.
    /// What the engine keeps for itself between two layers is overwritten by its next run.
    public func wipe() {
        for runner in runners.values { runner.wipe() }
    }

    /// Whether nothing is in the tensors.
    package var isBlank: Bool { runners.values.allSatisfy(\.isBlank) }

    private func runner(_ file: VisionModelFile) throws -> VisionModelRunner {
        if let runner = runners[file] { return runner }
        let runner = VisionModelRunner(file, model: try vision.makeModel(file))
        runners[file] = runner
        return runner
    }
}

/// One model with what stands before and after it.
private final class VisionModelRunner {
    private let model: LiteRTModel
    private let input: UnsafeMutableBufferPointer<Float>
    private let outputs: [UnsafeBufferPointer<Float>]
    private let crop: PictureCrop
    private let decoder: DetectionDecoder?
    private var isUsed = false

    /// - Parameter model: of sizes that were checked.
    init(_ file: VisionModelFile, model: LiteRTModel) {
        self.model = model
        (input, outputs) = (model.inputs[0], model.outputs)
        (crop, decoder) = (file.crop, file.decoder)
    }

    func wipe() {
        guard isUsed else { return }
        isUsed = false
        model.wipe()
    }

    var isBlank: Bool { input.allSatisfy { $0 == 0 } && outputs.allSatisfy { $0.allSatisfy { $0 == 0 } } }

    /// Pixels of a side of its picture.
    var side: Int { crop.side }

    /// Has the engine take the memory that a run takes.
    func warmUp() throws {
        isUsed = true
        try model.run()
    }

    func run(_ region: PixelRegion, of picture: RGBPicture) throws -> [UnsafeBufferPointer<Float>] {
        isUsed = true
        crop.write(region, of: picture, into: input)
        try model.run()
        return outputs
    }

    func detections(in picture: RGBPicture, from threshold: Float) throws -> [Detection] {
        let outputs = try run(PixelRegion(letterboxed: picture), of: picture)
        return decoder?.detections(boxes: outputs[0], scores: outputs[1], from: threshold, in: picture) ?? []
    }
}
