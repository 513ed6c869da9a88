import Perception
import PerceptionModels
import Pictures
import SansIO

/// What came of a picture that was due.
struct Glance: Sendable {
    var reports: [CameraTap.Report] = []
    /// Whoever looks was shown it, also where no model had to: it was not put off.
    var wasSeen = false
}

/// Looks at the pictures of one camera, however they came, as often as is wanted and with models that are lent for a look.
struct PictureEye {
    private let loan: ModelLoan
    private let models: LentModels
    private let looker: GestureLooker
    private var pace: PicturePace
    private var hasToldOff = false

    init(search: GestureSearchConfiguration, loan: ModelLoan) {
        self.loan = loan
        models = LentModels()
        looker = GestureLooker(models: models, configuration: search)
        pace = PicturePace(rate: search.pictureRate)
    }

    /// What counts from now on.
    mutating func configure(_ search: GestureSearchConfiguration) {
        guard looker.configuration != search else { return }
        looker.configuration = search
        pace.interval = PicturePace(rate: search.pictureRate).interval
    }

    /// Whether a picture that was taken then is to be looked at.
    func isDue(at time: Instant) -> Bool { pace.isDue(at: time) }

    /// - Parameters:
    ///   - time: when the picture was taken.
    ///   - now: the time that the budget of models goes by.
    ///   - picture: makes the picture, where it is its turn: what that takes is charged with the look. Nil where there is
    ///     none after all.
    mutating func look(
        taken time: Instant, at now: Instant, _ attention: GestureAttention, picture: () -> I420Picture?
    ) -> Glance {
        pace.looked(at: time)
        var glance = Glance()
        do {
            let look = try loan.look(now) { [models, looker] lent in
                guard let picture = picture() else { return nil }
                let look = try models.lend(lent) { try looker.look(at: picture, time: time, attention: attention) }
                glance.wasSeen = true
                return look
            }
            if let look { glance.reports.append(.looked(look)) }
        } catch {
            glance.reports.append(.lookFailed("\(error)"))
        }
        guard !glance.wasSeen, !hasToldOff, loan.isOff() else { return glance }
        hasToldOff = true
        glance.reports.append(.modelsOff)
        return glance
    }
}
