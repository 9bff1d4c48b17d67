// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOHTTP1

/// The header fields of a request, decoded on demand.
public struct RequestFields: Sendable {
    enum Form: Sendable {
        case parsed(HTTPHeaders)
        case lines(FieldLines)
    }

    let form: Form

    /// Creates fields that are already decoded.
    public init(_ headers: HTTPHeaders) {
        self.form = .parsed(headers)
    }

    init(_ lines: FieldLines) {
        self.form = .lines(lines)
    }

    /// All fields in order and with repeats. May be decoded anew each time: keep the result.
    public var headers: HTTPHeaders {
        switch self.form {
        case .parsed(let headers): headers
        case .lines(let lines): lines.headers
        }
    }

    /// The same without `Authorization`, which is for the relay or a proxy before it, and without fields that repeat
    /// credentials of the request's URL. Copied only if there may be one.
    ///
    /// - Parameter names: the parameters that are credentials.
    public func withoutCredentials(of query: QueryParameters, named names: [String]) -> RequestFields {
        let isAuthorized = self.single("authorization", { _ in }) != .missing
        let mayRepeat = self.mayRepeatCredentials
        guard isAuthorized || mayRepeat else { return self }
        var headers = self.headers
        if isAuthorized { headers.remove(name: "authorization") }
        if mayRepeat {
            let credentials = URLCredentials(in: query, named: names)
            let kept = headers.filter { !credentials.stand(in: $0.value) }
            guard isAuthorized || kept.count < headers.count else { return self }
            headers = HTTPHeaders(kept)
        }
        return RequestFields(headers)
    }

    private var mayRepeatCredentials: Bool {
        switch self.form {
        case .parsed: true
        case .lines(let lines): lines.mayRepeatCredentials
        }
    }

    /// Looks up a field that may occur at most once, and passes the first value's bytes, without surrounding white
    /// space, to `body`. Names are compared without regard to case (RFC 9110, section 5.1).
    ///
    /// `HTTPHeaders` has look-ups of its own, which split lists and make arrays: this one is for the hot path. It is
    /// not generic, because generics are not specialized across modules.
    public func single(_ name: StaticString, _ body: (UnsafeRawBufferPointer) -> Void) -> FieldOccurrence {
        switch self.form {
        case .parsed(let headers):
            var found = FieldOccurrence.missing
            for field in headers where field.name.isFieldName(name) {
                guard found == .missing else { return .repeated }
                found = .once
                var value = field.value
                value.withUTF8 { body(FieldValue.trimmed(UnsafeRawBufferPointer($0))) }
            }
            return found
        case .lines(let lines):
            return lines.single(name) { body(FieldValue.trimmed($0)) }
        }
    }
}

/// How often a field that may occur at most once is present.
public enum FieldOccurrence: Sendable {
    case missing
    case once
    case repeated
}
