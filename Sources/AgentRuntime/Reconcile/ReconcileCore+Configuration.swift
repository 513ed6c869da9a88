import LiveKit
import SansIO

extension ReconcileCore {
    struct Configuration: Sendable {
        /// This process's instance.
        var instance = ""
        var agentName = ""
        /// From one look to the next, at most; a quarter less at random.
        var interval: Duration = .milliseconds(1250) {
            didSet { watch.interval = interval * 4 / 5 }
        }
        var watch = PeerWatch.Configuration()
        /// How many workers look at all rooms, and how many more watch those closely.
        var lookers = 2
        var reserves = 2
        /// How many of whom nothing was heard yet are asked at the same time: the lowest, who know of the others.
        var strangers = 4
        /// How much longer a looker waits with a room that is another looker's to look after.
        var turnPatience: Duration = .seconds(4)
        /// For how long after a dispatch those are waited for who have not told of their rooms since.
        var namingPatience: Duration = .seconds(12)
        var budget = CallBudget.Configuration()
        /// A room younger than this may still be waiting for the assistant of its own making.
        var youth: Duration = .seconds(4)
        /// For how long a room must have been seen without an assistant, where one may be on its way.
        var patience: Duration = .seconds(1)
        /// A dispatch younger than this may still bring its assistant; and in a room that is not new, another one is no use
        /// while dispatches count as made at once.
        var dispatchGrace: Duration = .seconds(2)
        var raceGrace: Duration = .nanoseconds(RoomView.Dispatch.raceWindow) + .milliseconds(200)
        /// Between dispatches into one room that bring nobody.
        var backoff = Backoff.exponential(first: .seconds(6), longest: .seconds(20))
        /// The same for so many first ones where somebody is dead: the server may take it for alive, and offer it the job. A
        /// quarter less at random, and longer than dispatches count as made at once.
        var soonAgain: Duration = .seconds(4)
        var hasty = 12
        /// Between looks into a room that nobody names and that was found in order, or not to be ours.
        var recheck = Backoff.exponential(first: .seconds(5), longest: .seconds(60))
        /// Of such looks, at most one in this time.
        var recheckPace: Duration = .milliseconds(50)
        /// Between looks while the server says that it has too much to do.
        var relief = Backoff.exponential(first: .seconds(2), longest: .seconds(30))
        /// How many rooms are looked into after the first list of rooms, and at most; twice as many each time, so that
        /// whom the first ones show can tell of the others.
        var firstExaminations = 4
        var examinations = 250
        /// Between looks at the dispatches of a room that was taken over, and between such looks at any two rooms.
        var dispatchInterval: Duration = .seconds(10)
        var dispatchPace: Duration = .milliseconds(500)
        /// For how long such a look may be put off because of other calls.
        var dispatchPatience: Duration = .seconds(30)
        /// How many rooms of a dead worker are so many that calls are to be saved.
        var many = 20
        /// For how long rooms count as those of a dead worker because another one said so.
        var foretoldMemory: Duration = .seconds(15)
        /// For how long a room that was served and lost is remembered.
        var memory: Duration = .seconds(600)

        init() {}
    }
}
