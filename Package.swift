// swift-tools-version: 6.2
// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "hookwire",
    products: [
        .executable(name: "hookwire", targets: ["Hookwire"])
    ],
    dependencies: [
        // The transport of both tiers: event loops, channels, the HTTP/1.1 parser (llhttp).
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        // Tells every connection to finish when a server drains (ServerQuiescingHelper).
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        // TLS for listening sockets and for rediss://.
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        // Queues that grow and shrink at both ends.
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        // The logging API that all dependencies share.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        // The metrics API that all dependencies share; what is counted is written by Shared/Telemetry.
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        // Start order, signals and drain.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Subcommands, flags and their help.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        // Flags over environment over the file.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        // File descriptors that close themselves and say what went wrong.
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        // Latency percentiles of `hookwire bench`: exact to three digits in bounded memory.
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        // WeChat's messages, which are XML.
        .package(url: "https://github.com/CoreOffice/XMLCoder", from: "0.18.0"),
        // SQLite for a log that outlives the process: statements, transactions, migrations and typed errors.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // The files of settings and of registered bots, with the lines that their values stand on.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        // The HTTP client of the command line tools and of the requests that /qq passes on.
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        // What both tiers stand on: events, the broker's contract and the one in memory, HTTP, access, limits, telemetry.
        .target(
            name: "Shared",
            dependencies: [
                "COpenSSL",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        // The broker that joins nodes, on one Redis, sentinels, a cluster, or several; replies are parsed by hiredis.
        .target(
            name: "RedisBroker",
            dependencies: [
                "CHiredis",
                "Shared",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        // The broker of a single node whose log outlives the process.
        .target(
            name: "DiskBroker",
            dependencies: [
                "Shared",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        // The registered bots in a YAML file.
        .target(
            name: "BotFile",
            dependencies: [
                "Shared",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings
        ),
        // Webhooks come in: every platform's signatures, acknowledgements and replies.
        .target(
            name: "Ingress",
            dependencies: [
                "Shared",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "XMLCoder", package: "XMLCoder"),
            ],
            swiftSettings: settings
        ),
        // Traces on their way to a collector.
        .target(
            name: "OTLP",
            dependencies: [
                "Shared",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        // What an operator manages the registered bots with: an API, and its page.
        .target(
            name: "Admin",
            dependencies: [
                "InspectorPage",
                "Shared",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        // The inspector's page, as bytes of the program.
        .target(
            name: "InspectorPage",
            resources: [.embedInCode("Page")],
            swiftSettings: settings
        ),
        // Events go out: raw, envelope and gateway sockets, event streams, consumer groups, and /qq.
        .target(
            name: "Egress",
            dependencies: [
                "InspectorPage",
                "Shared",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        // The executable: commands, configuration, and the node that they start.
        .executableTarget(
            name: "Hookwire",
            dependencies: [
                "Admin",
                "BotFile",
                "DiskBroker",
                "Egress",
                "Ingress",
                "OTLP",
                "RedisBroker",
                "Shared",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings
        ),
        // What an instruction counter watches; script/instructions runs it.
        .executableTarget(
            name: "relayed-event",
            dependencies: [
                "Egress",
                "Ingress",
                "Shared",
                "SignedRequests",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Benchmarks/RelayedEvent",
            swiftSettings: settings
        ),
        // What one piece of the way costs, beside what others take for the same; script/micro-benchmarks runs it.
        .executableTarget(
            name: "micro-benchmarks",
            dependencies: [
                "CHiredis",
                "COpenSSL",
                "Egress",
                "Ingress",
                "RedisBroker",
                "Shared",
                "SignedRequests",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Benchmarks/MicroBenchmarks",
            swiftSettings: settings
        ),
        // Webhook requests as platforms send them, for the benchmarks.
        .target(
            name: "SignedRequests",
            dependencies: ["Ingress", "Shared"],
            path: "Benchmarks/SignedRequests",
            swiftSettings: settings
        ),
        // The rules of the broker's contract, which every broker's tests run.
        .target(
            name: "BrokerConformance",
            dependencies: [
                "Shared",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/BrokerConformance",
            swiftSettings: settings
        ),
        // Random numbers of fuzzing tests, which can be had again.
        .target(
            name: "SeededRandom",
            path: "Tests/SeededRandom",
            swiftSettings: settings
        ),
        // A real redis-server of a test's own.
        .target(
            name: "RedisServer",
            path: "Tests/RedisServer",
            swiftSettings: settings
        ),
        .testTarget(
            name: "SharedTests",
            dependencies: [
                "BrokerConformance",
                "SeededRandom",
                "Shared",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RedisBrokerTests",
            dependencies: [
                "BrokerConformance",
                "RedisBroker",
                "RedisServer",
                "SeededRandom",
                "Shared",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DiskBrokerTests",
            dependencies: [
                "BrokerConformance",
                "DiskBroker",
                "SeededRandom",
                "Shared",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BotFileTests",
            dependencies: [
                "BotFile",
                "SeededRandom",
                "Shared",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "OTLPTests",
            dependencies: [
                "OTLP",
                "Shared",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "IngressTests",
            dependencies: [
                "BrokerConformance",
                "Ingress",
                "SeededRandom",
                "Shared",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EgressTests",
            dependencies: [
                "BrokerConformance",
                "Egress",
                "SeededRandom",
                "Shared",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AdminTests",
            dependencies: [
                "Admin",
                "BrokerConformance",
                "Shared",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MicroBenchmarksTests",
            dependencies: [
                "micro-benchmarks",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HookwireTests",
            dependencies: [
                "BrokerConformance",
                "Egress",
                "Hookwire",
                "Ingress",
                "SeededRandom",
                "Shared",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
