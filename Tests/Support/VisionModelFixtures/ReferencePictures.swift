import CZlib
import Foundation
import Pictures

/// Pictures, and what MediaPipe 0.10.14 itself finds in them, as `scripts/make-vision-fixtures` writes them.
public struct ReferencePictures: Sendable {
    /// What stands in `reference.json` of one picture. Places are shares of the picture's sides.
    public struct Reference: Decodable, Sendable {
        public var width: Int
        public var height: Int
        /// By the model for near faces.
        public var near: [Found]
        public var far: [Found]
        /// By the smaller models of palm and hand, and by the larger ones.
        public var light: Hands
        public var full: Hands
    }

    public struct Found: Decodable, Sendable {
        public var score: Float
        /// Left, top, right, bottom.
        public var box: [Float]
        /// x and y of each.
        public var keyPoints: [Float]
        /// Of a face: the face model's answer, 0…1.
        public var presence: Float?
    }

    public struct Hands: Decodable, Sendable {
        public var palms: [Found]
        public var hands: [Hand]
    }

    public struct Hand: Decodable, Sendable {
        /// Where the model looked: x and y of the centre, width, height, rotation.
        public var region: [Float]
        /// x and y of each.
        public var points: [Float]
        public var rightness: Float
        /// Where it would look in the next picture.
        public var next: [Float]
    }

    public struct Bad: Error {
        public var reason: String
    }

    public let folder: URL
    public let references: [String: Reference]

    /// Those in the repository: a rendered person.
    public static func checkedIn() throws -> ReferencePictures {
        try ReferencePictures(
            folder: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/vision"))
    }

    public init(folder: URL) throws {
        self.folder = folder
        let text = try Data(contentsOf: folder.appending(path: "reference.json"))
        references = try JSONDecoder().decode([String: Reference].self, from: text)
    }

    public func picture(_ name: String) throws -> RGBPicture {
        guard let reference = references[name] else { throw Bad(reason: "no picture is called \(name)") }
        let packed = Array(try Data(contentsOf: folder.appending(path: name + ".pixels")))
        var bytes = [UInt8](repeating: 0, count: reference.width * reference.height * 3)
        guard let inflater = jask_inflater_new(JASK_GZIP) else { throw Bad(reason: "zlib has no memory") }
        defer { jask_inflater_free(inflater) }
        var (consumed, produced) = (0, 0)
        let status = jask_inflater_run(inflater, packed, packed.count, &consumed, &bytes, bytes.count, &produced)
        guard status != JASK_ZLIB_CORRUPT, produced == bytes.count else { throw Bad(reason: "\(name) is damaged") }
        for row in 0..<reference.height {
            let start = row * reference.width * 3
            for index in (start + 3)..<(start + reference.width * 3) { bytes[index] &+= bytes[index - 3] }
        }
        guard let picture = RGBPicture(width: reference.width, height: reference.height, bytes: bytes) else {
            throw Bad(reason: "\(name) has no size")
        }
        return picture
    }
}
