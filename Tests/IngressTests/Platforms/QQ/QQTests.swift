// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOHTTP1
import Shared
import Testing

@testable import Ingress

@Suite struct QQTests {
    private static let event =
        #"{"op":0,"id":"C2C_MESSAGE_CREATE:9wv6ubjx","d":{"id":"ROBOT1.0_a","content":"/1","timestamp":"2025-01-02T19:00:38+08:00","author":{"id":"2B13","user_openid":"2B13","union_openid":"2B13"},"message_scene":{"source":"default","callback_data":""}},"t":"C2C_MESSAGE_CREATE"}"#

    /// A node whose clock stands at the time of the vectors.
    private func qq(
        seconds: Int64 = 1_735_815_639,
        _ configure: (inout IngressConfiguration) -> Void = { _ in }
    ) throws -> QQ {
        var configuration = IngressConfiguration()
        configure(&configuration)
        return try QQ(
            configuration: configuration,
            clock: Clock { seconds * 1_000 },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    private func published(_ verdict: Verdict) -> Publishing? {
        if case .publish(let publishing) = verdict { publishing } else { nil }
    }

    private func refusal(_ verdict: Verdict) -> String? {
        if case .refuse(let problem) = verdict { problem.reason } else { nil }
    }

    private func answer(_ verdict: Verdict) -> String? {
        if case .answer(let response) = verdict { String(buffer: response.body) } else { nil }
    }

    // MARK: Events

    /// Vector 5: an event with the platform's own signature is published with its bytes untouched.
    @Test func vector5() throws {
        let request = QQRequest(
            signature: "b5c2cdf4836dd5973134662c1aecf8ad0c355b92746b0de788d30d1022afc5a1"
                + "b299d52edb328d83bd54aa6be678038f75a8dd5ca3ee2af4277d4b12c58a7705",
            body: Self.event
        )
        let publishing = try #require(self.published(try self.qq().receive(request.request)))
        #expect(String(buffer: publishing.event.body) == Self.event)
        #expect(publishing.event.id == "C2C_MESSAGE_CREATE:9wv6ubjx")
        #expect(publishing.event.type == "C2C_MESSAGE_CREATE")
        #expect(publishing.event.platform == "qq")
        #expect(publishing.event.bodyIsUTF8)
        #expect(publishing.channel == ChannelID(secret: Secret("DG5g3B4j9X2KOErG")))
        #expect(String(buffer: publishing.acknowledgement.body) == #"{"op":12,"d":0}"#)
        #expect(publishing.acknowledgement.headers.first?.value == "application/json")
    }

    /// Vector 4: the signature is over the raw body, which here has no `op`: it verifies, and is refused for its form.
    @Test func vector4() throws {
        let body =
            #"{"id":"ROBOT1.0_veoihSEXDc8Q.g-6eLpNIa11bH8MisOjn-m-LKxCPntMk6exUXgcWCGpVO7L2QKTNZzjZzFFDSbiOFcqAPWyVA!!","content":"哦一下","timestamp":"2024-10-15T16:33:15+08:00","author":{"id":"675860273","user_openid":"675860273"}}"#
        let request = QQRequest(
            secret: "123456abcdef",
            timestamp: "1728981195",
            signature: "e949b5b94ef4103df903fb031d1d16e358db3db83e79e117edd404c8508be3ce"
                + "8a76d7bad1bed353194c126a1a5915b4ad8b5288c1191cc53a12acffccd82004",
            body: body
        )
        #expect(self.refusal(try self.qq(seconds: 1_728_981_195).receive(request.request)) == "missing_op")
    }

    /// Vector 3: the documented signature does not verify, the right one for the same bytes does.
    @Test func vector3() throws {
        var request = QQRequest(
            secret: "naOC0ocQE3shWLAfffVLB1rhYPG7",
            timestamp: "1725442341",
            signature: "865ad13a61752ca65e26bde6676459cd36cf1be609375b37bd62af366e1dc25a"
                + "8dc789ba7f14e017ada3d554c671a911bfdf075ba54835b23391d509579ed002",
            body: #"{ "op": 0,"d": {}, "t": "GATEWAY_EVENT_NAME"}"#
        )
        let qq = try self.qq(seconds: 1_725_442_341)
        #expect(self.refusal(qq.receive(request.request)) == "wrong_signature")
        request.signature =
            "2eb9983ebb8bb209e78fd095942f58e442656656e7975d01e64f9023a84b7c96"
            + "4290fdd40e5500c33867ccfe9563b7e0b6bac0e1d42c13e787b304fd51f71102"
        #expect(self.published(qq.receive(request.request)) != nil)
    }

    /// Secrets of every length make a key, and none is mistaken for another.
    @Test(arguments: [
        "a", "naOC0ocQE3shWLAfffVLB1rhYPG7", "iChChChDjFlHnJqNuRyV3b9hFnMvU3cB",
        "0123456789abcdef0123456789abcdefEXTRA", "机器人的密钥", "a b+c%/?&",
    ])
    func secrets(secret: String) throws {
        let qq = try self.qq()
        var request = try QQRequest.signed(Self.event, secret: secret)
        #expect(self.published(qq.receive(request.request))?.channel == ChannelID(secret: Secret(secret)))
        request.secret = secret + "x"
        #expect(self.published(qq.receive(request.request)) == nil || secret.utf8.count >= 32)
        request.secret = "y" + secret
        #expect(self.refusal(qq.receive(request.request)) == "wrong_signature")
    }

    /// Two secrets of over 32 bytes that begin alike share a key but never a channel.
    @Test func longSecretsHaveChannelsOfTheirOwn() throws {
        let secret = "0123456789abcdef0123456789abcdef"
        #expect(ChannelID(secret: Secret(secret + "A")) != ChannelID(secret: Secret(secret + "B")))
    }

    /// A body that differs by a byte, or by white space, is another body.
    @Test func changedBodies() throws {
        let qq = try self.qq()
        var request = try QQRequest.signed(Self.event)
        let original = request.body
        for changed in [
            original.replacing("/1", with: "/2"), original + " ", original.replacing(",", with: ", "),
            original.replacing(#""op":0"#, with: #""op": 0"#),
        ] {
            request.body = changed
            #expect(self.refusal(qq.receive(request.request)) == "wrong_signature")
        }
        // The other way, digits between timestamp and body: the form is judged before the key is asked.
        request.body = "0" + original
        #expect(self.refusal(qq.receive(request.request)) == "not_an_object")
    }

    /// Every bit of a signature matters, and every refusal before the key is asked has its own reason.
    @Test func changedSignatures() throws {
        let qq = try self.qq()
        var request = try QQRequest.signed(Self.event)
        let genuine = try #require(request.signature)
        for index in 0..<64 {
            var bytes = try #require(Hex.decode(genuine))
            bytes[index] ^= 1
            request.signature = Hex.encode(bytes)
            #expect(self.refusal(qq.receive(request.request)) == "wrong_signature")
        }
        for high in [0x20, 0x40, 0x80, 0xE0] as [UInt8] {
            var bytes = try #require(Hex.decode(genuine))
            bytes[63] |= high
            request.signature = Hex.encode(bytes)
            #expect(self.refusal(qq.receive(request.request)) == "malformed_signature")
        }
        for malformed in [
            "", String(genuine.dropLast()), genuine + "0", genuine + "00", String(repeating: "z", count: 128),
        ] {
            request.signature = malformed
            #expect(self.refusal(qq.receive(request.request)) == "malformed_signature")
        }
        request.signature = genuine.uppercased()
        #expect(self.published(qq.receive(request.request)) != nil)
    }

    /// A signed request is good for the freshness window, either way, and not a second longer.
    @Test(arguments: [(-301, false), (-300, true), (0, true), (300, true), (301, false)] as [(Int64, Bool)])
    func freshness(offset: Int64, isFresh: Bool) throws {
        let request = try QQRequest.signed(Self.event).request
        let verdict = try self.qq(seconds: 1_735_815_639 + offset).receive(request)
        #expect((self.published(verdict) != nil) == isFresh)
        #expect(isFresh || self.refusal(verdict) == "stale_timestamp")
    }

    /// Sixteen digits are a timestamp like any other, and stale: no arithmetic gives out over them.
    @Test(arguments: ["9223372036854775", "9223372036854776", "9999999999999999", "0000000000000000"])
    func extremeTimestamps(timestamp: String) throws {
        var request = try QQRequest.signed(Self.event)
        request.timestamp = timestamp
        #expect(self.refusal(try self.qq().receive(request.request)) == "stale_timestamp")
    }

    /// White space behind a header's value is none of it (RFC 9112, section 5.1).
    @Test func trailingWhitespace() throws {
        var request = try QQRequest.signed(Self.event)
        request.signature = request.signature.map { $0 + " \t" }
        request.timestamp = request.timestamp.map { $0 + " " }
        #expect(self.published(try self.qq().receive(request.request)) != nil)
    }

    /// Who has not signed does not make the node read a megabyte.
    @Test func largeUnsignedBodies() throws {
        let body =
            #"{"op":13,"d":{"plain_token":"a","event_ts":"1"},"x":"\#(String(repeating: "x", count: 16 << 10))"}"#
        #expect(self.refusal(try self.qq().receive(QQRequest.unsigned(body).request)) == "unsigned")
    }

    /// The key is remembered for at least as long as the request could be sent again.
    @Test func keysOutliveTheWindow() throws {
        for offset in [-300, -299, 0, 299] as [Int64] {
            let request = try QQRequest.signed(Self.event).request
            let publishing = try #require(self.published(try self.qq(seconds: 1_735_815_639 + offset).receive(request)))
            let validFor = (300 - offset) * 1_000
            #expect(try #require(publishing.key).lifetimeMilliseconds > validFor)
            #expect(try #require(publishing.key).lifetimeMilliseconds >= 300_000)
        }
    }

    /// A timestamp is digits and nothing else: what a number parser would forgive could move bytes into the body.
    @Test(arguments: [
        "", "+1735815639", "-1735815639", "17358 15639", "1735815639.0", "17358156390000000", "１７", "0x67",
    ])
    func malformedTimestamps(timestamp: String) throws {
        var request = try QQRequest.signed(Self.event)
        request.timestamp = timestamp
        #expect(self.refusal(try self.qq().receive(request.request)) == "malformed_timestamp")
    }

    /// An event without a signature, or with half of one, is 401 and nothing is published.
    @Test func unsignedEvents() throws {
        let qq = try self.qq()
        #expect(self.refusal(qq.receive(QQRequest.unsigned(Self.event).request)) == "unsigned")
        var half = try QQRequest.signed(Self.event)
        half.timestamp = nil
        #expect(self.refusal(qq.receive(half.request)) == "unsigned")
        half = try QQRequest.signed(Self.event)
        half.signature = nil
        #expect(self.refusal(qq.receive(half.request)) == "unsigned")
        if case .refuse(let problem) = qq.receive(half.request) { #expect(problem.status == .unauthorized) }
    }

    /// A body must be a JSON object with an integer `op`, signed or not.
    @Test(arguments: [
        ("", "not_an_object"), ("[]", "not_an_object"), ("null", "not_an_object"), (#" {"op":0}"#, "not_an_object"),
        ("hello", "not_an_object"), ("{", "malformed_json"), (#"{"op":0"#, "malformed_json"), ("{}", "missing_op"),
        (#"{"op":"0"}"#, "missing_op"), (#"{"op":0.5}"#, "missing_op"), (#"{"d":{"op":0}}"#, "missing_op"),
        (#"{"op":0,"op":13}"#, "malformed_json"),
    ])
    func malformedBodies(body: String, reason: String) throws {
        let qq = try self.qq()
        #expect(self.refusal(qq.receive(QQRequest.unsigned(body).request)) == reason)
        #expect(self.refusal(qq.receive(try QQRequest.signed(body).request)) == reason)
        if case .refuse(let problem) = qq.receive(QQRequest.unsigned(body).request) {
            #expect(problem.status == .badRequest)
        }
    }

    /// Without a secret there is nothing to verify with.
    @Test(arguments: [nil, ""] as [String?])
    func missingSecrets(secret: String?) throws {
        let verdict = try self.qq().receive(QQRequest.unsigned(Self.event, secret: secret).request)
        #expect(self.refusal(verdict) == "missing_secret")
    }

    /// The platform's retries have one key; events without an id are told apart by their signatures.
    @Test func duplicateKeys() throws {
        let qq = try self.qq()
        let first = self.published(qq.receive(try QQRequest.signed(Self.event).request))
        let again = self.published(qq.receive(try QQRequest.signed(Self.event, timestamp: "1735815640").request))
        #expect(first?.key?.text == "id:C2C_MESSAGE_CREATE:9wv6ubjx")
        #expect(first?.key?.text == again?.key?.text)
        let one = self.published(qq.receive(try QQRequest.signed(#"{"op":0,"d":1}"#).request))
        let other = self.published(qq.receive(try QQRequest.signed(#"{"op":0,"d":2}"#).request))
        #expect(one?.key != nil)
        #expect(one?.key != other?.key)
    }

    /// An event whose id or type is empty is taken like one that has none.
    @Test func emptyNames() throws {
        let request = try QQRequest.signed(#"{"op":0,"id":"","t":""}"#).request
        let publishing = try #require(self.published(try self.qq().receive(request)))
        #expect(publishing.event.id == nil && publishing.event.type == nil)
        #expect(publishing.key?.text.hasPrefix("signature:") == true)
    }

    /// Bytes that are no UTF-8 are an event like any other, and marked for a binary frame.
    @Test func notUTF8() throws {
        var bytes = Array(#"{"op":0,"d":""#.utf8)
        bytes += [0xFF, 0xFE]
        bytes += Array(#""}"#.utf8)
        let key = try QQKey(secret: Secret("s"))
        let signature = try key.signature(timestamp: "1735815639".utf8, body: bytes)
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .POST,
            uri: "/webhook?secret=s",
            headers: ["X-Signature-Ed25519": signature, "X-Signature-Timestamp": "1735815639"]
        )
        let request = try #require(HTTPRequest(head: head, body: ByteBuffer(bytes: bytes), remoteAddress: nil))
        let publishing = try #require(self.published(try self.qq().receive(request)))
        #expect(!publishing.event.bodyIsUTF8)
        #expect(Array(publishing.event.body.readableBytesView) == bytes)
    }

    /// What the platform could not send is not in the event either: the secret stays with the node.
    @Test func secretsDoNotTravel() throws {
        var request = try QQRequest.signed(Self.event)
        request.secret = "DG5g3B4j9X2KOErG"
        let publishing = try #require(self.published(try self.qq().receive(request.request)))
        #expect(publishing.event.query == "")
        #expect(!"\(publishing)".contains("DG5g3B4j9X2KOErG"))
    }

    /// Neither does what a request shows to whatever stands before the relay, in whichever way it is read.
    @Test func authorizationDoesNotTravel() throws {
        let secret = "s"
        let body = ByteBuffer(string: Self.event)
        let signature = try QQKey(secret: Secret(secret)).signature(
            timestamp: "1735815639".utf8,
            body: body.readableBytesView
        )
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .POST,
            uri: "/webhook?secret=\(secret)",
            headers: [
                "X-Signature-Ed25519": signature, "authorization": "Basic c2VjcmV0",
                "X-Signature-Timestamp": "1735815639", "X-Original-URI": "/webhook?secret=\(secret)",
                "Referer": "https://a.example/",
            ]
        )
        let request = try #require(HTTPRequest(head: head, body: body, remoteAddress: nil))
        let publishing = try #require(self.published(try self.qq().receive(request)))
        #expect(
            publishing.event.headers.map(\.name) == ["X-Signature-Ed25519", "X-Signature-Timestamp", "Referer"]
        )
    }

    /// The standard check accepts what the keyed one does, where it is chosen.
    @Test func standardCheck() throws {
        let qq = try self.qq { $0.signatureCheck = .standard }
        #expect(self.published(qq.receive(try QQRequest.signed(Self.event).request)) != nil)
        var forged = try QQRequest.signed(Self.event)
        forged.body += " "
        #expect(self.refusal(qq.receive(forged.request)) == "wrong_signature")
    }

    // MARK: Validation

    /// Vectors 1, 6 and 7: the answer to a validation, for secrets of every length, signed or not.
    @Test(arguments: [
        (
            "DG5g3B4j9X2KOErG",
            "87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d01bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706"
        ),
        (
            "a",
            "766bba76bfd1ebf079298bd8713c3de6be82bf0e0d66f1c7f67aec80a0bbfb93e67bc4db53e82d865f2400c1fdd3073c23ec8958e459d92ce063fb101ce6a308"
        ),
        (
            "0123456789abcdef0123456789abcdefEXTRA",
            "62018bfb08131b248044754052505fec2bceb8e5c3708dc2358b387fa44de623277b2858cf9fa9f9a94bc6d68303061d59cb53eb2ede6f9a11f518518d4bb40e"
        ),
        (
            "iChChChDjFlHnJqNuRyV3b9hFnMvU3cB",
            "399f5b6dfc6e17ac2117eeac747f1f9e65dc3f65631fba41437a2dce9f7b3e89521ac885549934452713bfd0daa87cd8cda8f517b30bcd5668591b2a5127f105"
        ),
    ])
    func validation(secret: String, signature: String) throws {
        let body = #"{"d":{"plain_token":"Arq0D5A61EgUu4OxUvOp","event_ts":"1725442341"},"op":13}"#
        let qq = try self.qq(seconds: 1_725_442_341)
        let expected = #"{"plain_token":"Arq0D5A61EgUu4OxUvOp","signature":"\#(signature)"}"#
        #expect(self.answer(qq.receive(QQRequest.unsigned(body, secret: secret).request)) == expected)
        let signed = try QQRequest.signed(body, secret: secret, timestamp: "1725442341")
        #expect(self.answer(qq.receive(signed.request)) == expected)
        if secret == "DG5g3B4j9X2KOErG" {
            #expect(
                signed.signature == "83b6ac087184094d12acfde703017aad101fcff2f8345fd977de7300e7062b13"
                    + "ecf6bef86f29068624f8c6fd5747713c85a5ad5a151b2e532e8a8afcda39e80c"
            )
        }
        let number = body.replacing(#""1725442341""#, with: "1725442341")
        #expect(self.answer(qq.receive(QQRequest.unsigned(number, secret: secret).request)) == expected)
    }

    /// The signing oracle: nothing is signed that could be an event, and a validation that carries a wrong signature
    /// is not answered.
    @Test(arguments: [
        (#"{\"op\":0,\"id\":\"x\",\"d\":{},\"t\":\"C2C_MESSAGE_CREATE\"}"#, "1735815639"),
        (#"{}"#, "1735815639"), ("abc def", "1735815639"), ("", "1735815639"), ("123456", "1735815639"),
        ("a", ""), ("a", "17358156390000000"), ("a", "1735815639{"), ("a", "-1"), ("tökén", "1735815639"),
        (String(repeating: "a", count: 129), "1735815639"),
    ])
    func oracle(token: String, timestamp: String) throws {
        let body = #"{"op":13,"d":{"plain_token":"\#(token)","event_ts":"\#(timestamp)"}}"#
        #expect(self.refusal(try self.qq().receive(QQRequest.unsigned(body).request)) == "validation_refused")
        #expect(self.refusal(try self.qq().receive(try QQRequest.signed(body).request)) == "validation_refused")
    }

    @Test func wronglySignedValidation() throws {
        let body = #"{"op":13,"d":{"plain_token":"abc","event_ts":"1735815639"}}"#
        var request = try QQRequest.signed(body)
        request.signature = try QQRequest.signed(body + " ").signature
        #expect(self.refusal(try self.qq().receive(request.request)) == "wrong_signature")
    }

    @Test(arguments: [
        #"{"op":13}"#, #"{"op":13,"d":null}"#, #"{"op":13,"d":{}}"#, #"{"op":13,"d":{"plain_token":"a"}}"#,
        #"{"op":13,"d":{"event_ts":"1","plain_token":1}}"#, #"{"op":13,"d":{"event_ts":1.5,"plain_token":"a"}}"#,
    ])
    func malformedValidation(body: String) throws {
        #expect(self.refusal(try self.qq().receive(QQRequest.unsigned(body).request)) == "validation_malformed")
    }

    // MARK: Heartbeat

    /// A heartbeat is answered with its number.
    @Test func heartbeat() throws {
        let qq = try self.qq()
        #expect(self.answer(qq.receive(QQRequest.unsigned(#"{"op":1,"d":42}"#).request)) == #"{"op":11,"d":42}"#)
        #expect(self.answer(qq.receive(try QQRequest.signed(#"{"op":1,"d":42}"#).request)) == #"{"op":11,"d":42}"#)
        #expect(self.refusal(qq.receive(QQRequest.unsigned(#"{"op":1,"d":"42"}"#).request)) == "heartbeat_malformed")
    }

    // MARK: Failure

    /// The platform is told to send an event again that could not be stored.
    @Test func retryLater() throws {
        let response = try self.qq().retryLater(.unavailable)
        #expect(response.status == .serviceUnavailable)
        #expect(String(buffer: response.body) == #"{"op":12,"d":1}"#)
    }
}
