// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Hookwire

@Suite struct CredentialsTests {
    private static let all = Credentials(
        secret: Secret("s/1"),
        verifyToken: Secret("v"),
        aesKey: Secret("k+"),
        appID: "wx1",
        scheme: "standard",
        header: "X-Key"
    )

    /// Each platform's URL has what the relay reads of it, encoded.
    @Test(arguments: [
        (PlatformName.qq, "secret=s%2F1"), (.wechat, "secret=s%2F1&aes_key=k%2B&app_id=wx1"),
        (.messenger, "secret=s%2F1&verify_token=v"), (.dialogflow, "header=X-Key"),
        (.generic, "secret=s%2F1&scheme=standard&header=X-Key"),
    ])
    func queries(platform: PlatformName, query: String) {
        #expect(Self.all.query(platform) == query)
    }

    /// A secret that is in a field is not in the URL as well.
    @Test func presentation() {
        var credentials = Credentials(secret: Secret("s"))
        #expect(credentials.query(.dialogflow) == "secret=s")
        credentials.presentation = .basic
        #expect(credentials.query(.dialogflow) == "")
    }

    /// A whole URL says what the flags did not; a flag goes before it.
    @Test func completion() {
        let query = QueryParameters(encoded: "secret=u&verify_token=uv&aes_key=uk%2B&app_id=ua&scheme=none&header=U")
        let completed = Credentials(secret: Secret(""), header: "X-Key").completed(by: query)
        #expect(completed.secret == Secret("u"))
        #expect(completed.verifyToken == Secret("uv"))
        #expect(completed.aesKey == Secret("uk+"))
        #expect(completed.appID == "ua")
        #expect(completed.scheme == "none")
        #expect(completed.header == "X-Key")
        #expect(Self.all.completed(by: query).secret == Secret("s/1"))
    }

    /// What cannot be used is a sentence before anything is sent.
    @Test(arguments: [
        (PlatformName.qq, Credentials(secret: Secret(""))),
        (.qq, Credentials(secret: Secret("s"), appID: "1\r\n2")),
        (.wechat, Credentials(secret: Secret("t"), aesKey: Secret("short"), appID: "a")),
        (.wechat, Credentials(secret: Secret("t"), aesKey: Secret(String(repeating: "k", count: 43)))),
        (.generic, Credentials(secret: Secret("t"), scheme: "other")),
        (.generic, Credentials(secret: Secret("whpk_AAAA"), scheme: "standard")),
        (.generic, Credentials(secret: Secret("whsec_!"), scheme: "standard")),
    ])
    func refusals(platform: PlatformName, credentials: Credentials) {
        #expect(throws: SampleError.self) { try credentials.sender(platform) { 0 } }
    }
}
