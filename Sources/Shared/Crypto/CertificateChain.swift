// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Glibc

/// A TLS server's certificates, checked by libcrypto one criterion at a time (RFC 5280, RFC 6125): a failed handshake
/// does not say which check failed. For diagnostics, not for every connection.
public final class CertificateChain {
    /// Whether the chain ends at a trusted authority; validity times are ignored.
    public enum Trust: Sendable, Equatable {
        case trusted
        /// The server's own certificate has signed itself.
        case selfSigned
        /// The chain has only the server's certificate, and its issuer is not a trusted root: usually the intermediate
        /// certificates are missing.
        case incomplete
        /// The chain ends at an authority that is not trusted.
        case unknownAuthority
        /// Anything else, in libcrypto's words.
        case invalid(String)
    }

    /// What is trusted.
    public enum Roots: Sendable {
        /// What OpenSSL finds on this machine, or by `SSL_CERT_FILE` and `SSL_CERT_DIR`.
        case system
        /// A file in PEM, beside the former.
        case file(String)
    }

    /// The list of authorities is not readable.
    public struct UnreadableRoots: Error, Sendable {}

    /// Where distributions have all authorities in one file, which libcrypto does not look for by itself everywhere.
    private static let bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]

    private let certificates: [OpaquePointer]

    /// Reads certificates, the server's own first.
    ///
    /// - Returns: nil if there is none, or one cannot be parsed.
    public init?(der: [[UInt8]]) {
        var certificates: [OpaquePointer] = []
        for encoded in der {
            let certificate = encoded.withUnsafeBufferPointer { bytes in
                var next = bytes.baseAddress
                return d2i_X509(nil, &next, bytes.count)
            }
            guard let certificate else { break }
            certificates.append(certificate)
        }
        self.certificates = certificates
        guard !der.isEmpty, certificates.count == der.count else { return nil }
    }

    deinit {
        for certificate in self.certificates { X509_free(certificate) }
    }

    /// How many certificates the server has sent.
    public var count: Int { self.certificates.count }

    /// From when until when all of them are valid, in seconds since 1970-01-01T00:00:00Z.
    public var validity: (from: Int64, until: Int64) {
        let times = self.certificates.map { certificate in
            (Self.seconds(X509_get0_notBefore(certificate)), Self.seconds(X509_get0_notAfter(certificate)))
        }
        return (times.map(\.0).max() ?? .min, times.map(\.1).min() ?? .max)
    }

    /// Who issued the server's certificate: the common name, else the organization.
    public var issuer: String {
        let name = X509_get_issuer_name(self.certificates[0])
        return Self.text(name, NID_commonName) ?? Self.text(name, NID_organizationName) ?? ""
    }

    /// The host names and addresses that the server's certificate is for.
    public var names: [String] {
        var names: [String] = []
        let list = X509_get_ext_d2i(self.certificates[0], NID_subject_alt_name, nil, nil)
        guard let list = list.map({ OpaquePointer($0) }) else { return names }
        defer { GENERAL_NAMES_free(list) }
        for index in 0..<OPENSSL_sk_num(list) {
            guard let entry = OPENSSL_sk_value(list, index)?.assumingMemoryBound(to: GENERAL_NAME.self) else {
                continue
            }
            var kind: Int32 = 0
            // Values of other kinds need not be text: a directory name is a tree.
            guard let value = GENERAL_NAME_get0_value(entry, &kind), kind == GEN_DNS || kind == GEN_IPADD else {
                continue
            }
            let bytes = Self.bytes(OpaquePointer(value))
            names.append(kind == GEN_DNS ? String(decoding: bytes, as: UTF8.self) : Self.address(bytes))
        }
        return names
    }

    /// Whether the server's certificate is for a host.
    ///
    /// - Parameter host: a name, or an address.
    public func isFor(host: String) -> Bool {
        // An address takes 4 or 16 bytes; libcrypto parses it.
        var address = [UInt8](repeating: 0, count: 16)
        let isAddress = inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
        if isAddress { return X509_check_ip_asc(self.certificates[0], host, 0) == 1 }
        return X509_check_host(self.certificates[0], host, host.utf8.count, 0, nil) == 1
    }

    /// Follows the chain to a trusted authority.
    public func trust(roots: Roots) throws(UnreadableRoots) -> Trust {
        guard let store = X509_STORE_new(), let context = X509_STORE_CTX_new(), let untrusted = OPENSSL_sk_new_null()
        else { preconditionFailure("libcrypto has no memory for a chain") }
        defer {
            OPENSSL_sk_free(untrusted)
            X509_STORE_CTX_free(context)
            X509_STORE_free(store)
        }
        try Self.load(roots, into: store)
        for certificate in self.certificates.dropFirst() {
            OPENSSL_sk_push(untrusted, UnsafeRawPointer(certificate))
        }
        guard X509_STORE_CTX_init(context, store, self.certificates[0], untrusted) == 1 else {
            preconditionFailure("libcrypto cannot begin with a chain")
        }
        let parameters = X509_STORE_CTX_get0_param(context)
        X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_NO_CHECK_TIME))
        X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER)
        if X509_verify_cert(context) == 1 { return .trusted }
        let error = X509_STORE_CTX_get_error(context)
        switch error {
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return .selfSigned
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return .unknownAuthority
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return self.count == 1 ? .incomplete : .unknownAuthority
        default: return .invalid(X509_verify_cert_error_string(Int(error)).map { String(cString: $0) } ?? "\(error)")
        }
    }

    private static func load(_ roots: Roots, into store: OpaquePointer) throws(UnreadableRoots) {
        var isAnyLoaded = X509_STORE_set_default_paths(store) == 1
        for bundle in self.bundles where access(bundle, R_OK) == 0 {
            isAnyLoaded = X509_STORE_load_locations(store, bundle, nil) == 1 || isAnyLoaded
        }
        // A missing file leaves an entry in the error queue.
        ERR_clear_error()
        guard case .file(let path) = roots else { return }
        guard X509_STORE_load_locations(store, path, nil) == 1 else {
            ERR_clear_error()
            throw UnreadableRoots()
        }
    }

    /// In seconds since 1970. Without `struct tm`, which both imported modules have: an optimised build then takes it for
    /// OpenSSL's in every file.
    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        guard let start = ASN1_TIME_set(nil, 0) else { return 0 }
        defer { ASN1_TIME_free(start) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard ASN1_TIME_diff(&days, &seconds, start, time) == 1 else { return 0 }
        return Int64(days) * 86_400 + Int64(seconds)
    }

    private static func text(_ name: OpaquePointer?, _ identifier: Int32) -> String? {
        let index = X509_NAME_get_index_by_NID(name, identifier, -1)
        guard index >= 0, let entry = X509_NAME_get_entry(name, index),
            let data = X509_NAME_ENTRY_get_data(entry)
        else { return nil }
        return String(decoding: self.bytes(data), as: UTF8.self)
    }

    private static func bytes(_ text: UnsafePointer<ASN1_STRING>) -> [UInt8] {
        Array(UnsafeBufferPointer(start: ASN1_STRING_get0_data(text), count: Int(ASN1_STRING_length(text))))
    }

    private static func bytes(_ text: OpaquePointer) -> [UInt8] {
        self.bytes(UnsafePointer<ASN1_STRING>(text))
    }

    private static func address(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.count == 4 || bytes.count == 16,
            inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil
        else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
