import Testing

@testable import LiveKit

@Suite struct RoomParticipantTests {
    @Test(arguments: [(nil, true), (false, false), (true, true)] as [(Bool?, Bool)])
    func whoseRightsAreNotToldMayChangeItsAttributes(told: Bool?, expected: Bool) {
        let participant = RoomParticipant(
            .with {
                $0.identity = "ada"
                if let told { $0.permission.canUpdateMetadata = told }
                if told == false { $0.permission.canPublish = true }
            })
        #expect(participant.canUpdateMetadata == expected)
    }
}
