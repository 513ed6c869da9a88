import Pictures

/// A place in a picture: 0…1 from left to right and from top to bottom, outside of it where a detection reaches over.
public struct PicturePoint: Hashable, Sendable {
    public var x: Float
    public var y: Float

    public init(x: Float, y: Float) {
        self.x = x
        self.y = y
    }
}

/// A face or a palm, as a detector found it.
public struct Detection: Hashable, Sendable {
    /// 0…1.
    public var score: Float
    /// Corners of the box.
    public var topLeft: PicturePoint
    public var bottomRight: PicturePoint
    /// Of a face six: right eye, left eye (the person's), nose tip, mouth, right and left ear. Of a palm seven: wrist, the
    /// knuckles of index, middle, ring and little finger, two of the thumb.
    public var keyPoints: [PicturePoint]

    public init(score: Float, topLeft: PicturePoint, bottomRight: PicturePoint, keyPoints: [PicturePoint]) {
        self.score = score
        self.topLeft = topLeft
        self.bottomRight = bottomRight
        self.keyPoints = keyPoints
    }
}

/// A square of a picture, turned, in which a model looks.
public struct PictureRegion: Hashable, Sendable {
    public var centre: PicturePoint
    /// Of a side, as a share of the picture's width, and of its height: a square in pixels.
    public var width: Float
    public var height: Float
    /// In radians, clockwise on the screen.
    public var rotation: Float

    public init(centre: PicturePoint, width: Float, height: Float, rotation: Float) {
        self.centre = centre
        self.width = width
        self.height = height
        self.rotation = rotation
    }
}

/// A hand's 21 landmarks: wrist, then thumb, index, middle, ring and little finger from root to tip.
public struct HandLandmarks: Hashable, Sendable {
    public var points: [PicturePoint]
    /// 0…1: whether there is a hand in the region.
    public var presence: Float
    /// 0…1: whether it is a right one, in a picture that is not mirrored.
    public var rightness: Float

    public init(points: [PicturePoint], presence: Float, rightness: Float) {
        self.points = points
        self.presence = presence
        self.rightness = rightness
    }
}

/// The models that see faces and hands, with all that they need before and after. One owner at a time: an instance is not
/// for two threads at once.
public protocol VisionModels: AnyObject {
    /// Faces up to some 2 m away, best first, overlapping ones merged.
    func facesNear(in picture: RGBPicture, from threshold: Float) throws -> [Detection]
    /// Smaller ones too, at four times the cost.
    func facesFar(in picture: RGBPicture, from threshold: Float) throws -> [Detection]
    /// 0…1: whether the face model finds a face where a detector did.
    func facePresence(in picture: RGBPicture, of face: Detection) throws -> Float
    /// Palms, best first, overlapping ones merged.
    func palms(in picture: RGBPicture, from threshold: Float) throws -> [Detection]
    /// Landmarks of a hand in a region.
    /// - Parameter full: the larger model, at twice the cost.
    func hand(in picture: RGBPicture, region: PictureRegion, full: Bool) throws -> HandLandmarks
}
