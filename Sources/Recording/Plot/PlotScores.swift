import Perception
import SansIO

/// What the looks say of each gesture, as the plot shows it: against the thresholds, also what is below them.
struct PlotScores {
    struct Point {
        var at: Instant
        /// How sure the hand model is of a hand in the gesture's place; nil where no hand was there.
        var raised: Double?
        var palm: Double?
        /// How sure the palm detector is, where that alone makes the look one of a palm on the forehead.
        var weakPalm: Double?
    }

    let points: [Point]

    init(_ looks: [GestureLook], _ configuration: GestureConfiguration) {
        // With no threshold for the hand's presence the verdict is of the place alone.
        var place = configuration
        place.handPresence = 0
        points = looks.map { look in
            var point = Point(at: look.at)
            for hand in look.hands {
                let presence = hand.presence.value
                switch place.verdict(on: hand) {
                case .raisedHand: point.raised = max(point.raised ?? 0, presence)
                case .palmToForehead: point.palm = max(point.palm ?? 0, presence)
                case .atFace, .nothing: break
                }
                if configuration.verdict(on: hand) == .palmToForehead(isWeak: true) {
                    point.weakPalm = max(point.weakPalm ?? 0, hand.palm.value)
                }
            }
            return point
        }
    }
}
