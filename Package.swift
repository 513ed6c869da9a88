// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

/// What works on every pixel or weight is optimised in debug builds too: tests over whole clips would take hours without.
let optimised = settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// A product of swift-nio.
func nio(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-nio") }

let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")

/// `scripts/sanitize` names its sanitizer in the environment.
let sanitizer = Context.environment["JASK_SANITIZE"]
/// Swift knows no sanitizer of undefined behaviour on Linux, and traps where C does not; so it is for C alone. Its runtime
/// is part of AddressSanitizer's.
let shimSettings: [CSetting] =
    sanitizer == "address" ? [.unsafeFlags(["-fsanitize=undefined", "-fno-sanitize-recover=undefined"])] : []

/// A thin C target, over a Debian library where one is named.
func cLibrary(_ name: String, over library: String? = nil, isOptimised: Bool = false) -> Target {
    .target(
        name: name, dependencies: library.map { [.target(name: $0)] } ?? [], path: "Sources/CLibraries/\(name)",
        cSettings: shimSettings + (isOptimised ? [.unsafeFlags(["-O2"], .when(configuration: .debug))] : []))
}

/// A Debian library: pkg-config says how to compile and link against it, and SwiftPM what to install where it is missing.
/// Its module is empty: headers are the shims' business.
func debianLibrary(_ name: String, pkgConfig: String, package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/CLibraries/Debian/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// `JASK_TESTS=CoachTests,LiveKitTests` in the environment leaves out all other tests, so that a change in one part is
/// built with its own tests alone: `JASK_TESTS=… swift build --product jaskPackageTests`.
let chosenTests = Context.environment["JASK_TESTS"].map { $0.split(separator: ",").map(String.init) }

/// Faults on purpose, for `scripts/sanitize` to see that its sanitizer is on.
let faults: [Target] = [
    .target(name: "CSanitizerFaults", path: "Tests/Support/CSanitizerFaults", cSettings: shimSettings),
    .testTarget(
        name: "SanitizerFaultTests", dependencies: ["CSanitizerFaults"], path: "Tests/Support/SanitizerFaults",
        swiftSettings: settings),
]

let package = Package(
    name: "jask",
    products: [
        .executable(name: "jask", targets: ["jask"]),
        // What the benchmarks and the fuzzer, packages of their own, build upon.
        .library(
            name: "JaskCores",
            targets: [
                "SansIO", "Simulation", "Pictures", "RTCCore", "RTCMedia", "RTCVideoCodecs", "RTCNetwork", "LiveKit",
                "HTTPClient", "Settings",
                "Wire",
                "Inference", "Perception", "PerceptionModels", "Recording", "Coach", "Claude", "Session",
                "AgentRuntime",
                "DevServer", "RenderedCandidate", "VirtualCandidate", "FuzzTargets", "ReceivingRoom",
                "VisionModelFixtures",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // What every core shares: time and randomness as values.
        .target(name: "SansIO", swiftSettings: settings),
        .target(name: "Simulation", dependencies: ["SansIO", nio("NIOCore")], swiftSettings: settings),

        debianLibrary("DebianOpenSSL", pkgConfig: "openssl", package: "libssl-dev"),
        debianLibrary("DebianSRTP", pkgConfig: "libsrtp2", package: "libsrtp2-dev"),
        debianLibrary("DebianOpus", pkgConfig: "opus", package: "libopus-dev"),
        debianLibrary("DebianZlib", pkgConfig: "zlib", package: "zlib1g-dev"),
        debianLibrary("DebianCurl", pkgConfig: "libcurl", package: "libcurl4-openssl-dev"),
        debianLibrary("DebianVPX", pkgConfig: "vpx", package: "libvpx-dev"),
        debianLibrary("DebianOpenH264", pkgConfig: "openh264", package: "libopenh264-dev"),
        debianLibrary("DebianJPEG", pkgConfig: "libjpeg", package: "libjpeg-dev"),
        cLibrary("COpenSSL", over: "DebianOpenSSL"),
        cLibrary("CSRTP", over: "DebianSRTP"),
        cLibrary("COpus", over: "DebianOpus"),
        cLibrary("CZlib", over: "DebianZlib"),
        cLibrary("CCRC32C"),
        cLibrary("CLiteRT"),
        cLibrary("CPixels", isOptimised: true),
        cLibrary("CFloats", isOptimised: true),
        cLibrary("CDatagrams"),
        cLibrary("CCurl", over: "DebianCurl"),
        cLibrary("CVPX", over: "DebianVPX"),
        cLibrary("COpenH264", over: "DebianOpenH264"),
        cLibrary("CJPEG", over: "DebianJPEG"),

        // Pictures as values, between what decodes them and what looks at them.
        .target(name: "Pictures", swiftSettings: optimised),

        // WebRTC: four targets, split by what they depend on, so that the compiler keeps the cores pure.
        .target(
            name: "RTCCore", dependencies: ["SansIO", "COpenSSL", "CSRTP", "CCRC32C", nio("NIOCore")],
            path: "Sources/RTC/Core", swiftSettings: settings),
        .target(
            name: "RTCMedia", dependencies: ["SansIO", "RTCCore", "COpus", nio("NIOCore")], path: "Sources/RTC/Media",
            swiftSettings: settings),
        .target(
            name: "RTCVideoCodecs",
            dependencies: ["SansIO", "Pictures", "RTCMedia", "CVPX", "COpenH264", "CJPEG", nio("NIOCore")],
            path: "Sources/RTC/VideoCodecs", swiftSettings: optimised),
        .target(
            name: "RTCNetwork", dependencies: ["SansIO", "RTCCore", "CDatagrams", nio("NIOCore"), nio("NIOPosix")],
            path: "Sources/RTC/Network", swiftSettings: settings),

        .target(
            name: "LiveKit",
            dependencies: [
                "SansIO", "HTTPClient", "RTCCore", "RTCMedia", "RTCNetwork", "COpenSSL", "CZlib", protobuf, nioSSL,
                nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"), nio("NIOWebSocket"),
            ],
            exclude: ["Protos"], swiftSettings: settings),
        .target(name: "Settings", dependencies: ["SansIO"], swiftSettings: settings),
        .target(name: "Wire", dependencies: ["SansIO"], swiftSettings: settings),
        // What is stored of a session, sealed.
        .target(name: "Sealing", dependencies: ["SansIO", "COpenSSL"], swiftSettings: settings),
        .target(
            name: "Inference", dependencies: ["SansIO", "Settings", "COpenSSL", "CLiteRT", "CFloats"],
            swiftSettings: settings),
        // The rules are sans-IO; what runs models for them is a target of its own.
        .target(
            name: "Perception", dependencies: ["SansIO", "Settings"], exclude: ["Models"], swiftSettings: settings),
        .target(
            name: "PerceptionModels", dependencies: ["SansIO", "Pictures", "Perception", "Inference", "CPixels"],
            path: "Sources/Perception/Models", swiftSettings: optimised),
        // What is perceived of media files, beside any room.
        .target(
            name: "Recording",
            dependencies: ["SansIO", "Settings", "Pictures", "Inference", "Perception", "PerceptionModels", "CZlib"],
            swiftSettings: settings),
        .target(name: "Coach", dependencies: ["SansIO", "Settings", "Wire"], swiftSettings: settings),
        .target(name: "HTTPClient", dependencies: ["SansIO", "CCurl"], swiftSettings: settings),
        .target(
            name: "Claude", dependencies: ["SansIO", "Settings", "Wire", "Coach", "HTTPClient"],
            swiftSettings: settings),
        .target(
            name: "Session", dependencies: ["SansIO", "Settings", "Wire", "Perception", "Coach"],
            swiftSettings: settings),
        .target(
            name: "Web",
            dependencies: [nioSSL, nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"), nio("NIOWebSocket")],
            swiftSettings: settings),
        .target(
            name: "AgentRuntime",
            dependencies: [
                "SansIO", "Settings", "Wire", "Session", "Pictures", "RTCCore", "RTCMedia", "RTCVideoCodecs",
                "RTCNetwork", "LiveKit", "Inference",
                "Perception", "PerceptionModels", "Coach", "Claude", "Web",
                .product(name: "Yams", package: "Yams"), nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"),
            ], swiftSettings: settings),
        .target(
            name: "DevServer",
            dependencies: [
                "SansIO", "LiveKit", "Web", "RTCCore", "RTCNetwork", nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"),
                protobuf,
            ], swiftSettings: settings),
        // A person who does not exist, drawn.
        .target(name: "RenderedCandidate", dependencies: ["SansIO", "Pictures"], swiftSettings: optimised),
        .target(
            name: "VirtualCandidate",
            dependencies: [
                "SansIO", "Pictures", "RenderedCandidate", "Wire", "LiveKit", "RTCCore", "RTCMedia", "RTCVideoCodecs",
                "RTCNetwork", nio("NIOCore"),
            ],
            resources: [.copy("Resources")], swiftSettings: settings),
        .executableTarget(
            name: "jask",
            dependencies: [
                "AgentRuntime", "Claude", "Coach", "DevServer", "Inference", "LiveKit", "Perception",
                "PerceptionModels", "Pictures", "RTCCore", "RTCMedia", "RTCNetwork", "Recording",
                "RenderedCandidate", "SansIO", "Session", "Settings", "VirtualCandidate", "Wire", nio("NIOCore"),
                nio("NIOPosix"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: settings),

        .executableTarget(
            name: "LiveKitListener",
            dependencies: ["SansIO", "LiveKit", "RTCCore", "RTCMedia", nio("NIOPosix")],
            path: "Examples/LiveKitListener", swiftSettings: settings),

        // Tests, a target for each target above, and what they share.
        .target(name: "CTestClock", path: "Tests/Support/CTestClock"),
        .target(name: "MachineWatch", path: "Tests/Support/MachineWatch", swiftSettings: settings),
        .target(
            name: "VirtualLoop", dependencies: [nio("NIOCore"), nio("NIOEmbedded")], path: "Tests/Support/VirtualLoop",
            swiftSettings: settings),
        .target(
            name: "TLSFront", dependencies: [nioSSL, nio("NIOCore"), nio("NIOPosix")], path: "Tests/Support/TLSFront",
            swiftSettings: settings),
        .target(name: "CTestNetwork", path: "Tests/Support/CTestNetwork"),
        .target(name: "PythonPeers", path: "Tests/Support/PythonPeers", swiftSettings: settings),
        .target(name: "AnthropicStandIn", path: "Tests/Support/AnthropicStandIn", swiftSettings: settings),
        .target(
            name: "VoiceModelFixtures", dependencies: ["Inference", "SansIO"],
            path: "Tests/Support/VoiceModelFixtures", swiftSettings: settings),
        .target(
            name: "VisionModelFixtures", dependencies: ["CZlib", "Inference", "PerceptionModels", "Pictures"],
            path: "Tests/Support/VisionModelFixtures", swiftSettings: optimised),
        .target(
            name: "VoiceEvaluation", dependencies: ["Inference", "Perception", "PerceptionModels", "SansIO"],
            path: "Tests/Support/VoiceEvaluation",
            swiftSettings: settings),
        .target(
            name: "GestureEvaluation",
            dependencies: [
                "Perception", "PerceptionModels", "Pictures", "RenderedCandidate", "SansIO", "VoiceEvaluation",
            ],
            path: "Tests/Support/GestureEvaluation", swiftSettings: optimised),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Coach", "Pictures", "RTCCore", "RTCMedia", "RTCVideoCodecs", "LiveKit", "Sealing", "Simulation",
                "SansIO",
                "Wire", nio("NIOCore"),
            ],
            path: "Tests/Support/FuzzTargets", swiftSettings: settings),
        .target(
            name: "ReceivingRoom",
            dependencies: [
                "LiveKit", "RTCCore", "RTCMedia", "RTCNetwork", "SansIO", "Simulation", nio("NIOCore"),
            ],
            path: "Tests/Support/ReceivingRoom", swiftSettings: settings),
        tests("SansIOTests", ["SansIO", "Simulation"]),
        tests("SimulationTests", ["Simulation", "SansIO", nio("NIOCore")]),
        tests("PicturesTests", ["Pictures"]),
        tests("RTCCoreTests", ["RTCCore", "Simulation", "SansIO", "COpenSSL", "CTestClock", nio("NIOCore")]),
        tests("RTCMediaTests", ["RTCMedia", "RTCCore", "COpus", "SansIO", "Simulation", nio("NIOCore")]),
        tests(
            "RTCVideoCodecsTests",
            ["RTCVideoCodecs", "RTCMedia", "RTCCore", "Pictures", "SansIO", "Simulation", nio("NIOCore")],
            optimised),
        tests(
            "RTCNetworkTests",
            [
                "RTCNetwork", "RTCCore", "SansIO", "Simulation", "CTestNetwork", "MachineWatch", "VirtualLoop",
                nio("NIOCore"), nio("NIOPosix"),
            ]),
        tests(
            "LiveKitTests",
            [
                "LiveKit", "HTTPClient", "COpenSSL", "RTCCore", "RTCMedia", "RTCNetwork", "SansIO", "Simulation",
                "MachineWatch", "TLSFront", protobuf, nioSSL, nio("NIOCore"), nio("NIOEmbedded"), nio("NIOPosix"),
                nio("NIOWebSocket"),
                nio("NIOConcurrencyHelpers"),
            ]),
        tests("SettingsTests", ["Settings", "SansIO"]),
        tests("SealingTests", ["Sealing", "COpenSSL", "Simulation", "SansIO"]),
        .target(
            name: "WireSamples", dependencies: ["Wire", "SansIO"], path: "Tests/Support/WireSamples",
            swiftSettings: settings),
        .target(
            name: "JournalSamples", dependencies: ["Session", "Coach"], path: "Tests/Support/JournalSamples",
            swiftSettings: settings),
        tests("WireTests", ["Wire", "WireSamples", "SansIO", "Simulation"]),
        tests(
            "SessionTests",
            [
                "JournalSamples", "WireSamples", "Session", "Settings", "Wire", "Perception", "Coach", "SansIO",
                "Simulation",
            ]),
        tests("InferenceTests", ["Inference", "CFloats", "SansIO", "Settings", "VoiceModelFixtures"]),
        tests(
            "PerceptionModelsTests",
            [
                "CPixels", "GestureEvaluation", "PerceptionModels", "Perception", "Pictures", "RenderedCandidate",
                "Inference", "SansIO",
                "VisionModelFixtures", "VoiceEvaluation", "VoiceModelFixtures",
            ]),
        tests(
            "PerceptionTests",
            [
                "Inference", "Perception", "PerceptionModels", "Settings", "SansIO", "VoiceEvaluation",
                "VoiceModelFixtures",
            ]),
        tests(
            "VoiceOverNetworkTests",
            [
                "RTCCore", "RTCMedia", "Inference", "Perception", "PerceptionModels", "VoiceEvaluation", "Simulation",
                "SansIO", nio("NIOCore"),
            ]),
        tests(
            "RecordingTests",
            [
                "AgentRuntime", "GestureEvaluation", "Inference", "Perception", "PerceptionModels", "Pictures",
                "Recording", "RenderedCandidate", "SansIO", "Settings", "VisionModelFixtures", "VoiceEvaluation",
                "VoiceModelFixtures", .target(name: "jask"),
            ]),
        tests("CoachTests", ["Coach", "Settings", "Wire", "SansIO", "Simulation"]),
        tests("HTTPClientTests", ["HTTPClient", "CCurl", "SansIO"]),
        tests(
            "ClaudeTests",
            [
                "Claude", "Coach", "HTTPClient", "Settings", "Wire", "SansIO", "Simulation", "AnthropicStandIn",
                "MachineWatch",
            ]),
        tests("WebTests", ["Web", nio("NIOCore"), nio("NIOEmbedded"), nio("NIOPosix"), nio("NIOHTTP1")]),
        tests(
            "DevServerTests",
            [
                "DevServer", "LiveKit", "Web", "SansIO", "Simulation", "RTCCore", nio("NIOCore"), nio("NIOPosix"),
                nio("NIOHTTP1"), protobuf,
            ]),
        tests(
            "RoomTests",
            [
                "LiveKit", "DevServer", "RenderedCandidate", "VirtualCandidate", "Wire", "WireSamples", "Web",
                "RTCCore", "RTCMedia", "RTCNetwork", "RTCVideoCodecs", "SansIO", "PythonPeers", "TLSFront",
                "MachineWatch",
                "VirtualLoop",
                .target(name: "LiveKitListener"),
                nioSSL, nio("NIOCore"),
                nio("NIOPosix"),
            ]),
        tests(
            "RenderedCandidateTests",
            ["RenderedCandidate", "Pictures", "PerceptionModels", "SansIO", "VisionModelFixtures"]),
        tests("VirtualCandidateTests", ["VirtualCandidate", "SansIO"]),
        tests(
            "AgentRuntimeTests",
            [
                "AgentRuntime", "AnthropicStandIn", "Claude", "Coach", "DevServer", "Inference", "JournalSamples",
                "MachineWatch",
                "LiveKit",
                "Perception", "PerceptionModels", "Pictures", "RTCCore",
                "RTCMedia", "RTCVideoCodecs", "RTCNetwork", "SansIO", "Session", "Settings", "Simulation",
                "VirtualCandidate", "VisionModelFixtures", "VoiceModelFixtures", "Web",
                "Wire",
                nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"),
            ]),
        tests(
            "SpineTests",
            [
                "AgentRuntime", "AnthropicStandIn", "DevServer", "Inference", "LiveKit", "MachineWatch", "Perception",
                "PythonPeers",
                "RTCCore",
                "RTCMedia", "RTCNetwork", "RTCVideoCodecs", "GestureEvaluation", "RenderedCandidate", "Pictures",
                "SansIO", "Session", "Settings", "VirtualCandidate",
                "VisionModelFixtures", "Wire",
                .target(name: "jask"), .target(name: "FloodPeer"),
                nio("NIOCore"), nio("NIOPosix"),
            ]),
        // Who floods a room, and the server where it happens: processes of their own for the flood test.
        .executableTarget(
            name: "FloodPeer",
            dependencies: [
                "DevServer", "LiveKit", "RTCCore", "RTCMedia", "RTCNetwork", "SansIO", "Wire", nio("NIOCore"),
                nio("NIOPosix"),
            ], path: "Tests/Support/FloodPeer", swiftSettings: settings),
        tests("FuzzRegressionTests", ["FuzzTargets"]),
        tests(
            "InteropTests",
            ["RTCCore", "RTCMedia", "RTCNetwork", "Simulation", "SansIO", nio("NIOCore"), nio("NIOPosix")]),
    ].filter { $0.type != .test || chosenTests?.contains($0.name) ?? true } + (sanitizer == nil ? [] : faults)
)

/// Tests in the folder of the same name.
func tests(_ name: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = settings) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}
