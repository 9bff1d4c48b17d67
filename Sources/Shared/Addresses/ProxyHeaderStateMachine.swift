// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Reads the PROXY protocol, version 1 or 2, from the first bytes of a connection (HAProxy, "The PROXY protocol versions 1 &
/// 2", doc/proxy-protocol.txt, sections 2.1 and 2.2). Pure.
///
/// The first bytes show whether there is a header: no HTTP method, TLS record or empty line begins like one.
struct ProxyHeaderStateMachine {
    /// What to do with the connection.
    enum Action: Equatable {
        /// The header is incomplete, or it is still open whether there is one.
        case wait
        /// Continue with these bytes. The header is nil if the connection has none.
        case proceed(ProxyHeader?, ByteBuffer)
        /// Close the connection.
        case close(ProxyHeaderViolation)
    }

    /// The most bytes of a header of version 1, line end included.
    static let lineLimit = 107
    /// The most bytes of a version 2 header after its fixed part. Addresses take up to 216; other TLVs (names,
    /// certificate subjects) a few hundred.
    static let lengthLimit = 4_096

    private static let lineSignature = Array("PROXY ".utf8)
    private static let binarySignature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    private static let fixedLength = 16

    private var bytes = ByteBuffer()

    /// Bytes have come.
    mutating func received(_ bytes: ByteBuffer) -> Action {
        self.bytes.writeImmutableBuffer(bytes)
        do throws(ProxyHeaderViolation) {
            if self.begins(with: Self.lineSignature) { return try self.readLine() }
            if self.begins(with: Self.binarySignature) { return try self.readBinary() }
        } catch {
            return .close(error)
        }
        return .proceed(nil, self.bytes)
    }

    /// The peer has closed its side.
    mutating func inputClosed() -> Action {
        let isHeader =
            self.bytes.readableBytes >= Self.lineSignature.count
            && (self.begins(with: Self.lineSignature) || self.begins(with: Self.binarySignature))
        return isHeader ? .close(.incomplete) : .proceed(nil, self.bytes)
    }

    /// Whether the bytes received so far are a prefix of the signature, or begin with it.
    private func begins(with signature: [UInt8]) -> Bool {
        self.bytes.readableBytesView.prefix(signature.count).elementsEqual(
            signature.prefix(self.bytes.readableBytes)
        )
    }

    // MARK: Version 1

    private mutating func readLine() throws(ProxyHeaderViolation) -> Action {
        let view = self.bytes.readableBytesView.prefix(Self.lineLimit)
        guard let end = view.firstIndex(of: 0x0A) else {
            guard view.count < Self.lineLimit else { throw .lineTooLong }
            return .wait
        }
        var line = String(decoding: view[..<end], as: UTF8.self)
        guard line.utf8.last == 0x0D else { throw .badLine }
        line.removeLast()
        let header = try Self.header(line: line)
        self.bytes.moveReaderIndex(to: end + 1)
        return .proceed(header, self.bytes)
    }

    private static func header(line: String) throws(ProxyHeaderViolation) -> ProxyHeader {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count >= 2 else { throw .badLine }
        let family: IPAddress.Family
        switch words[1] {
        // Whatever follows is ignored.
        case "UNKNOWN": return .none
        case "TCP4": family = .v4
        case "TCP6": family = .v6
        default: throw .badLine
        }
        guard words.count == 6 else { throw .badLine }
        // Both are validated, though only the source is used.
        var source: SocketAddress?
        for (address, port) in [(words[2], words[4]), (words[3], words[5])] {
            guard let port = Self.port(port), address.utf8.count <= 39, !address.utf8.contains(UInt8(ascii: "%")),
                let parsed = try? SocketAddress(ipAddress: String(address), port: port),
                family == .v4 ? parsed.protocol == .inet : parsed.protocol == .inet6
            else { throw .badAddress }
            source = source ?? parsed
        }
        guard let source else { throw .badAddress }
        return .client(source)
    }

    private static func port(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(text), port <= 65_535
        else { return nil }
        return port
    }

    // MARK: Version 2

    private mutating func readBinary() throws(ProxyHeaderViolation) -> Action {
        let start = self.bytes.readerIndex + Self.binarySignature.count
        guard
            let (versionAndCommand, familyAndTransport, length) = self.bytes.getMultipleIntegers(
                at: start,
                as: (UInt8, UInt8, UInt16).self
            )
        else { return .wait }
        guard versionAndCommand >> 4 == 2, versionAndCommand & 0x0F <= 1 else { throw .badCommand }
        guard length <= Self.lengthLimit else { throw .tooLong }
        guard self.bytes.readableBytes >= Self.fixedLength + Int(length) else { return .wait }
        var body = self.bytes
        body.moveReaderIndex(forwardBy: Self.fixedLength)
        let addresses = body.readSlice(length: Int(length)) ?? ByteBuffer()
        let isLocal = versionAndCommand & 0x0F == 0
        // A receiver must not look at the addresses of LOCAL.
        let header = isLocal ? .none : try Self.header(familyAndTransport, addresses)
        return .proceed(header, body)
    }

    private static func header(
        _ familyAndTransport: UInt8,
        _ addresses: ByteBuffer
    ) throws(ProxyHeaderViolation) -> ProxyHeader {
        guard familyAndTransport & 0x0F <= 2 else { throw .badFamily }
        let addressLength: Int
        switch familyAndTransport >> 4 {
        case 0: return .none
        case 1: addressLength = 4
        case 2: addressLength = 16
        case 3:
            guard addresses.readableBytes >= 216 else { throw .tooShort }
            return .none
        default: throw .badFamily
        }
        guard addresses.readableBytes >= 2 * addressLength + 4 else { throw .tooShort }
        guard let source = addresses.getSlice(at: addresses.readerIndex, length: addressLength),
            let port: UInt16 = addresses.getInteger(at: addresses.readerIndex + 2 * addressLength),
            let address = try? SocketAddress(packedIPAddress: source, port: Int(port))
        else { throw .badAddress }
        // With an unspecified transport the address is not used.
        return familyAndTransport & 0x0F == 0 ? .none : .client(address)
    }
}
