import Perception
import PerceptionModels
import Pictures
import SansIO

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
    mutating func look(
        at picture: I420Picture, taken time: Instant, at now: Instant, _ attention: GestureAttention
    ) -> [CameraTap.Report] {
        pace.looked(at: time)
        var reports: [CameraTap.Report] = []
        do {
            let look = try loan.look(now) { [models, looker] lent in
                try models.lend(lent) { try looker.look(at: picture, time: time, attention: attention) }
            }
            if let look { return [.looked(look)] }
        } catch {
            reports.append(.lookFailed("\(error)"))
        }
        guard !hasToldOff, loan.isOff() else { return reports }
        hasToldOff = true
        reports.append(.modelsOff)
        return reports
    }
}
