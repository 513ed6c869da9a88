extension SileroModel {
    /// No voice model is larger; the released one has 1,289,603 bytes.
    static let largestFile = 16 << 20

    /// Where `scripts/fetch-models` puts the model; nil where no folder is known.
    public static func defaultPath(environment: [String: String]) -> String? {
        ModelFile.defaultFolder(environment: environment).map { $0 + "/" + fileName }
    }

    /// Reads the released model from a file and checks it: its hash, and that it gives the release's own answers.
    ///
    /// Blocks for some milliseconds: once at start, not on an event loop.
    /// - Throws: what is wrong with which file, and how to get a good one.
    public static func load(path: String) throws(SileroModelError) -> SileroModel {
        do throws(SileroModelError) {
            let model = try SileroModel(onnx: contents(of: path))
            try model.checkKnownAnswer()
            return model
        } catch {
            throw SileroModelError(error.problem, path: path)
        }
    }

    /// The SHA-256 of a file's bytes, as 64 lower-case hexadecimal digits.
    static func sha256(of bytes: [UInt8]) throws(SileroModelError) -> String {
        do throws(ModelFile.Failure) {
            return try ModelFile.hash(of: bytes)
        } catch {
            throw SileroModelError(error)
        }
    }

    private static func contents(of path: String) throws(SileroModelError) -> [UInt8] {
        do throws(ModelFile.Failure) {
            return try ModelFile.contents(of: path, limit: largestFile)
        } catch {
            throw SileroModelError(error)
        }
    }
}

extension SileroModelError {
    fileprivate init(_ failure: ModelFile.Failure) {
        let problem: Problem =
            switch failure {
            case .unreadable(let reason): .unreadable(reason: reason)
            case .tooLarge(let limit): .tooLarge(limit: limit)
            case .wrongHash(let expected, let found): .wrongHash(expected: expected, found: found)
            case .hashUnavailable: .hashUnavailable
            }
        self.init(problem)
    }
}
