/// Second bytes of markers (ITU-T T.81, table B.1).
enum JPEGMarker {
    static let baseline: UInt8 = 0xC0
    static let extended: UInt8 = 0xC1
    static let progressive: UInt8 = 0xC2
    static let huffmanTables: UInt8 = 0xC4
    static let reserved: UInt8 = 0xC8
    static let arithmeticConditions: UInt8 = 0xCC
    static let firstRestart: UInt8 = 0xD0
    static let lastRestart: UInt8 = 0xD7
    static let start: UInt8 = 0xD8
    static let end: UInt8 = 0xD9
    static let scan: UInt8 = 0xDA
    static let quantisationTables: UInt8 = 0xDB
    static let restartInterval: UInt8 = 0xDD
    static let jfif: UInt8 = 0xE0
    static let adobe: UInt8 = 0xEE

    /// Frame headers: all from SOF0 to SOF15 but those that mean something else.
    static func isFrame(_ marker: UInt8) -> Bool {
        marker >= 0xC0 && marker <= 0xCF && marker != huffmanTables && marker != reserved
            && marker != arithmeticConditions
    }

    /// Those without a length behind them.
    static func standsAlone(_ marker: UInt8) -> Bool {
        marker == 0x01 || (marker >= firstRestart && marker <= end)
    }
}
