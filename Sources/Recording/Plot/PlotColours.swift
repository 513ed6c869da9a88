/// The colours of Jask's pages, in light.
enum PlotColours {
    static let surface = "#ffffff"
    static let sunken = "#eceef1"
    static let line = "#e0e3e8"
    static let lineStrong = "#c5cad2"
    static let text = "#15181d"
    static let text2 = "#444c58"
    static let text3 = "#5b6471"
    static let accent = "#2153cc"
    static let bad = "#b0281d"
    static let voice = "#4a5a70"
    static let voiceFill = "#c9d1dc"
    static let hand = "#7b3aa4"
    static let palm = "#a4500c"
    static let grid = "#eaecf0"
    static let gridMajor = "#d9dde3"
}
