// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")

let package = Package(
    name: "jask",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    ],
    targets: [
        .target(name: "SansIO", swiftSettings: settings),
        .target(name: "RTCCore", dependencies: ["SansIO", nioCore], path: "Sources/RTC/Core", swiftSettings: settings),
        .target(name: "Simulation", dependencies: ["SansIO", nioCore], swiftSettings: settings),
    ]
)
