/// The rehearsed coach's sentences, by occasion, tier and whether there is code to point at.
///
/// They hold for any problem: none names an algorithm, judges a person or says anything that could be wrong.
enum Nudges {
    /// What the nudge follows.
    enum Occasion: Sendable, Hashable, CaseIterable {
        /// A long pause, or another event that the candidate did not mean as a request.
        case pause
        /// A request, or a raised hand.
        case asked

        init(trigger kind: String) {
            self = [TriggerFacts.request, TriggerFacts.raisedHand].contains(kind) ? .asked : .pause
        }
    }

    /// Stands for `line 4` or `lines 4 to 6`.
    static let place = "{place}"

    static func cell(_ occasion: Occasion, tier: Int, withCode: Bool) -> [String] {
        switch (occasion, tier <= 1, withCode) {
        case (.pause, true, true): pauseOneCode
        case (.pause, true, false): pauseOne
        case (.pause, false, true): pauseTwoCode
        case (.pause, false, false): pauseTwo
        case (.asked, true, true): askedOneCode
        case (.asked, true, false): askedOne
        case (.asked, false, true): askedTwoCode
        case (.asked, false, false): askedTwo
        }
    }

    private static let pauseOneCode = [
        "Take another look at {place}, and follow one small input through it by hand.",
        "Have a look at what is known to be true just before the code reaches {place}.",
        "The values that reach {place} are worth writing down for the smallest input you can think of.",
        "Read {place} aloud, word for word, as the machine would carry it out.",
        "Compare {place} with the sentence of the problem that stands behind it.",
        "Keep an eye on what has changed after {place}, and what has not.",
        "Try {place} in your head with the first value, and then with the last one.",
    ]

    private static let pauseOne = [
        "Go back to the problem statement and mark the words that say what must come out.",
        "Write down one tiny input together with the result you expect for it.",
        "Look at the limits in the problem: each of them is there for a reason.",
        "Say in one sentence what goes in and what comes out, before any detail.",
        "Pick the first example of the problem and work it out on paper, step by step.",
        "List what you know for certain, and beside it what you are still assuming.",
        "Start with the simplest case that could ever be asked for.",
    ]

    private static let pauseTwoCode = [
        "Which input would make {place} do something other than what you intend?",
        "What do you expect to hold right after {place}, and how could you check it?",
        "If {place} ran with nothing in it at all, what would come out?",
        "What is used at {place} that was set somewhere else?",
        "Which of the values in {place} changes from one round to the next, and which should?",
        "How would you explain to someone who cannot see the screen what happens at {place}?",
        "What is the smallest input that needs {place} at all?",
    ]

    private static let pauseTwo = [
        "What is the smallest input for which the answer is not obvious?",
        "How do you get the result by hand, and which of your steps do you repeat?",
        "What would you need to remember from the part of the input that you have seen already?",
        "Which part of the problem could you leave out for now and still have something that runs?",
        "What would a wrong answer look like, and which input would show it?",
        "If someone gave you the answer for a slightly smaller input, what would be left to do?",
        "Which two inputs look alike but must give different results?",
    ]

    private static let askedOneCode = [
        "Start at {place}: write next to it what you expect to happen there.",
        "The next step is near {place}; read the lines around it once more with one example in mind.",
        "Check {place} against the smallest example of the problem.",
        "Watch the values at {place} for two rounds in a row.",
        "Put into words what has to hold at {place} before the code goes on.",
        "Begin with {place}, and leave everything after it aside for the moment.",
        "Look at {place} from the side of what comes in, rather than of what is done there.",
    ]

    private static let askedOne = [
        "Take the shortest example there is and write down every step that you do in your head.",
        "Read the last sentence of the problem again; it often says what counts.",
        "Draw the input as a picture, and mark where your eyes go first.",
        "Name the one thing that is unclear, and look for it in the problem statement.",
        "Split the task in two and write a heading for each half.",
        "Write the call you would like to make first, and what it should give back.",
        "Look at what all the examples have in common, before at how they differ.",
    ]

    private static let askedTwoCode = [
        "What did you expect at {place}, and what happens there with your first example?",
        "Which single value, if you could see it at {place}, would tell you the most?",
        "What has to be true before {place} for the right thing to happen there?",
        "For which input does the code first go another way than you want at {place}?",
        "What would be missing if {place} were not there?",
        "How often should the code reach {place} for an input of three, and how often does it?",
        "What is still undecided when the code reaches {place}?",
    ]

    private static let askedTwo = [
        "Which part could you already solve if the rest were done for you?",
        "What is the very first decision to make, and what does it depend on?",
        "How can you tell, for one small input, that a result is right?",
        "What do you do by hand that you have not yet put into words?",
        "Which question about the problem would you ask if you had only one?",
        "What stays the same from one step of your example to the next?",
        "What would change if the input came in another order?",
    ]
}
