// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Shared

/// Certificates made by Python's `cryptography`: an authority's, one that it issued, and two that signed themselves.
@Suite struct CertificateChainTests {
    private static let authority = der(
        """
        MIIBTDCB86ADAgECAhRnZ/9chVhqgiLgNRnQODL/z48npTAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFFeGFtcGxlIEF1dGhvcml0\
        eTAeFw0yMDAxMDIwMzA0MDVaFw00MDAxMDEwMDAwMDBaMBwxGjAYBgNVBAMMEUV4YW1wbGUgQXV0aG9yaXR5MFkwEwYHKoZIzj0C\
        AQYIKoZIzj0DAQcDQgAE/0QH2js9HAu61qOr20QOJpay+kAsGIpNBDN7Nzb/7jjxGBTNqmlPwPmarT7jD3nr3Vcf6JhXa1WxYdK+\
        1Ji6iqMTMBEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiATsFp2PsUB1+LUYeDPVAuzIgvrqfRU2NH+KjVz7hNl\
        yQIhAJcLEZUAyNQ7HI8kNxCbUwF5ap8GahA23r9dG1Jiuz/G
        """
    )
    private static let leaf = der(
        """
        MIIBcDCCARagAwIBAgIUIim1bAoaRpC8n2QPE7eWEukctsswCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRRXhhbXBsZSBBdXRob3Jp\
        dHkwHhcNMjAwMTAyMDMwNDA1WhcNMzAwMTAxMDAwMDAwWjAQMQ4wDAYDVQQDDAVyZWxheTBZMBMGByqGSM49AgEGCCqGSM49AwEH\
        A0IABKgdL2t94r+VUxNLoqgcmv9GD0CZBexlMLI0IzAwrd5tVQQC5vR2SQDdbfh0mlb3UKzeCzIYo3UEgpQ2jlVmrwOjQjBAMAwG\
        A1UdEwEB/wQCMAAwMAYDVR0RBCkwJ4INKi5leGFtcGxlLmNvbYcEwAACB4cQIAENuAAAAAAAAAAAAAAABzAKBggqhkjOPQQDAgNI\
        ADBFAiEAujbQ58aU1Ad/HhGsq54tBWgeV1R7qAGbPKLDRSPwObgCIFk76HDq4aqsMfMMpUcbnaBq3pJOUTCTFYFpbU0SfRPS
        """
    )
    private static let selfSigned = der(
        """
        MIIBSDCB76ADAgECAhQGQfmdT4WMgZ2sVz/bsR0qIyy3pDAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARzZWxmMB4XDTIwMDEwMjAz\
        MDQwNVoXDTQwMDEwMTAwMDAwMFowDzENMAsGA1UEAwwEc2VsZjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBo8usqzVpSZKQMK\
        O67pHRj8R8wuQjx+zEkuuepbWRowiBfkxCcw+cu/p179zj0tFCrFFBWhtXrEisUfnV8qbCujKTAnMAwGA1UdEwEB/wQCMAAwFwYD\
        VR0RBBAwDoIMc2VsZi5leGFtcGxlMAoGCCqGSM49BAMCA0gAMEUCIQD2agetk/ZNiGmwbDN+Y/W8iHVIv74pdDZXNY6OiQfctAIg\
        M6w1qTPOTWv2uIbXlydMBsQPU0zwNMZiwPK1ikkiPew=
        """
    )
    /// With alternative names of seven kinds: a directory's, another one, a host's, a registered id, a mail address, a
    /// URI, an IP address.
    private static let manyKinds = der(
        """
        MIIBmzCCAUCgAwIBAgIUJEtr1Iw9520IQt12aEpOi+R98aIwCgYIKoZIzj0EAwIwEDEOMAwGA1UEAwwFa2luZHMwHhcNMjAwMTAyMDMw\
        NDA1WhcNNDAwMTAxMDAwMDAwWjAQMQ4wDAYDVQQDDAVraW5kczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGpmc7l++S02cLY7nt/O\
        qiT28zp1hOA68oTGnMlG5bAlVtwRyfdEHHldqZglvrkm2PiyAQrgjAWvHangTU0nZGOjeDB2MHQGA1UdEQRtMGukFzAVMRMwEQYDVQQD\
        DApEZXBhcnRtZW50oBUGCisGAQQBgjcUAgOgBwwFckBhLmKCEXJlbGF5LmV4YW1wbGUuY29tiAMqAwSBDWFAZXhhbXBsZS5jb22GDHNw\
        aWZmZTovL2EvYocEwAACBzAKBggqhkjOPQQDAgNJADBGAiEA17l+a2tyEchi+voHjfflvODJ3US4s/+prqc4NLTDlfQCIQD3hO2dUKED\
        5KdzgEdJUoMRFOMRehOXh8z2UKw9aEj+Pg==
        """
    )

    private static func der(_ base64: String) -> [UInt8] { Base64.decode(base64)! }

    private static func chain(_ certificates: [UInt8]...) throws -> CertificateChain {
        try #require(CertificateChain(der: certificates))
    }

    /// An authority that nobody knows is told from a missing intermediate and from a certificate that signed itself.
    @Test func tellsWhyNobodyTrustsIt() throws {
        #expect(try Self.chain(Self.leaf).trust(roots: .system) == .incomplete)
        #expect(try Self.chain(Self.leaf, Self.authority).trust(roots: .system) == .unknownAuthority)
        #expect(try Self.chain(Self.selfSigned).trust(roots: .system) == .selfSigned)
    }

    /// A list of authorities that is not there is an error, and no trust.
    @Test func refusesAListThatIsNotThere() throws {
        let chain = try Self.chain(Self.leaf)
        #expect(throws: CertificateChain.UnreadableRoots.self) {
            try chain.trust(roots: .file("/nonexistent/authorities.pem"))
        }
    }

    /// Names and addresses are those of the certificate, and an asterisk stands for one label.
    @Test(arguments: [
        ("relay.example.com", true), ("a.b.example.com", false), ("example.com", false), ("relay.example.org", false),
        ("192.0.2.7", true), ("192.0.2.8", false), ("2001:db8::7", true), ("2001:db8:0:0::7", true), ("relay", false),
    ])
    func knowsItsHosts(host: String, isIts: Bool) throws {
        let chain = try Self.chain(Self.leaf, Self.authority)
        #expect(chain.isFor(host: host) == isIts)
        #expect(chain.names == ["*.example.com", "192.0.2.7", "2001:db8::7"])
    }

    /// Names that are no host's are left out, unread: those of a directory and of other kinds are no texts.
    @Test func leavesOutNamesOfOtherKinds() throws {
        #expect(try Self.chain(Self.manyKinds).names == ["relay.example.com", "192.0.2.7"])
    }

    /// The chain is as good as the certificate in it that ends first.
    @Test func tellsItsTimes() throws {
        let chain = try Self.chain(Self.authority, Self.leaf)
        #expect(chain.validity.from == 1_577_934_245)
        #expect(chain.validity.until == 1_893_456_000)
        #expect(chain.issuer == "Example Authority")
        #expect(chain.count == 2)
    }

    /// What is no certificate is none, wherever it stands.
    @Test func refusesWhatIsNone() {
        #expect(CertificateChain(der: []) == nil)
        #expect(CertificateChain(der: [[]]) == nil)
        #expect(CertificateChain(der: [Self.leaf, [1, 2, 3]]) == nil)
        #expect(CertificateChain(der: [Array(Self.leaf.dropLast())]) == nil)
    }
}
