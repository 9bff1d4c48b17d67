// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// How a generic webhook authenticates its sender.
enum GenericScheme {
    /// `scheme=github`, the default: HMAC-SHA256 of the body.
    case hmac(HMACSignature)
    /// `scheme=standard`: Standard Webhooks 1.0.0.
    case standard
    /// `scheme=bearer`: the secret itself, in `Authorization` or the field of that name.
    case bearer(header: String?)
    /// `scheme=none`: knowing the URL is enough.
    case unsigned

    /// Reads the settings, and the request's URL if it is trusted.
    init(_ request: HTTPRequest, _ settings: WebhookSettings) throws(GenericRejection) {
        let header = settings.header(of: request)
        switch settings.scheme(of: request) {
        case nil, "github": self = .hmac(try HMACSignature(header: header))
        case "standard": self = .standard
        case "bearer":
            guard header?.isHTTPToken ?? true else { throw .malformedHeader }
            self = .bearer(header: header)
        case "none": self = .unsigned
        default: throw .unknownScheme
        }
    }
}

/// HMAC-SHA256 of a body in a header field (docs.github.com, "Validating webhook deliveries").
struct HMACSignature {
    /// The field's name.
    let field: String
    /// The prefix before the code.
    let prefix: String

    /// GitHub's field, or another.
    ///
    /// - Parameter header: `NAME`, or `NAME:PREFIX` if a prefix precedes the code.
    init(header: String?) throws(GenericRejection) {
        guard let header else {
            self.field = "x-hub-signature-256"
            self.prefix = "sha256="
            return
        }
        let parts = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first.map(String.init), name.isHTTPToken else { throw .malformedHeader }
        self.field = name
        self.prefix = parts.count == 2 ? String(parts[1]) : ""
    }

    /// Checks a request's signature, and returns the secret that matches.
    func check(_ request: HTTPRequest, _ secrets: SigningSecrets) throws(GenericRejection) -> Secret {
        let text: String
        switch request.headers.single(named: self.field) {
        case .missing: throw .missingSignature
        case .repeated: throw .malformedSignature
        case .value(let value): text = value
        }
        guard let code = self.code(text) else { throw .malformedSignature }
        let secret = secrets.first { secret in
            secret.exposeUTF8 { HMACSHA256.isValid(code, key: $0, over: request.body.readableBytesView) }
        }
        guard let secret else { throw .wrongSignature }
        return secret
    }

    /// The code in a field's value: hexadecimal or Base64, distinguished by length.
    private func code(_ text: String) -> [UInt8]? {
        guard text.utf8.starts(with: self.prefix.utf8) else { return nil }
        let digits = text.utf8.dropFirst(self.prefix.utf8.count)
        let code = digits.count == 2 * HMACSHA256.byteCount ? Hex.decode(digits) : Base64.decode(digits)
        return code.flatMap { $0.count == HMACSHA256.byteCount ? $0 : nil }
    }
}
