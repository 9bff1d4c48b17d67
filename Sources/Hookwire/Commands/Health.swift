// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import NIOCore
internal import NIOHTTP1

/// `hookwire health`: asks a node whether it is ready, for containers that have no other HTTP client.
struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks a node whether it is ready.",
        discussion: "The exit code is 0 where it is, 1 where it is not or cannot be reached; the answer is printed."
    )

    @Option(help: ArgumentHelp("What to ask; /readyz where the address has no path.", valueName: "url"))
    var url = "http://127.0.0.1:8080/readyz"

    @Flag(
        help: "Take any TLS certificate: on its own machine a node is asked by a name that its certificate is not for."
    )
    var insecure = false

    func validate() throws {
        _ = try self.address()
    }

    private func address() throws -> WebAddress {
        guard let address = WebAddress(self.url) else {
            throw ValidationError("--url must be an address such as http://127.0.0.1:8080/readyz.")
        }
        return address
    }

    func run() async throws {
        let address = try self.address()
        let path = ["", "/"].contains(address.path) ? "/readyz" : address.path
        let query = address.query.map { "?\($0)" } ?? ""
        let client = RelayClient(address.origin, isInsecure: self.insecure, timeout: .seconds(3))
        let answer: RelayClient.Answer
        do throws(RelayClient.Unreachable) {
            answer = try await client.send(.GET, path + query)
        } catch {
            Terminal().complain("\(error)")
            throw ExitCode(1)
        }
        let text = String(buffer: answer.body)
        print(text, terminator: text.hasSuffix("\n") ? "" : "\n")
        guard answer.status == .ok else { throw ExitCode(1) }
    }
}
