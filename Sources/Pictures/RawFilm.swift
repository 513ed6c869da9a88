/// Pictures one after the other as YUV4MPEG2, which every video tool reads.
public enum RawFilm {
    /// What comes first.
    /// - Parameter rate: pictures a second.
    public static func header(width: Int, height: Int, rate: Int) -> [UInt8] {
        Array("YUV4MPEG2 W\(width) H\(height) F\(rate):1 Ip A1:1 C420jpeg\n".utf8)
    }

    /// One picture, of the header's size and with samples from 16 on.
    public static func frame(_ picture: I420Picture) -> [UInt8] {
        var bytes = Array("FRAME\n".utf8)
        picture.withPlanes { planes in
            for plane in [planes.y, planes.u, planes.v] {
                for row in 0..<plane.height {
                    bytes += UnsafeBufferPointer(start: plane.samples + row * plane.stride, count: plane.width)
                }
            }
        }
        return bytes
    }
}
