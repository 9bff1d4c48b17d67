// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

/// QQ's signatures, down to the bytes: seed from secret, public key, and signatures over two parts. Those marked
/// "documented" come from the platform's documentation, the others were recomputed with independent implementations.
@Suite struct QQSignatureTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let secret: String
        var publicKey: String?
        let first: String
        let second: String
        let signature: String
    }

    static let vectors = [
        Vector(
            testDescription: "documented URL validation",
            secret: "DG5g3B4j9X2KOErG",
            publicKey: "8b28ded5630f9051c205dd04c6ec56ad0b08b8812b2fe30ee9aece0ab41926f3",
            first: "1725442341",
            second: "Arq0D5A61EgUu4OxUvOp",
            signature: "87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d0"
                + "1bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706"
        ),
        Vector(
            testDescription: "the body of the documented event, rightly signed",
            secret: "naOC0ocQE3shWLAfffVLB1rhYPG7",
            publicKey: "d7c362fe78aef81ff23287b493628b5db02a3c4fe30b215e4d19609b5d76673a",
            first: "1725442341",
            second: #"{ "op": 0,"d": {}, "t": "GATEWAY_EVENT_NAME"}"#,
            signature: "2eb9983ebb8bb209e78fd095942f58e442656656e7975d01e64f9023a84b7c96"
                + "4290fdd40e5500c33867ccfe9563b7e0b6bac0e1d42c13e787b304fd51f71102"
        ),
        Vector(
            testDescription: "event with text that is not ASCII",
            secret: "123456abcdef",
            publicKey: "1c3039fbc8134a9df2a09f47cf4bf9303440988cec3b22056b62470b85fa80a7",
            first: "1728981195",
            second:
                #"{"id":"ROBOT1.0_veoihSEXDc8Q.g-6eLpNIa11bH8MisOjn-m-LKxCPntMk6exUXgcWCGpVO7L2QKTNZzjZzFFDSbiOFcqAPWyVA!!","#
                + #""content":"哦一下","timestamp":"2024-10-15T16:33:15+08:00","#
                + #""author":{"id":"675860273","user_openid":"675860273"}}"#,
            signature: "e949b5b94ef4103df903fb031d1d16e358db3db83e79e117edd404c8508be3ce"
                + "8a76d7bad1bed353194c126a1a5915b4ad8b5288c1191cc53a12acffccd82004"
        ),
        Vector(
            testDescription: "event as a dispatch",
            secret: "DG5g3B4j9X2KOErG",
            first: "1735815639",
            second: #"{"op":0,"id":"C2C_MESSAGE_CREATE:9wv6ubjx","d":{"id":"ROBOT1.0_a","content":"/1","#
                + #""timestamp":"2025-01-02T19:00:38+08:00","author":{"id":"2B13","user_openid":"2B13","#
                + #""union_openid":"2B13"},"message_scene":{"source":"default","callback_data":""}},"#
                + #""t":"C2C_MESSAGE_CREATE"}"#,
            signature: "b5c2cdf4836dd5973134662c1aecf8ad0c355b92746b0de788d30d1022afc5a1"
                + "b299d52edb328d83bd54aa6be678038f75a8dd5ca3ee2af4277d4b12c58a7705"
        ),
        Vector(
            testDescription: "secret of one character",
            secret: "a",
            first: "1725442341",
            second: "Arq0D5A61EgUu4OxUvOp",
            signature: "766bba76bfd1ebf079298bd8713c3de6be82bf0e0d66f1c7f67aec80a0bbfb93"
                + "e67bc4db53e82d865f2400c1fdd3073c23ec8958e459d92ce063fb101ce6a308"
        ),
        Vector(
            testDescription: "secret of 37 characters",
            secret: "0123456789abcdef0123456789abcdefEXTRA",
            first: "1725442341",
            second: "Arq0D5A61EgUu4OxUvOp",
            signature: "62018bfb08131b248044754052505fec2bceb8e5c3708dc2358b387fa44de623"
                + "277b2858cf9fa9f9a94bc6d68303061d59cb53eb2ede6f9a11f518518d4bb40e"
        ),
        Vector(
            testDescription: "secret of 32 characters",
            secret: "iChChChDjFlHnJqNuRyV3b9hFnMvU3cB",
            first: "1725442341",
            second: "Arq0D5A61EgUu4OxUvOp",
            signature: "399f5b6dfc6e17ac2117eeac747f1f9e65dc3f65631fba41437a2dce9f7b3e89"
                + "521ac885549934452713bfd0daa87cd8cda8f517b30bcd5668591b2a5127f105"
        ),
        Vector(
            testDescription: "headers on the URL validation itself",
            secret: "DG5g3B4j9X2KOErG",
            first: "1725442341",
            second: #"{"d":{"plain_token":"Arq0D5A61EgUu4OxUvOp","event_ts":"1725442341"},"op":13}"#,
            signature: "83b6ac087184094d12acfde703017aad101fcff2f8345fd977de7300e7062b13"
                + "ecf6bef86f29068624f8c6fd5747713c85a5ad5a151b2e532e8a8afcda39e80c"
        ),
    ]

    /// The secret's bytes over and over, cut to 32.
    private func key(_ secret: String) throws -> Ed25519PrivateKey {
        let bytes = Array(secret.utf8)
        return try Ed25519PrivateKey(seed: (0..<32).map { bytes[$0 % bytes.count] })
    }

    /// Each vector is what the key signs, and both checks accept it.
    @Test(arguments: vectors)
    func signatures(vector: Vector) throws {
        let key = try self.key(vector.secret)
        if let publicKey = vector.publicKey { #expect(Hex.encode(key.publicKey) == publicKey) }
        let signature = try key.signature(over: vector.first.utf8, vector.second.utf8)
        #expect(Hex.encode(signature) == vector.signature)
        let received = try #require(Hex.decode(vector.signature, byteCount: 64))
        let verifier = try Ed25519KeyedVerifier()
        #expect(verifier.accepts(received, over: vector.first.utf8, vector.second.utf8, key: key))
        #expect(
            Ed25519.verify(
                signature: received,
                over: vector.first.utf8,
                vector.second.utf8,
                publicKey: key.publicKey
            )
        )
        #expect(!verifier.accepts(received, over: vector.first.utf8, (vector.second + " ").utf8, key: key))
    }

    /// The event signature that the documentation prints is wrong, and neither check accepts it.
    @Test func documentedEventSignatureIsWrong() throws {
        let key = try self.key("naOC0ocQE3shWLAfffVLB1rhYPG7")
        let body = #"{ "op": 0,"d": {}, "t": "GATEWAY_EVENT_NAME"}"#
        let documented = try #require(
            Hex.decode(
                "865ad13a61752ca65e26bde6676459cd36cf1be609375b37bd62af366e1dc25a"
                    + "8dc789ba7f14e017ada3d554c671a911bfdf075ba54835b23391d509579ed002"
            )
        )
        #expect(try !Ed25519KeyedVerifier().accepts(documented, over: "1725442341".utf8, body.utf8, key: key))
        #expect(
            !Ed25519.verify(signature: documented, over: "1725442341".utf8, body.utf8, publicKey: key.publicKey)
        )
    }
}
