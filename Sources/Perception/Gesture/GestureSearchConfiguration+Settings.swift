import Settings

extension GestureSearchConfiguration {
    /// From the settings that count.
    public init(_ settings: Configuration) {
        self.init()
        takeLight(settings)
        takeMovement(settings)
        takeFaces(settings)
        takeFarFaces(settings)
        takeForeheads(settings)
        takePace(settings)
        takeHands(settings)
    }

    /// How pictures are brightened.
    private mutating func takeLight(_ settings: Configuration) {
        lightMean = Float(settings[Schema.search.lightMean])
        lightPeak = Float(settings[Schema.search.lightPeak])
        lightMost = Float(settings[Schema.search.lightMost])
        lightFollow = Float(settings[Schema.search.lightFollow])
        lightFrom = Float(settings[Schema.search.lightFrom])
        darkFrom = Float(settings[Schema.search.darkFrom])
        darkFollow = Float(settings[Schema.search.darkFollow])
        darkRenew = Float(settings[Schema.search.darkRenew])
        darkBlur = Float(settings[Schema.search.darkBlur])
    }

    /// What counts as movement.
    private mutating func takeMovement(_ settings: Configuration) {
        cellStep = Float(settings[Schema.search.cellStep])
        cellNoise = Float(settings[Schema.search.cellNoise])
        cellEdge = Float(settings[Schema.search.cellEdge])
        noiseFollow = Float(settings[Schema.search.noiseFollow])
        zoneAcross = Float(settings[Schema.search.zoneAcross])
        zoneBelow = Float(settings[Schema.search.zoneBelow])
        movedCells = Float(settings[Schema.search.movedCells])
        movedArea = Float(settings[Schema.search.movedArea])
        bigCells = Float(settings[Schema.search.bigCells])
        bigArea = Float(settings[Schema.search.bigArea])
    }

    /// When faces are looked for, and how they are followed.
    private mutating func takeFaces(_ settings: Configuration) {
        faceInterval = settings[Schema.search.faceInterval]
        faceIdle = settings[Schema.search.faceIdle]
        faceFresh = settings[Schema.search.faceFresh]
        faceMinimum = Float(settings[Schema.search.faceMinimum])
        faceNew = Float(settings[Schema.search.faceNew])
        faceNewWeak = Float(settings[Schema.search.faceNewWeak])
        facePresence = Float(settings[Schema.search.facePresence])
        faceMatch = Float(settings[Schema.search.faceMatch])
        faceFollow = Float(settings[Schema.search.faceFollow])
        faceFollowCovered = Float(settings[Schema.search.faceFollowCovered])
        faceDrop = Float(settings[Schema.search.faceDrop])
        faceJumpOverlap = Float(settings[Schema.search.faceJumpOverlap])
        faceJumpScore = Float(settings[Schema.search.faceJumpScore])
        faceStill = Float(settings[Schema.search.faceStill])
        usualFollow = Float(settings[Schema.search.usualFollow])
    }

    /// What is made of faces that are small, or not seen for a while.
    private mutating func takeFarFaces(_ settings: Configuration) {
        faceOverlap = Float(settings[Schema.search.faceOverlap])
        faceSmall = Float(settings[Schema.search.faceSmall])
        farInterval = settings[Schema.search.farInterval]
        farScore = Float(settings[Schema.search.farScore])
        farAgreeNear = Float(settings[Schema.search.farAgreeNear])
        farAgree = Float(settings[Schema.search.farAgree])
        farOverlap = Float(settings[Schema.search.farOverlap])
        faceLost = settings[Schema.search.faceLost]
        faceLostCovered = settings[Schema.search.faceLostCovered]
        coveredBefore = settings[Schema.search.coveredBefore]
        coveredFor = settings[Schema.search.coveredFor]
        mostFaces = settings[Schema.search.mostFaces]
    }

    /// How the usual look of a forehead is learnt.
    private mutating func takeForeheads(_ settings: Configuration) {
        foreheadFollow = Float(settings[Schema.search.foreheadFollow])
        foreheadCalm = settings[Schema.search.foreheadCalm]
        foreheadDrop = Float(settings[Schema.search.foreheadDrop])
        foreheadUpdates = settings[Schema.search.foreheadUpdates]
    }

    /// How often there are pictures, and searches for hands.
    private mutating func takePace(_ settings: Configuration) {
        pictureWidth = settings[Schema.search.pictureWidth]
        pictureRate = settings[Schema.search.pictureRate]
        rate = Float(settings[Schema.search.rate])
        burst = Float(settings[Schema.search.burst])
        reserve = Float(settings[Schema.search.reserve])
        followUpLeft = Float(settings[Schema.search.followUpLeft])
        onInterval = settings[Schema.search.onInterval]
        onChanged = settings[Schema.search.onChanged]
        idle = settings[Schema.search.idle]
        changedInterval = settings[Schema.search.changedInterval]
        retryLikeness = Float(settings[Schema.search.retryLikeness])
        retryInterval = settings[Schema.search.retryInterval]
        retries = settings[Schema.search.retries]
        approaches = settings[Schema.search.approaches]
        followUp = settings[Schema.search.followUp]
    }

    /// Which hands count.
    private mutating func takeHands(_ settings: Configuration) {
        palmNear = Float(settings[Schema.search.palmNear])
        palmElsewhere = Float(settings[Schema.search.palmElsewhere])
        nearAcross = Float(settings[Schema.search.nearAcross])
        nearAbove = Float(settings[Schema.search.nearAbove])
        nearBelow = Float(settings[Schema.search.nearBelow])
        wristBelow = Float(settings[Schema.search.wristBelow])
        handAcross = Float(settings[Schema.search.handAcross])
        mostHands = settings[Schema.search.mostHands]
        handKept = Float(settings[Schema.search.handKept])
        fullPalm = Float(settings[Schema.search.fullPalm])
        fullPresence = Float(settings[Schema.search.fullPresence])
        againPresence = Float(settings[Schema.search.againPresence])
        landmarkPresence = Float(settings[Schema.search.landmarkPresence])
    }
}
