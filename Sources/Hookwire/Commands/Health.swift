// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import SystemPackage

/// `hookwire health`: asks a node whether it is ready, for containers that have no other HTTP client.
struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks a node whether it is ready.",
        discussion: "The exit code is 0 where it is, 1 where it is not or cannot be reached; the answer is printed."
    )

    @Option(help: ArgumentHelp("What to ask.", valueName: "url"))
    var url = "http://127.0.0.1:8080/readyz"

    @Flag(
        help: "Take any TLS certificate: on its own machine a node is asked by a name that its certificate is not for."
    )
    var insecure = false

    func run() async throws {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        if self.insecure {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateVerification = .none
            configuration.tlsConfiguration = tls
        }
        let client = HTTPClient(configuration: configuration)
        defer { _ = client.shutdown() }
        do {
            let deadline = NIODeadline.now() + .seconds(3)
            let response = try await client.execute(HTTPClientRequest(url: self.url), deadline: deadline)
            print(String(buffer: try await RelayClient.collect(response.body, until: deadline)))
            guard response.status == .ok else { throw ExitCode(1) }
        } catch let exit as ExitCode {
            throw exit
        } catch {
            _ = try? FileDescriptor.standardError.writeAll("Cannot reach \(self.url): \(error)\n".utf8)
            throw ExitCode(1)
        }
    }
}
