import Pictures
import Testing

@testable import AgentRuntime

@Suite("Privacy of what holds pictures in a room")
struct SightPrivacyTests {
    @Test("nothing that holds a camera's or a client's pictures can be encoded or printed as it is")
    func types() {
        let held: [Any.Type] = [
            CameraTap.self, CameraSight.self, CameraTap.Report.self, PictureTap.self, PictureTap.Taken.self,
            PictureSight.self, PictureEye.self, FrameBacklog.self, WatchedCamera.self, ModelLoan.self,
        ]
        for type in held {
            #expect(!(type is any Encodable.Type) && !(type is any Decodable.Type), "\(type)")
            #expect(!(type is any CustomStringConvertible.Type), "\(type)")
        }
    }

    @Test("what leaves a camera's tap are scores, sizes and errors: no picture, and nothing made of its bytes")
    func reports() {
        // A new case has to be looked at here.
        func names(_ report: CameraTap.Report) -> [String] {
            switch report {
            case .looked(let look): ["\(type(of: look))"]
            case .began(let codec, let size): ["\(type(of: codec))", "\(type(of: size))"]
            case .needsKeyFrame(let error): ["\(type(of: error))"]
            case .lookFailed(let text): ["\(type(of: text))"]
            case .modelsOff: []
            case .wants(let frames): ["\(type(of: frames))"]
            }
        }
        #expect(names(.needsKeyFrame(nil)) == ["Optional<VideoDecodingError>"])
        #expect(names(.began(.vp8, .init(width: 1, height: 1))) == ["VideoCodec", "VideoSize"])
        #expect(names(.lookFailed("")) == ["String"] && names(.modelsOff).isEmpty)
        #expect(names(.wants(.init())) == ["Wanted"])
    }
}
