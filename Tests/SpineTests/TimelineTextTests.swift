import Perception
import SansIO
import Session
import Testing

@testable import jask

/// What the log says of what happens in a room.
@Suite struct TimelineTextTests {
    @Test(
        "why a gesture is over is said: who left took nothing off",
        arguments: [
            (GestureEnd.unmade, "ada takes the palm off the forehead", "ada lowers the hand"),
            (
                .unseen, "ada is not seen any more, with the palm on the forehead",
                "ada is not seen any more, with the hand up"
            ),
            (.left, "ada left, with the palm on the forehead", "ada left, with the hand up"),
        ])
    func gestureEnds(cause: GestureEnd, palm: String, hand: String) {
        func text(_ kind: Gesture.Kind) -> String? {
            TimelineText.entry(
                .heard(.gestureEnded(participant: "ada", kind: kind, since: .zero, at: .zero, cause: cause)))
        }
        #expect(text(.palmToForehead) == palm && text(.raisedHand) == hand)
    }
}
