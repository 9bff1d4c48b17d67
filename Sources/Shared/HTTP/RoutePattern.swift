// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A route's path, whose segments are literal or parameters: `/ws/{secret}/{token}`.
struct RoutePattern: Equatable {
    private enum Segment: Equatable {
        case literal(String)
        case parameter(String)
    }

    private let segments: [Segment]

    init(_ pattern: String) {
        precondition(pattern.hasPrefix("/"), "a route's path begins with a slash")
        self.segments = pattern.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { segment in
            segment.hasPrefix("{") && segment.hasSuffix("}")
                ? .parameter(String(segment.dropFirst().dropLast())) : .literal(String(segment))
        }
    }

    /// Whether the pattern matches one path only.
    var isLiteral: Bool {
        self.segments.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    /// The decoded parameters of a path's segments; nil where they do not match. A parameter is never empty.
    func match(_ path: ArraySlice<Substring>) -> [String: String]? {
        guard path.count == self.segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, text) in zip(self.segments, path) {
            switch segment {
            case .literal(let literal):
                guard literal == text else { return nil }
            case .parameter(let name):
                guard let value = PercentEncoding.decode(text), !value.isEmpty else { return nil }
                parameters[name] = value
            }
        }
        return parameters
    }
}
