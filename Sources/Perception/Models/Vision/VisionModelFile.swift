/// The models that look at pictures, as MediaPipe 0.10.14 released them (PyPI package mediapipe).
public enum VisionModelFile: String, CaseIterable, Sendable {
    case faceNear = "face_detection_short_range"
    case faceFar = "face_detection_full_range_sparse"
    case facePresence = "face_landmark"
    case palm = "palm_detection_lite"
    case hand = "hand_landmark_lite"
    case handFull = "hand_landmark_full"

    public var fileName: String { rawValue + ".tflite" }

    /// Of the released file, in lower-case hexadecimal.
    public var sha256: String {
        switch self {
        case .faceNear: "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
        case .faceFar: "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1"
        case .facePresence: "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814"
        case .palm: "e9a4aaddf90dda56a87235303cf00e4c2d3fb28725f68fd88772997dac905c18"
        case .hand: "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6"
        case .handFull: "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3"
        }
    }

    /// What the model takes.
    var crop: PictureCrop {
        switch self {
        case .faceNear: .signed(side: 128, border: .black)
        case .faceFar: .signed(side: 192, border: .black)
        case .facePresence: .unit(side: 192, border: .nearest)
        case .palm: .unit(side: 192, border: .black)
        case .hand, .handFull: .unit(side: 224, border: .nearest)
        }
    }

    /// How a detector's numbers are read; nil of the other models.
    var decoder: DetectionDecoder? {
        switch self {
        case .faceNear: DetectionDecoder(side: 128, layers: [(8, 2), (16, 6)], keyPoints: 6)
        case .faceFar: DetectionDecoder(side: 192, layers: [(4, 1)], keyPoints: 6)
        case .palm: DetectionDecoder(side: 192, layers: [(8, 2), (16, 6)], keyPoints: 7)
        case .facePresence, .hand, .handFull: nil
        }
    }

    /// Numbers in its inputs, then in its outputs.
    var sizes: [Int] {
        let input = crop.side * crop.side * 3
        switch self {
        case .faceNear, .faceFar, .palm: return [input] + (decoder?.sizes ?? [])
        // 468 points in the face, and whether it is one.
        case .facePresence: return [input, 1_404, 1]
        // 21 points of three numbers in the region, presence, handedness, and the points in metres.
        case .hand, .handFull: return [input, 63, 1, 1, 63]
        }
    }
}
