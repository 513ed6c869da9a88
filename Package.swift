// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

/// A product of swift-nio.
func nio(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-nio") }

let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")

/// A thin C target over a Debian library.
func cLibrary(_ name: String, links libraries: [String]) -> Target {
    .target(
        name: name, path: "Sources/CLibraries/\(name)",
        linkerSettings: libraries.map { .linkedLibrary($0) })
}

let package = Package(
    name: "jask",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        // What every core shares: time and randomness as values.
        .target(name: "SansIO", swiftSettings: settings),
        .target(name: "Simulation", dependencies: ["SansIO", nio("NIOCore")], swiftSettings: settings),

        cLibrary("COpenSSL", links: ["ssl", "crypto"]),
        cLibrary("CSRTP", links: ["srtp2"]),
        cLibrary("COpus", links: ["opus"]),
        cLibrary("CZlib", links: ["z"]),

        // WebRTC: three targets, split by what they depend on, so that the compiler keeps the cores pure.
        .target(
            name: "RTCCore", dependencies: ["SansIO", "COpenSSL", "CSRTP", nio("NIOCore")], path: "Sources/RTC/Core",
            swiftSettings: settings),
        .target(
            name: "RTCMedia", dependencies: ["SansIO", "RTCCore", "COpus", nio("NIOCore")], path: "Sources/RTC/Media",
            swiftSettings: settings),
        .target(
            name: "RTCNetwork", dependencies: ["SansIO", "RTCCore", nio("NIOCore"), nio("NIOPosix")],
            path: "Sources/RTC/Network", swiftSettings: settings),

        .target(
            name: "LiveKit",
            dependencies: [
                "SansIO", "RTCCore", "RTCMedia", "RTCNetwork", "COpenSSL", "CZlib", protobuf, nioSSL, nio("NIOCore"),
                nio("NIOPosix"), nio("NIOHTTP1"), nio("NIOWebSocket"),
            ],
            exclude: ["Protos"], swiftSettings: settings),
        .target(name: "Perception", dependencies: ["SansIO"], swiftSettings: settings),
        .target(
            name: "VirtualCandidate",
            dependencies: ["SansIO", "LiveKit", "RTCCore", "RTCMedia", "RTCNetwork", nio("NIOCore")],
            resources: [.copy("Resources")], swiftSettings: settings),
        .target(
            name: "DevServer",
            dependencies: [
                "SansIO", "LiveKit", "Web", "RTCCore", "RTCNetwork", nio("NIOCore"), nio("NIOPosix"), protobuf,
            ], swiftSettings: settings),
        .target(
            name: "Web",
            dependencies: [nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"), nio("NIOWebSocket")],
            swiftSettings: settings),
    ]
)
