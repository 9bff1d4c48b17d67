// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import NIOCore
internal import Shared

/// How a command speaks to the developer's own server.
struct LocalServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A header field to send along; replaces those of its name. May be repeated.",
            valueName: "Name: value"
        )
    )
    var header: [String] = []

    @Option(help: ArgumentHelp("How long the local server has for an answer.", valueName: "time"))
    var timeout = "30s"

    @Flag(help: "Take any TLS certificate of the local server. The relay's is checked all the same.")
    var insecureTo = false

    func validate() throws {
        _ = try self.headers()
        guard let time = DurationText.parse(self.timeout), time > .zero, time <= .hours(24) else {
            throw ValidationError("--timeout takes a time such as 500ms, 30s or 10m.")
        }
    }

    /// The time, which `validate` has checked.
    var time: TimeAmount { DurationText.parse(self.timeout) ?? .seconds(30) }

    func headers() throws -> [(name: String, value: String)] {
        let fields = try self.header.map { line in
            guard let colon = line.firstIndex(of: ":") else { throw Self.mistake }
            let name = String(line[..<colon])
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            guard name.isHTTPToken, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw Self.mistake
            }
            guard !LocalRequest.isOwn(name) else {
                throw ValidationError(
                    "--header cannot set \(name): it follows from the event's body and the connection."
                )
            }
            return (name: name, value: String(value))
        }
        guard fields.count(where: { $0.name.lowercased() == "host" }) <= 1 else {
            throw ValidationError("--header can set Host once: a request with two is refused (RFC 9112, section 3.2).")
        }
        return fields
    }

    /// Without what was given: it may be a secret that was put where its field belongs.
    private static let mistake = ValidationError(
        "--header takes a field such as 'X-Test: yes': a name of letters, digits and hyphens, a colon, and a value without "
            + "control characters."
    )
}
