import Pictures

extension I420Picture {
    /// The same picture with samples of a range; itself where it has that range.
    func converted(to target: SampleRange, in pool: PicturePool) throws(VideoEncodingError) -> I420Picture {
        guard range != target else { return self }
        let luma = target == .full ? SampleTables.lumaToFull : SampleTables.lumaToLimited
        let chroma = target == .full ? SampleTables.chromaToFull : SampleTables.chromaToLimited
        do {
            return try pool.makePicture(width: width, height: height, range: target) { made in
                withPlanes { planes in
                    planes.y.map(luma, to: made.y)
                    planes.u.map(chroma, to: made.u)
                    planes.v.map(chroma, to: made.v)
                }
            }
        } catch { throw .badArgument }
    }
}

extension I420Picture.Plane {
    /// Writes every sample's counterpart, rows without gaps.
    fileprivate func map(_ table: [UInt8], to target: UnsafeMutablePointer<UInt8>) {
        for row in 0..<height {
            let source = samples + row * stride
            for column in 0..<width { target[row * width + column] = table[Int(source[column])] }
        }
    }
}

/// Every sample's counterpart in the other range (BT.601), to the nearest.
private enum SampleTables {
    static let lumaToLimited = table { 16 + $0 * 219 / 255 }
    static let chromaToLimited = table { 128 + ($0 - 128) * 224 / 255 }
    static let lumaToFull = table { ($0 - 16) * 255 / 219 }
    static let chromaToFull = table { 128 + ($0 - 128) * 255 / 224 }

    private static func table(_ convert: (Double) -> Double) -> [UInt8] {
        (0...255).map { UInt8(max(0, min(255, convert(Double($0)).rounded()))) }
    }
}
