import Testing

@testable import DevServer

@Suite struct REDPreferenceTests {
    private func description(_ msid: String, formats: String = "111 63") -> String {
        [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=audio 9 UDP/TLS/RTP/SAVPF \(formats)",
            "c=IN IP4 0.0.0.0", "a=mid:0", "a=msid:- \(msid)", "a=rtpmap:111 opus/48000/2",
            "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111", "",
        ].joined(separator: "\r\n")
    }

    @Test("redundant audio goes first, but not for tracks that are to be without")
    func redundancyGoesFirst() {
        let answer = description("ours")
        let offer = description("theirs")
        #expect(REDPreference.apply(to: answer, of: offer, except: []).contains("SAVPF 63 111\r\n"))
        #expect(REDPreference.apply(to: answer, of: offer, except: ["theirs"]).contains("SAVPF 111 63\r\n"))
        #expect(REDPreference.apply(to: "broken", of: offer, except: []) == "broken")
    }
}
