import Testing

@testable import DevServer

@Suite struct CodecPreferenceTests {
    private func description(_ msid: String) -> String {
        [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 108",
            "c=IN IP4 0.0.0.0", "a=mid:0", "a=msid:- \(msid)", "a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000",
            "a=fmtp:97 apt=96", "a=rtpmap:98 VP9/90000", "a=rtpmap:99 rtx/90000", "a=fmtp:99 apt=98",
            "a=rtpmap:108 H264/90000", "",
        ].joined(separator: "\r\n")
    }

    @Test("the codec that a track was announced with goes first, with its retransmissions, where it is agreed")
    func order() {
        let (answer, offer) = (description("ours"), description("theirs"))
        #expect(CodecPreference.apply(to: answer, of: offer, ["theirs": "vp9"]).contains("SAVPF 98 99 96 97 108\r\n"))
        #expect(CodecPreference.apply(to: answer, of: offer, ["theirs": "h264"]).contains("SAVPF 108 96 97 98 99\r\n"))
        #expect(CodecPreference.apply(to: answer, of: offer, ["theirs": "av1"]).contains("SAVPF 96 97 98 99 108\r\n"))
        #expect(CodecPreference.apply(to: answer, of: offer, ["other": "vp9"]).contains("SAVPF 96 97 98 99 108\r\n"))
        #expect(CodecPreference.apply(to: "broken", of: offer, ["theirs": "vp9"]) == "broken")
    }
}
