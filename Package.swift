// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "OneStep",
  products: [
    .library(name: "OneStepTensors", targets: ["OneStepTensors"]),
    .library(name: "OneStepNetworks", targets: ["OneStepNetworks"]),
    .library(name: "OneStepFlow", targets: ["OneStepFlow"]),
    .library(name: "OneStepLab", targets: ["OneStepLab"]),
    .library(name: "OneStepMedia", targets: ["OneStepMedia"]),
    .library(name: "OneStepSuperResolution", targets: ["OneStepSuperResolution"]),
    .library(name: "OneStepSpeech", targets: ["OneStepSpeech"]),
    .library(name: "OneStepControl", targets: ["OneStepControl"]),
    // For programs in C: Plugins/ControlLibrary/include/onestep_policy.h.
    .library(name: "onestep_policy", type: .dynamic, targets: ["OneStepPolicyLibrary"]),
    .executable(name: "onestep", targets: ["onestep"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
  ],
  targets: [
    // System libraries and the thin C targets that need C.
    .systemLibrary(name: "COpenBLAS", path: "Sources/COpenBLAS"),
    .systemLibrary(name: "CFFTW", path: "Sources/CFFTW"),
    .systemLibrary(name: "CZip", path: "Sources/CZip"),
    .systemLibrary(name: "CSoundFile", path: "Sources/CSoundFile"),
    .systemLibrary(name: "CSampleRate", path: "Sources/CSampleRate"),
    .systemLibrary(name: "CEBUR128", path: "Sources/CEBUR128"),
    .systemLibrary(name: "CCrypto", path: "Sources/CCrypto"),
    .target(
      name: "CImageCodecs", path: "Sources/CImageCodecs",
      linkerSettings: [
        .linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("webp"),
        .linkedLibrary("webpmux"), .linkedLibrary("webpdemux"),
      ]),
    .target(name: "CHDF5", path: "Sources/CHDF5", linkerSettings: [.linkedLibrary("hdf5_serial")]),
    .target(name: "CMuJoCo", path: "Sources/CMuJoCo", linkerSettings: [.linkedLibrary("mujoco")]),
    .target(
      name: "CDNN", path: "Sources/CDNN",
      linkerSettings: [.linkedLibrary("dnnl")]),
    .target(
      name: "Kernels", path: "Sources/Kernels",
      linkerSettings: [.linkedLibrary("gomp"), .linkedLibrary("m")]),

    // The package, lowest first.
    .target(
      name: "OneStepTensors", dependencies: ["Kernels", "CDNN", "COpenBLAS", "CFFTW"],
      path: "Sources/Tensors"),
    .target(
      name: "OneStepNetworks", dependencies: ["OneStepTensors", "Kernels", "CZip", "CCrypto"],
      path: "Sources/Networks"),
    .target(name: "OneStepFlow", dependencies: ["OneStepNetworks"], path: "Sources/Flow"),
    .target(name: "OneStepLab", dependencies: ["OneStepFlow"], path: "Sources/Lab"),
    .target(
      name: "OneStepMedia",
      dependencies: [
        "OneStepNetworks", "CImageCodecs", "COpenBLAS", "CFFTW", "CSoundFile", "CSampleRate", "CEBUR128",
      ],
      path: "Sources/Media"),
    .target(
      name: "OneStepSuperResolution", dependencies: ["OneStepFlow", "OneStepMedia"],
      path: "Plugins/SuperResolution", resources: [.copy("Resources")]),
    .target(
      name: "OneStepSpeech", dependencies: ["OneStepFlow", "OneStepMedia"], path: "Plugins/Speech",
      resources: [.copy("Resources")]),
    .target(
      name: "OneStepControl", dependencies: ["OneStepFlow", "OneStepMedia", "Kernels", "CCrypto", "CHDF5", "CMuJoCo"],
      path: "Plugins/Control", resources: [.copy("Resources")]),
    .target(
      name: "OneStepPolicyLibrary", dependencies: ["OneStepControl"], path: "Plugins/ControlLibrary",
      exclude: ["include"]),
    .executableTarget(
      name: "onestep",
      dependencies: [
        "OneStepSuperResolution", "OneStepSpeech", "OneStepControl", "OneStepLab",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SwiftCSV", package: "SwiftCSV"),
      ],
      path: "Sources/Command"),

    // Samples, built and run by the tests.
    .executableTarget(
      name: "RestoreInThreeLines", dependencies: ["OneStepSuperResolution", "OneStepMedia"],
      path: "Samples/RestoreInThreeLines"),
    .executableTarget(
      name: "SpeakInThreeLines", dependencies: ["OneStepSpeech"], path: "Samples/SpeakInThreeLines"),
    .executableTarget(
      name: "ActInThreeLines", dependencies: ["OneStepControl"], path: "Samples/ActInThreeLines"),
    .executableTarget(
      name: "ActInC", dependencies: ["OneStepPolicyLibrary"], path: "Samples/ActInC",
      cSettings: [.headerSearchPath("../../Plugins/ControlLibrary/include")]),
    .executableTarget(
      name: "ToyMethod", dependencies: ["OneStepFlow", "OneStepLab"], path: "Samples/ToyMethod"),

    // Tests.
    .target(name: "OneStepTestSupport", dependencies: ["OneStepTensors"], path: "Tests/Support"),
    .testTarget(
      name: "TensorsTests", dependencies: ["OneStepTensors", "OneStepTestSupport"],
      path: "Tests/Tensors"),
    .testTarget(
      name: "NetworksTests", dependencies: ["OneStepNetworks", "OneStepTestSupport"],
      path: "Tests/Networks", resources: [.copy("Fixtures")]),
    .testTarget(
      name: "FlowTests", dependencies: ["OneStepFlow", "OneStepLab", "OneStepTestSupport"],
      path: "Tests/Flow"),
    .testTarget(
      name: "LabTests", dependencies: ["OneStepLab", "OneStepTestSupport"], path: "Tests/Lab"),
    .testTarget(
      name: "MediaTests", dependencies: ["OneStepMedia", "OneStepTestSupport"],
      path: "Tests/Media", resources: [.copy("Fixtures")]),
    .testTarget(
      name: "SuperResolutionTests",
      dependencies: ["OneStepSuperResolution", "OneStepTestSupport"],
      path: "Tests/SuperResolution", resources: [.copy("Fixtures")]),
    .testTarget(
      name: "SpeechTests",
      dependencies: ["OneStepSpeech", "OneStepTestSupport"],
      path: "Tests/Speech", resources: [.copy("Fixtures")]),
    .testTarget(
      name: "ControlTests", dependencies: ["OneStepControl", "OneStepTestSupport"],
      path: "Tests/Control", resources: [.copy("Fixtures")]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "onestep", "RestoreInThreeLines", "SpeakInThreeLines", "ActInThreeLines", "ActInC", "ToyMethod", "OneStepLab",
        "OneStepTestSupport",
      ],
      path: "Tests/Command"),
  ]
)
