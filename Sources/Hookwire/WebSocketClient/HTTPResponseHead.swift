// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The head of a response (RFC 9112), as far as a load generator needs it. Not per event: equal heads are read once.
struct HTTPResponseHead: Equatable {
    /// How the end of the body is found.
    enum Framing: Equatable {
        case length(Int)
        case chunked
        case untilClose
    }

    let status: Int
    let framing: Framing
    /// Whether the server ends the connection after this response.
    let closes: Bool
    private let fields: [String: String]

    /// - Parameter bytes: the head with the empty line at its end.
    /// - Returns: nil where it is no head of HTTP/1.x, or contradicts itself.
    init?(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true).map { line in
            String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
        }
        guard let statusLine = lines.first, statusLine.hasPrefix("HTTP/1."),
            let code = statusLine.split(separator: " ").dropFirst().first, code.utf8.count == 3,
            let status = Int(code), (100...999).contains(status)
        else { return nil }

        var fields: [String: String] = [:]
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = Self.trimmed(line[line.index(after: colon)...])
            let name = line[..<colon].lowercased()
            fields[name] = fields[name].map { "\($0), \(value)" } ?? String(value)
        }
        self.status = status
        self.fields = fields
        let connection = fields["connection"]?.lowercased() ?? ""
        let isOld = statusLine.hasPrefix("HTTP/1.0")

        if status < 200 || status == 204 || status == 304 {
            self.framing = .length(0)
        } else if let coding = fields["transfer-encoding"] {
            self.framing = coding.lowercased().hasSuffix("chunked") ? .chunked : .untilClose
        } else if let text = fields["content-length"] {
            guard let length = Int(text), length >= 0 else { return nil }
            self.framing = .length(length)
        } else {
            self.framing = .untilClose
        }
        self.closes =
            connection.contains("close") || self.framing == .untilClose || (isOld && !connection.contains("keep-alive"))
    }

    /// Whether the answer itself follows: 1xx, but for the one that changes the protocol (RFC 9110, section 15.2).
    /// Proxies send 103.
    var isInterim: Bool { self.status < 200 && self.status != 101 }

    /// A field's value without the white space around it (RFC 9110, section 5.5).
    private static func trimmed(_ value: Substring) -> Substring {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        var value = value.drop(while: isSpace)
        while let last = value.last, isSpace(last) { value.removeLast() }
        return value
    }

    /// A field's value by its name in lower case, several of the same name joined by commas.
    func field(_ name: String) -> String? { self.fields[name] }
}
