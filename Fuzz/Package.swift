// swift-tools-version:6.2
import PackageDescription

// A package of its own: it is built in release mode and by nobody who only uses Jask.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .treatAllWarnings(as: .error),
]

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "jask", path: "..")],
    targets: [
        .executableTarget(
            name: "Fuzz", dependencies: [.product(name: "JaskCores", package: "jask")], swiftSettings: settings)
    ]
)
